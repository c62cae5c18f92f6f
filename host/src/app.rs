//! The wired parts. The only module that sees all others.

use std::ops::Deref;
use std::sync::Arc;

use crate::audit::AuditLog;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::config::Config;
use crate::id::Entropy;
use crate::keys::ServerKey;
use crate::rate_limit::RateLimiter;
use crate::runtime::Runtime;
use crate::store::Store;
use crate::upstream::{GithubApp, GithubClient};

/// The running server's parts; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What a server is made of.
pub struct Parts {
    /// The checked configuration.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Calls to the OIDC issuer.
    pub http: reqwest::Client,
    /// Randomness and ids.
    pub entropy: Entropy,
    /// The key that is not in the database.
    pub key: ServerKey,
    /// The audit log.
    pub audit: AuditLog,
    /// Rate limits.
    pub limiter: RateLimiter,
    /// The loaded tools.
    pub catalog: Catalog,
    /// The sandbox.
    pub runtime: Runtime,
    /// Sign-in with GitHub, where it is configured.
    pub github: Option<GithubClient>,
    /// What is read from GitHub, where an App is configured.
    pub github_app: Option<GithubApp>,
}

impl App {
    /// Wires the parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
