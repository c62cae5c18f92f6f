//! GitHub's side of sign-in: its OAuth endpoints, and whose a token is.

use reqwest::header::ACCEPT;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use url::Url;

use super::body::{read_body, read_json};
use super::error::GithubError;
use crate::config::{GithubConfig, is_private_enough};

/// Larger answers are refused; a user is about 2 kB.
const MAX_BODY: usize = 256 << 10;

/// What a token is good for: reading the profile of its user.
const SCOPE: &str = "read:user";

/// A client of one GitHub, the public one or an Enterprise Server.
#[derive(Clone)]
pub struct GithubClient {
    http: Client,
    client_id: String,
    client_secret: String,
    authorize: Url,
    token: Url,
    user: Url,
}

/// What a browser is sent to GitHub with.
pub(crate) struct AuthorizationUrl<'a> {
    pub(crate) redirect_uri: &'a str,
    pub(crate) state: &'a str,
    pub(crate) code_challenge: &'a str,
}

/// A user's token. It is dropped once it has said whose it is; nothing stores it.
pub(crate) struct UserToken(String);

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct GithubUser {
    /// Stays the same for ever, unlike the login.
    pub(crate) id: i64,
    pub(crate) login: String,
    pub(crate) name: Option<String>,
}

impl GithubClient {
    /// A client for the configured App.
    pub fn new(config: &GithubConfig, http: &Client) -> Result<Self, GithubError> {
        Ok(Self {
            http: http.clone(),
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            authorize: endpoint("github.url", &config.url, "/login/oauth/authorize")?,
            token: endpoint("github.url", &config.url, "/login/oauth/access_token")?,
            user: endpoint("github.api_url", &config.api_url, "/user")?,
        })
    }

    /// Where a browser signs in.
    pub(crate) fn authorization_url(&self, request: &AuthorizationUrl<'_>) -> Url {
        let mut url = self.authorize.clone();
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", request.redirect_uri)
            .append_pair("scope", SCOPE)
            .append_pair("state", request.state)
            .append_pair("code_challenge", request.code_challenge)
            .append_pair("code_challenge_method", "S256");
        url
    }

    /// Exchanges the code that a browser brought back.
    pub(crate) async fn exchange_code(
        &self,
        code: &str,
        code_verifier: &str,
        redirect_uri: &str,
    ) -> Result<UserToken, GithubError> {
        let form = [
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.as_str()),
            ("code", code),
            ("code_verifier", code_verifier),
            ("redirect_uri", redirect_uri),
        ];
        // Without the header, GitHub answers with a form.
        let request = self.http.post(self.token.clone()).header(ACCEPT, "application/json").form(&form);
        read_token(&fetch("token endpoint", request).await?)
    }

    /// Asks whose a token is.
    pub(crate) async fn fetch_user(&self, token: &UserToken) -> Result<GithubUser, GithubError> {
        let request =
            self.http.get(self.user.clone()).header(ACCEPT, "application/vnd.github+json").bearer_auth(&token.0);
        read_user(&fetch("user endpoint", request).await?)
    }
}

/// The URL of an endpoint. Security: over TLS, so that codes, tokens and the App's secret stay secret; plain
/// HTTP is for loopback alone.
pub(super) fn endpoint(field: &'static str, base: &str, path: &str) -> Result<Url, GithubError> {
    let wrong = |message| GithubError::Config { field, message };
    let text = format!("{}{path}", base.trim_end_matches('/'));
    let url = Url::parse(&text).map_err(|_| wrong("is not a URL"))?;
    if !is_private_enough(&url) {
        return Err(wrong("must use https (http is for loopback alone)"));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must have no user, query or fragment"));
    }
    Ok(url)
}

/// Sends a request and reads the answer.
async fn fetch(endpoint: &'static str, request: RequestBuilder) -> Result<Vec<u8>, GithubError> {
    let response = request.send().await.map_err(GithubError::unreachable)?;
    let status = response.status();
    if status != StatusCode::OK {
        return Err(GithubError::Status { endpoint, status: status.as_u16() });
    }
    read_body(endpoint, response, MAX_BODY).await
}

