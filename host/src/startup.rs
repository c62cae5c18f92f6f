//! From a checked configuration to a running server.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::app::{App, Parts};
use crate::audit::AuditLog;
use crate::authz::{Policy, PolicyError};
use crate::capability::CallContext;
use crate::catalog::{Catalog, LoadError, LoadOptions};
use crate::clock::Clock;
use crate::config::{Config, ToolsConfig};
use crate::http;
use crate::id::Entropy;
use crate::keys::ServerKey;
use crate::logs::JobLogs;
use crate::rate_limit::RateLimiter;
use crate::runtime::{Engine, EngineError, Runtime};
use crate::store::{Store, StoreError};
use crate::upstream::{self, GithubApp, GithubClient, GithubError};

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used", .path.display())]
    Data { path: PathBuf, source: std::io::Error },
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// The policy cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The policy file of third-party tools cannot be read.
    #[error("the policy file {} cannot be read", .path.display())]
    PolicyFile { path: PathBuf, source: std::io::Error },
    /// The tools cannot be loaded.
    #[error(transparent)]
    Catalog(#[from] LoadError),
    /// The sandbox cannot be made.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// What the configuration says of GitHub cannot be used.
    #[error(transparent)]
    Github(#[from] GithubError),
    /// Serving failed.
    #[error("the server stopped")]
    Serve(#[source] std::io::Error),
}

/// Opens the database and loads the tools. The future is the audit writer: it must run for as long as the
/// parts are used, and ends when they are dropped.
pub async fn build(
    config: Config,
    clock: Clock,
    entropy: Entropy,
    progress: bool,
) -> Result<(Parts, impl Future<Output = ()> + Send + 'static), StartError> {
    upstream::install_crypto_provider();
    let http = upstream::http_client()?;
    let github = config.github.as_ref().map(|github| GithubClient::new(github, &http)).transpose()?;
    let github_app = match &config.github {
        Some(github) => GithubApp::new(github, &http, clock.clone())?,
        None => None,
    };
    create_data_folder(&config.data)?;
    let store = Store::connect(&config.database.url, config.database.connections).await?;
    let data_error = |source| StartError::Data { path: config.data.clone(), source };
    let key = ServerKey::load_or_create(&config.data, &entropy).map_err(data_error)?;
    let cache = config.tools.cache.clone().unwrap_or_else(|| config.data.join("cache"));
    // wasmtime's cache wants an absolute folder.
    let cache = std::path::absolute(cache).map_err(data_error)?;
    create_data_folder(&cache)?;
    let engine = Engine::new(config.tools.slots, &cache)?;
    let policy = policy(&config.tools)?;
    let dirs = tool_dirs(&config.tools);
    let catalog = Catalog::load(&LoadOptions { dirs: &dirs, policy: &policy, engine: &engine, progress })?;
    let runtime = Runtime::new(CallContext {
        reader: store.read.clone(),
        clock: clock.clone(),
        key: key.clone(),
        public_url: Arc::new(config.public_url.clone()),
        published: Arc::new(config.published()),
        logs: JobLogs::new(&store, github_app.clone(), clock.clone()),
    });
    let limiter = RateLimiter::new(clock.clone(), store.read.clone(), config.limits);
    let (audit, audit_writer) = AuditLog::start(store.clone(), entropy.clone());
    let parts =
        Parts { config, store, clock, http, entropy, key, audit, limiter, catalog, runtime, github, github_app };
    Ok((parts, audit_writer))
}

/// Serves until `shutdown` ends, then lets open requests finish and writes what is left of the audit log.
pub async fn serve(
    app: App,
    audit_writer: impl Future<Output = ()> + Send + 'static,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let store = app.store.clone();
    let writer = tokio::spawn(audit_writer);
    let served = axum::serve(listener, http::router(app)).with_graceful_shutdown(shutdown).await;
    // The router held the last handle of the audit log, so the writer ends when its queue is empty.
    if writer.await.is_err() {
        tracing::error!("the audit writer failed");
    }
    store.close().await;
    served.map_err(StartError::Serve)
}

/// The built-in policy, and the operator's rows beside it.
pub fn policy(tools: &ToolsConfig) -> Result<Policy, StartError> {
    let mut policy = Policy::built_in()?;
    if let Some(path) = &tools.extra_policy {
        let text =
            std::fs::read_to_string(path).map_err(|source| StartError::PolicyFile { path: path.clone(), source })?;
        policy.add(&path.display().to_string(), &text)?;
    }
    Ok(policy)
}

/// The folders that tools are loaded from.
pub fn tool_dirs(tools: &ToolsConfig) -> Vec<PathBuf> {
    std::iter::once(tools.dir.clone()).chain(tools.extra_dir.clone()).collect()
}

/// Security: the folder holds the server's key and compiled code that the host trusts, so nobody else may
/// look into it or write to it.
pub fn create_data_folder(path: &Path) -> Result<(), StartError> {
    let create = || {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        #[cfg(unix)]
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Ok(())
    };
    create().map_err(|source| StartError::Data { path: path.to_owned(), source })
}
