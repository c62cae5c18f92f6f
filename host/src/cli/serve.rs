//! `atmos-mcp serve`

use std::path::PathBuf;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, LogConfig, LogFormat};
use crate::id::Entropy;
use crate::startup;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Configuration file.
    #[arg(long)]
    config: PathBuf,
}

pub(super) async fn run(arguments: Arguments, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    let config = Config::load(&arguments.config, environment)?;
    init_logging(&config.log)?;
    let listen = config.listen;
    let (parts, audit_writer) = startup::build(config, Clock::System, Entropy::system(), true).await?;
    let app = App::new(parts);
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listen: cannot listen on {listen}"))?;
    tracing::info!(mcp.url = app.config.public_url.resource(), %listen, tools = app.catalog.tools().count(), "serving");
    startup::serve(app, audit_writer, listener, shutdown_signal()).await?;
    Ok(())
}

/// Sends log lines to standard error.
pub(super) fn init_logging(log: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).context("log.filter")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging could not be started: {error}"))
}

/// Ends on Ctrl-C, or when the service manager asks.
pub(super) async fn shutdown_signal() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
    tracing::info!("stopping: open requests finish first");
}