/// The answer of the token endpoint: GitHub sends errors with status 200 too.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    error: Option<String>,
}

fn read_token(body: &[u8]) -> Result<UserToken, GithubError> {
    let answer: TokenAnswer = read_json("token endpoint", body)?;
    if let Some(error) = answer.error {
        return Err(GithubError::refused(&error));
    }
    let token = answer.access_token.filter(|token| !token.is_empty());
    token.map(UserToken).ok_or(GithubError::Unreadable { endpoint: "token endpoint" })
}

fn read_user(body: &[u8]) -> Result<GithubUser, GithubError> {
    let user: GithubUser = read_json("user endpoint", body)?;
    if user.id <= 0 || user.login.is_empty() {
        return Err(GithubError::Unreadable { endpoint: "user endpoint" });
    }
    Ok(GithubUser { name: user.name.filter(|name| !name.is_empty()), ..user })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_of(body: &str) -> Result<String, String> {
        read_token(body.as_bytes()).map(|token| token.0).map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_is_read_from_the_answer() {
        let body = r#"{"access_token":"gho_1","scope":"read:user","token_type":"bearer"}"#;
        assert_eq!(token_of(body), Ok("gho_1".to_owned()));
    }

    #[test]
    fn errors_come_with_status_200_and_are_noticed() {
        let body = r#"{"error":"bad_verification_code","error_description":"The code …","error_uri":"https://…"}"#;
        assert_eq!(token_of(body), Err("GitHub refused: bad_verification_code".to_owned()));
        let body = r#"{"access_token":"gho_1","error":"slow_down"}"#;
        assert_eq!(token_of(body), Err("GitHub refused: slow_down".to_owned()));
    }

    #[test]
    fn what_cannot_be_read_is_not_quoted() {
        let unreadable = Err("the answer of GitHub's token endpoint could not be read".to_owned());
        for body in ["", "access_token=gho_1", "{}", r#"{"access_token":""}"#, r#"{"access_token":["gho_1"]}"#] {
            assert_eq!(token_of(body), unreadable, "{body}");
        }
        assert_eq!(token_of(r#"{"error":"<gho_1>"}"#), Err("GitHub refused: unknown_error".to_owned()));
    }

    #[test]
    fn a_user_is_read_with_or_without_a_name() {
        let dana = |name: Option<&str>| GithubUser { id: 7, login: "dana".to_owned(), name: name.map(str::to_owned) };
        for (body, user) in [
            (r#"{"id":7,"login":"dana","name":"Dana","email":null}"#, dana(Some("Dana"))),
            (r#"{"id":7,"login":"dana","name":null}"#, dana(None)),
            (r#"{"id":7,"login":"dana","name":""}"#, dana(None)),
            (r#"{"id":7,"login":"dana"}"#, dana(None)),
        ] {
            assert_eq!(read_user(body.as_bytes()).unwrap(), user, "{body}");
        }
        for body in [r#"{"login":"dana"}"#, r#"{"id":0,"login":"dana"}"#, r#"{"id":7,"login":""}"#, "[]"] {
            assert!(read_user(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn endpoints_are_on_tls_or_loopback() {
        let path = |base: &str| endpoint("github.url", base, "/user").map(String::from).map_err(|e| e.to_string());
        assert_eq!(path("https://api.github.com"), Ok("https://api.github.com/user".to_owned()));
        assert_eq!(path("https://ghe.example/api/v3/"), Ok("https://ghe.example/api/v3/user".to_owned()));
        assert_eq!(path("http://127.0.0.1:9"), Ok("http://127.0.0.1:9/user".to_owned()));
        for bad in
            ["http://github.com", "github.com", "", "https://a@b.example", "https://b.example?", "ftp://b.example"]
        {
            assert!(path(bad).unwrap_err().starts_with("github.url: "), "{bad}");
        }
    }
}
