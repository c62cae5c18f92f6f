//! What tools may tell of the configuration.

use super::egress::EgressRange;
use super::file::{Config, LimitsConfig};

/// The part of the configuration that capabilities may read. It holds no secret.
#[derive(Debug, Clone)]
pub struct Published {
    /// Where outgoing requests come from.
    pub egress: Vec<EgressRange>,
    /// Rate limits where a workspace sets none.
    pub limits: LimitsConfig,
    /// Origin of GitHub's pages, without a slash at its end.
    github: String,
    app_slug: Option<String>,
}

impl Config {
    /// What tools may tell of it.
    pub fn published(&self) -> Published {
        let github = self.github.as_ref();
        let origin = github.map_or_else(|| format!("https://{}", self.oidc.host), |github| github.url.clone());
        let app_slug = github.and_then(|github| github.app_slug.as_deref());
        Published { egress: self.egress.ips.clone(), ..Published::new(&origin, app_slug, self.limits) }
    }
}

impl Published {
    /// Without addresses. `github` is the URL of GitHub, `app_slug` the App's name in its URL.
    pub fn new(github: &str, app_slug: Option<&str>, limits: LimitsConfig) -> Self {
        Self {
            egress: Vec::new(),
            limits,
            github: github.trim_end_matches('/').to_owned(),
            app_slug: app_slug.map(ToOwned::to_owned),
        }
    }

    /// GitHub's page of an installation, where it is resumed and its repositories are chosen.
    pub fn installation_url(&self, github_id: i64) -> String {
        format!("{}/settings/installations/{github_id}", self.github)
    }

    /// GitHub's page where the App is installed. If the App's name is not configured, the list of the
    /// installations that the person has.
    pub fn install_url(&self) -> String {
        // Enterprise Servers have their Apps at another path.
        let apps = if self.github == "https://github.com" { "apps" } else { "github-apps" };
        match &self.app_slug {
            Some(slug) => format!("{}/{apps}/{slug}/installations/new", self.github),
            None => format!("{}/settings/installations", self.github),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(github: &str, app_slug: Option<&str>) -> Published {
        Published::new(github, app_slug, LimitsConfig::default())
    }

    #[test]
    fn links_lead_to_the_configured_github() {
        let public = published("https://github.com", Some("acme-atmos"));
        assert_eq!(public.install_url(), "https://github.com/apps/acme-atmos/installations/new");
        assert_eq!(public.installation_url(7), "https://github.com/settings/installations/7");
        let own = published("https://github.acme.example/", Some("atmos"));
        assert_eq!(own.install_url(), "https://github.acme.example/github-apps/atmos/installations/new");
        let nameless = published("https://github.com", None);
        assert_eq!(nameless.install_url(), "https://github.com/settings/installations");
    }
}
