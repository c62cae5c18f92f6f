//! The GitHub App as which the server reads from GitHub: its id and its private key.

use serde::{Deserialize, Deserializer};

use url::Url;

use super::file::{Config, GithubConfig};

/// Reads an App's id, which people write as a number or as text.
pub(super) fn app_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(i64),
        Text(String),
    }
    Ok(Option::deserialize(deserializer)?.map(|id| match id {
        Id::Number(id) => id.to_string(),
        Id::Text(id) => id,
    }))
}

impl GithubConfig {
    /// Whether id and key are both there, or neither. Says what is wrong of `github.app_id`.
    pub(super) fn check_app(&self) -> Result<(), &'static str> {
        let has_key = self.private_key_file.is_some() || self.private_key.is_some();
        match &self.app_id {
            Some(id) if id.is_empty() => Err("must not be empty"),
            Some(_) if !has_key => {
                Err("needs a private key: set github.private_key_file, or ATMOS_MCP_GITHUB_PRIVATE_KEY")
            }
            None if has_key => Err("is missing: github.private_key_file, or ATMOS_MCP_GITHUB_PRIVATE_KEY, needs it"),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether repositories that this GitHub tells of are on the host whose workflows get sessions. Where it only
    /// signs people in, it tells of none.
    pub(super) fn agrees_with(&self, oidc_host: &str) -> bool {
        let tells = self.app_id.is_some() || self.webhook_secret.is_some();
        !tells || self.host().is_none_or(|host| host.eq_ignore_ascii_case(oidc_host))
    }

    /// Host of `url`; none if that is no URL, which is said when the server starts.
    fn host(&self) -> Option<String> {
        Url::parse(&self.url).ok()?.host_str().map(str::to_owned)
    }
}

impl Config {
    /// Host of the repositories that webhooks tell of; empty if there are no webhooks.
    pub(crate) fn github_host(&self) -> String {
        self.github.as_ref().and_then(GithubConfig::host).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(lines: &str) -> GithubConfig {
        toml::from_str(&format!("client_id = \"Iv1.1\"\n{lines}")).unwrap()
    }

    #[test]
    fn an_id_is_a_number_or_text() {
        for (lines, expected) in [
            ("app_id = 4711", Some("4711")),
            ("app_id = \"4711\"", Some("4711")),
            ("app_id = \"Iv23liABC\"", Some("Iv23liABC")),
            ("", None),
        ] {
            assert_eq!(config(lines).app_id.as_deref(), expected, "{lines}");
        }
    }

    #[test]
    fn id_and_key_belong_together() {
        assert_eq!(config("").check_app(), Ok(()));
        assert_eq!(config("app_id = 1\nprivate_key_file = \"app.pem\"").check_app(), Ok(()));
        let from_environment = GithubConfig { private_key: Some("pem".to_owned()), ..config("app_id = 1") };
        assert_eq!(from_environment.check_app(), Ok(()));
        for lines in ["app_id = 1", "app_id = \"\"\nprivate_key_file = \"app.pem\"", "private_key_file = \"app.pem\""] {
            assert!(config(lines).check_app().is_err(), "{lines}");
        }
    }

    #[test]
    fn sessions_are_for_the_repositories_that_the_app_tells_of() {
        let own = "url = \"https://GHE.example/\"";
        for (lines, host, expected) in [
            ("app_id = 1".to_owned(), "github.com", true),
            ("app_id = 1".to_owned(), "ghe.example", false),
            (format!("app_id = 1\n{own}"), "Ghe.example", true),
            (format!("app_id = 1\n{own}"), "github.com", false),
            (format!("webhook_secret = \"secret\"\n{own}"), "github.com", false),
            // People sign in there, and that is all.
            (own.to_owned(), "github.com", true),
        ] {
            assert_eq!(config(&lines).agrees_with(host), expected, "{lines} {host}");
        }
    }

    #[test]
    fn the_key_is_not_printed() {
        let config = GithubConfig { private_key: Some("canary".to_owned()), ..config("app_id = 1") };
        assert!(!format!("{config:?}").contains("canary"));
    }
}
