//! What this server asks of other servers. Nothing here knows of workspaces or of the store.

mod body;
mod error;
mod github;
pub(crate) mod github_app;

use std::time::Duration;

use reqwest::redirect::Policy;

pub use error::GithubError;
pub use github::GithubClient;
pub(crate) use github::{AuthorizationUrl, GithubUser};
pub use github_app::{GithubApp, JobLog};

/// A client for addresses that the operator configured. It follows no redirect and gives up after ten
/// seconds.
pub(crate) fn http_client() -> Result<reqwest::Client, GithubError> {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        // Security: a secret goes to the configured address and nowhere else.
        .redirect(Policy::none())
        .user_agent("atmos-mcp")
        .build()
        .map_err(GithubError::Client)
}

/// Makes ring the process's cryptography for TLS; reqwest brings none of its own in this build.
///
/// To be called before any [`reqwest::Client`] is made. It does nothing when called again.
pub(crate) fn install_crypto_provider() {
    drop(rustls::crypto::ring::default_provider().install_default());
}
