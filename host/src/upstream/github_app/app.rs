//! The GitHub App: how it shows who it is, and the tokens of its installations.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use url::Url;

use super::budget::Budget;
use super::key::AppKey;
use super::types::InstallationToken;
use crate::clock::{Clock, Timestamp};
use crate::config::GithubConfig;
use crate::upstream::GithubError;
use crate::upstream::body::{read_body, read_json};
use crate::upstream::github::endpoint;

/// How long a token must still hold to be used: GitHub's hold for an hour.
const MARGIN: Duration = Duration::from_mins(5);

/// How long an answer may take. A full page of workflow runs has more than a megabyte.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Larger refusals and tokens are not read.
const MAX_BODY: usize = 64 << 10;

/// A GitHub App that reads what its installations may; cheap to clone.
#[derive(Clone)]
pub struct GithubApp(Arc<Inner>);

struct Inner {
    http: Client,
    /// Of the repositories.
    host: String,
    api: Url,
    key: AppKey,
    clock: Clock,
    /// By installation.
    tokens: Mutex<HashMap<i64, Slot>>,
    /// By installation, as GitHub counts.
    budgets: Mutex<HashMap<i64, Budget>>,
}

/// Security: it is nowhere but here; it can be neither printed nor stored.
struct Token {
    text: String,
    expires_at: Timestamp,
}

/// The token of one installation. Whoever asks GitHub for it holds the lock.
type Slot = Arc<tokio::sync::Mutex<Option<Token>>>;

/// A question to GitHub.
pub(super) struct Call {
    pub(super) installation: i64,
    /// What is asked for, for errors.
    pub(super) endpoint: &'static str,
    pub(super) url: Url,
    /// Whether it may use the last tenth of the rate limit.
    pub(super) is_urgent: bool,
}

impl GithubApp {
    /// The configured App; none if there is none. Reads the private key.
    pub fn new(config: &GithubConfig, http: &Client, clock: Clock) -> Result<Option<Self>, GithubError> {
        let Some(app_id) = &config.app_id else { return Ok(None) };
        let wrong = |message| GithubError::Config { field: "github.private_key_file", message };
        let pem = match (&config.private_key, &config.private_key_file) {
            (Some(pem), _) => pem.clone(),
            (None, Some(path)) => {
                std::fs::read_to_string(path).map_err(|source| GithubError::KeyFile { path: path.clone(), source })?
            }
            (None, None) => return Err(wrong("is missing: set it, or ATMOS_MCP_GITHUB_PRIVATE_KEY")),
        };
        let key = AppKey::read(app_id, &pem).ok_or_else(|| {
            wrong("(or ATMOS_MCP_GITHUB_PRIVATE_KEY) is no RSA private key in PEM, as GitHub gives it to an App")
        })?;
        Ok(Some(Self(Arc::new(Inner {
            http: http.clone(),
            host: endpoint("github.url", &config.url, "")?.host_str().unwrap_or_default().to_owned(),
            api: endpoint("github.api_url", &config.api_url, "")?,
            key,
            clock,
            tokens: Mutex::default(),
            budgets: Mutex::default(),
        }))))
    }

    /// Host of the repositories: that of the pages that people see, which the API's may differ from.
    pub(crate) fn host(&self) -> &str {
        &self.0.host
    }

    pub(super) fn http(&self) -> &Client {
        &self.0.http
    }

