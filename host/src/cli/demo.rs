//! `atmos-mcp demo`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;

use super::{print, serve};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{
    Config, DatabaseConfig, EgressConfig, LimitsConfig, LogConfig, OidcConfig, PublicUrl, ToolsConfig,
};
use crate::id::Entropy;
use crate::{demo, startup};

/// Every demo shows the same workspace, relative to the day it was first started.
const DEMO_SEED: u64 = 1;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Address to listen on; loopback alone. Port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Folder for the database, the key and compiled tools.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Folder with the built tools.
    #[arg(long, default_value = "target/tools")]
    tools: PathBuf,
}

/// The SQLite database of a demo's data folder.
pub(super) fn database_url(data: &Path) -> String {
    format!("sqlite:{}", data.join("atmos-mcp.db").display())
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let log = LogConfig { filter: "warn,atmos_mcp=info".to_owned(), ..LogConfig::default() };
    serve::init_logging(&log)?;
    // Security: the demo signs anybody in.
    if !arguments.listen.ip().is_loopback() {
        bail!(
            "--listen {}: the demo has a sign-in without password, so it listens on loopback alone",
            arguments.listen
        );
    }
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}; choose another with --listen", arguments.listen))?;
    let config = config(listener.local_addr()?, &arguments, log)?;
    let (clock, entropy) = (Clock::System, Entropy::system());
    let (parts, audit_writer) = startup::build(config, clock.clone(), entropy, true).await?;
    let app = App::new(parts);
    demo::seed(&app.store, DEMO_SEED, clock.now()).await.context("the demo workspace could not be seeded")?;
    announce(&app.config)?;
    startup::serve(app, audit_writer, listener, serve::shutdown_signal()).await?;
    Ok(())
}

fn config(address: SocketAddr, arguments: &Arguments, log: LogConfig) -> anyhow::Result<Config> {
    startup::create_data_folder(&arguments.data)?;
    Ok(Config {
        listen: address,
        public_url: PublicUrl::parse(&format!("http://{address}")).map_err(anyhow::Error::msg)?,
        data: arguments.data.clone(),
        database: DatabaseConfig { url: database_url(&arguments.data), connections: 8 },
        tools: ToolsConfig {
            dir: arguments.tools.clone(),
            extra_dir: None,
            extra_policy: None,
            cache: None,
            slots: 64,
        },
        github: None,
        oidc: OidcConfig::default(),
        egress: EgressConfig::example(),
        allowed_origins: Vec::new(),
        limits: LimitsConfig::default(),
        log,
        demo: true,
    })
}

/// Says where the server is and what to type into each client.
fn announce(config: &Config) -> anyhow::Result<()> {
    let url = config.public_url.resource();
    let data = std::path::absolute(&config.data)?;
    print(&format!(
        "\
Atmos Pro MCP server, demo workspace \"Acme Platform\"

MCP URL: {url}
Data: {}

Add it to your client; a browser opens for sign-in and consent on first use:

  Claude Code   claude mcp add --transport http atmos-pro {url}
  Codex         codex mcp add atmos-pro --url {url}
  Gemini CLI    gemini mcp add --transport http atmos-pro {url}
  Cursor        {{\"mcpServers\": {{\"atmos-pro\": {{\"url\": \"{url}\"}}}}}} in .cursor/mcp.json
  VS Code       code --add-mcp '{{\"name\":\"atmos-pro\",\"type\":\"http\",\"url\":\"{url}\"}}'

Upload from the atmos CLI:

  atmos-mcp token create --data {} --workspace acme --name ci
  ATMOS_PRO_BASE_URL={} ATMOS_PRO_TOKEN=… atmos list instances --upload

Stop with Ctrl-C.",
        data.display(),
        config.data.display(),
        config.public_url.issuer(),
    ))?;
    Ok(())
}
