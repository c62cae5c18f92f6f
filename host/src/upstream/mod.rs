//! What this server asks of other servers. Nothing here knows of workspaces or of the store.

mod github;

pub(crate) use github::{AuthorizationUrl, GithubUser};
pub use github::{GithubClient, GithubError};

/// Makes ring the process's cryptography for TLS; reqwest brings none of its own in this build.
///
/// To be called before any [`reqwest::Client`] is made. It does nothing when called again.
pub(crate) fn install_crypto_provider() {
    drop(rustls::crypto::ring::default_provider().install_default());
}
