//! A whole server on a free port.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use atmos_mcp::app::App;
use atmos_mcp::catalog::Catalog;
use atmos_mcp::clock::{Clock, Timestamp};
use atmos_mcp::config::{
    Config, DatabaseConfig, EgressConfig, GithubConfig, LimitsConfig, LogConfig, OidcConfig, PublicUrl, ToolsConfig,
};
use atmos_mcp::id::Entropy;
use atmos_mcp::{demo, startup};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::agent::Agent;
use super::database::{Database, Engine};
use super::fake_github_app::FakeGithubApp;
use super::oauth::Authorization;
use super::template::SEED;

/// When the tests play: 2026-08-21T10:00:00Z.
pub const NOW: Timestamp = Timestamp::from_micros(1_787_306_400_000_000);

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a test starts with.
pub struct Fixture {
    engine: Engine,
    extra_tools: Option<(PathBuf, PathBuf)>,
    limits: LimitsConfig,
    clock: Clock,
    github: Option<GithubConfig>,
    oidc: OidcConfig,
    egress: EgressConfig,
    demo: bool,
}

impl Fixture {
    /// The demo workspaces, on this engine, with the clock standing still.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            extra_tools: None,
            limits: LimitsConfig::default(),
            clock: Clock::manual(NOW),
            github: None,
            oidc: OidcConfig::default(),
            egress: EgressConfig::example(),
            demo: true,
        }
    }

    /// Adds third-party tools: a folder with `catalog.json`, and a policy file.
    #[must_use]
    pub fn extra_tools(mut self, dir: PathBuf, policy: PathBuf) -> Self {
        self.extra_tools = Some((dir, policy));
        self
    }

    /// Sets the default rate limits.
    #[must_use]
    pub fn limits(mut self, per_minute: u32, per_day: u32) -> Self {
        self.limits = LimitsConfig { per_minute, per_day };
        self
    }

    /// Signs in with this GitHub, and not as in the demo.
    pub fn github(mut self, url: &str) -> Result<Self> {
        let github = json!({
            "client_id": "Iv1.test", "client_secret": "test", "url": url, "api_url": format!("{url}/api/v3"),
        });
        self.github = Some(serde_json::from_value(github)?);
        self.demo = false;
        Ok(self)
    }

    /// Knows of no egress addresses.
    #[must_use]
    pub fn without_egress(mut self) -> Self {
        self.egress = EgressConfig::default();
        self
    }

    /// Trusts this issuer of workflow tokens.
    #[must_use]
    pub fn oidc_issuer(mut self, issuer: &str) -> Self {
        issuer.clone_into(&mut self.oidc.issuer);
        self
    }

    /// Gives sessions to workflows of repositories on this host.
    #[must_use]
    pub fn oidc_host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.oidc.host);
        self
    }

    /// Lets GitHub deliver webhooks, signed with this secret.
    pub fn webhook_secret(mut self, secret: &str) -> Result<Self> {
        let github = json!({ "client_id": "Iv1.test", "client_secret": "test", "webhook_secret": secret });
        self.github = Some(serde_json::from_value(github)?);
        Ok(self)
    }

    /// Reads from this GitHub as its App, and hears its webhooks. Sign-in stays the demo's.
    pub fn github_app(mut self, github: &FakeGithubApp) -> Result<Self> {
        self.github = Some(serde_json::from_value(github.config())?);
        Ok(self)
    }

    /// Lets time pass by itself.
    #[must_use]
    pub fn system_clock(mut self) -> Self {
        self.clock = Clock::System;
        self
    }

    /// Starts the server on a database of its own with the demo's data.
    pub async fn start(self) -> Result<TestApp> {
        self.start_with(|_| {}).await
    }

    /// Like [`Self::start`], with a change to the loaded catalog.
    pub async fn start_with(self, change: impl FnOnce(&mut Catalog)) -> Result<TestApp> {
        let database = match self.clock {
            Clock::Manual(_) => Database::with_demo(self.engine).await?,
            // The demo's data is as old as it is now.
            Clock::System => Database::create(self.engine).await?,
        };
        self.start_on(database, change).await
    }

    /// Starts the server on a database that may have been used before.
    pub async fn start_on(self, database: Database, change: impl FnOnce(&mut Catalog)) -> Result<TestApp> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (extra_dir, extra_policy) = self.extra_tools.unzip();
        let config = Config {
            listen: address,
            public_url: PublicUrl::parse(&format!("http://{address}")).map_err(anyhow::Error::msg)?,
            data: database.folder.path().to_owned(),
            database: DatabaseConfig { url: database.url.clone(), connections: 4 },
            tools: ToolsConfig {
                dir: root().join("target/tools"),
                extra_dir,
                extra_policy,
                // Shared by all tests: compiling is tested once, not in every process.
                cache: Some(root().join("target/test-cache")),
                slots: 16,
            },
            github: self.github,
            oidc: self.oidc,
            egress: self.egress,
            allowed_origins: vec!["https://inspector.example".to_owned()],
            limits: self.limits,
            log: LogConfig::default(),
            demo: self.demo,
        };
        let (mut parts, audit_writer) =
            startup::build(config, self.clock, Entropy::system(), false).await.context("the server does not start")?;
        change(&mut parts.catalog);
        demo::seed(&parts.store, SEED, parts.clock.now()).await?;
        let app = App::new(parts);
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(startup::serve(app.clone(), audit_writer, listener, async {
            drop(stopped.await);
        }));
        Ok(TestApp { url: format!("http://{address}"), app, database, stop, served })
    }
}

/// A running server.
pub struct TestApp {
    url: String,
    app: App,
    database: Database,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), startup::StartError>>,
}

impl TestApp {
    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The server's parts, to look at what no endpoint shows.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The database, for commands that open it too.
    pub fn database_url(&self) -> &str {
        &self.database.url
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: std::time::Duration) {
        self.app.clock.advance(duration);
    }

    /// An agent that the demo user `login` signed in for, with the default scopes.
    pub async fn agent(&self, login: &str) -> Result<Agent> {
        Authorization::new(self, login).connect().await
    }

    /// An authorization to shape before it is granted.
    pub fn authorize(&self, login: &str) -> Authorization<'_> {
        Authorization::new(self, login)
    }

    /// Stops the server gracefully and gives the database back.
    pub async fn stop(self) -> Result<Database> {
        drop(self.app);
        drop(self.stop);
        self.served.await??;
        Ok(self.database)
    }
}