    /// Whether a URL is one of the API, which on an Enterprise Server is a folder of its host.
    pub(super) fn is_api(&self, url: &Url) -> bool {
        let api = &self.0.api;
        let rest = url.path().strip_prefix(api.path().trim_end_matches('/'));
        url.origin() == api.origin() && rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// The URL of an endpoint; the segments of its path are escaped.
    pub(super) fn url(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.0.api.clone();
        // An http URL always has a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Asks as an installation. The answer has any status but 403 and 429, which are errors.
    pub(super) async fn ask(&self, call: &Call) -> Result<Response, GithubError> {
        let (now, budget) = (self.0.clock.now(), self.budget(call.installation));
        let until = if call.is_urgent { budget.used_up_until(now) } else { budget.spared_until(now) };
        if let Some(until) = until {
            return Err(GithubError::RateLimited { until });
        }
        let token = self.token(call.installation, None).await?;
        let response = self.send(Method::GET, &call.url, &token).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return self.judge(call, response).await;
        }
        // GitHub refuses a token that it has just given now and then, and all when an installation changes.
        let token = self.token(call.installation, Some(&token)).await?;
        let response = self.send(Method::GET, &call.url, &token).await?;
        self.judge(call, response).await
    }

    /// Asks as the App itself, of one installation. The answer has status 200 or 201.
    pub(super) async fn ask_as_app(
        &self,
        method: Method,
        endpoint: &'static str,
        installation: i64,
        url: &Url,
    ) -> Result<Vec<u8>, GithubError> {
        let token = self.0.key.token(self.0.clock.now()).ok_or(GithubError::KeyRefused)?;
        let response = self.send(method, url, &token).await?;
        match response.status() {
            StatusCode::OK | StatusCode::CREATED => read_body(endpoint, response, MAX_BODY).await,
            StatusCode::UNAUTHORIZED => Err(GithubError::KeyRefused),
            StatusCode::NOT_FOUND => Err(GithubError::NotInstalled { installation }),
            StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                Err(self.refusal(installation, endpoint, response).await)
            }
            status => Err(GithubError::Status { endpoint, status: status.as_u16() }),
        }
    }

    /// Notes the rate limit, and turns refusals into errors.
    async fn judge(&self, call: &Call, response: Response) -> Result<Response, GithubError> {
        let budget = Budget::read(response.headers());
        if budget.is_told() {
            self.0.budgets.lock().unwrap_or_else(PoisonError::into_inner).insert(call.installation, budget);
        }
        match response.status() {
            StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                Err(self.refusal(call.installation, call.endpoint, response).await)
            }
            _ => Ok(response),
        }
    }

    /// What a 403 or 429 means.
    async fn refusal(&self, installation: i64, endpoint: &'static str, response: Response) -> GithubError {
        let (status, budget) = (response.status(), Budget::read(response.headers()));
        let body = read_body(endpoint, response, MAX_BODY).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        match budget.refused_until(status, &body, self.0.clock.now()) {
            Some(until) => GithubError::RateLimited { until },
            None if body.contains("suspended") => GithubError::Suspended { installation },
            None => GithubError::Forbidden { endpoint },
        }
    }

    fn budget(&self, installation: i64) -> Budget {
        let budgets = self.0.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.get(&installation).copied().unwrap_or_default()
    }

    /// A token of an installation that still holds for a while, and is not the one that GitHub refused.
    async fn token(&self, installation: i64, refused: Option<&str>) -> Result<String, GithubError> {
        let slot = self.slot(installation);
        // The lock is held while a token is asked for, so that a burst of questions asks for one. It is this
        // installation's alone, so that no other waits.
        let mut kept = slot.lock().await;
        let soon = self.0.clock.now().plus(MARGIN);
        let good = kept.as_ref().filter(|token| token.expires_at > soon && refused != Some(token.text.as_str()));
        if let Some(token) = good {
            return Ok(token.text.clone());
        }
        // What is there has ended, or is refused.
        *kept = None;
        let token = self.fetch_token(installation).await?;
        Ok(kept.insert(token).text.clone())
    }

    fn slot(&self, installation: i64) -> Slot {
        let mut tokens = self.0.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tokens.entry(installation).or_default())
    }

    async fn fetch_token(&self, installation: i64) -> Result<Token, GithubError> {
        let endpoint = "installation token";
        let url = self.url(&["app", "installations", &installation.to_string(), "access_tokens"], &[]);
        let body = self.ask_as_app(Method::POST, endpoint, installation, &url).await?;
        let InstallationToken { token, expires_at } = read_json(endpoint, &body)?;
        let expires_at = expires_at.0.ok_or(GithubError::Unreadable { endpoint })?;
        Ok(Token { text: token, expires_at })
    }

    async fn send(&self, method: Method, url: &Url, bearer: &str) -> Result<Response, GithubError> {
        self.request(method, url, bearer).send().await.map_err(GithubError::unreachable)
    }

    fn request(&self, method: Method, url: &Url, bearer: &str) -> RequestBuilder {
        self.0
            .http
            .request(method, url.clone())
            .timeout(TIMEOUT)
            .header(ACCEPT, "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28")
            .bearer_auth(bearer)
    }
}
