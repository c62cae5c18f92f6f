//! The configuration file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::egress::EgressConfig;
use super::github_app::app_id;
use super::oidc::OidcConfig;
use super::public_url::PublicUrl;

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address to bind.
    pub listen: SocketAddr,
    /// The origin that clients use.
    pub public_url: PublicUrl,
    /// Folder for keys and the cache of compiled components; created if missing, readable by the owner alone.
    pub data: PathBuf,
    /// The database.
    pub database: DatabaseConfig,
    /// The tools.
    pub tools: ToolsConfig,
    /// Sign-in with GitHub; absent in the demo.
    pub github: Option<GithubConfig>,
    /// Whose workflow tokens are trusted.
    pub oidc: OidcConfig,
    /// Where outgoing requests come from.
    pub egress: EgressConfig,
    /// Origins of browser clients that may call `/mcp`, beside the server's own.
    pub allowed_origins: Vec<String>,
    /// Default rate limits.
    pub limits: LimitsConfig,
    /// Logging.
    pub log: LogConfig,
    /// Whether the demo sign-in exists. Only `atmos-mcp demo` sets it, and only on loopback.
    pub demo: bool,
}

/// The database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:<path>` or `postgres://user@host/name`.
    pub url: String,
    /// Connections for reading, and with PostgreSQL as many for writing.
    #[serde(default = "default_connections")]
    pub connections: u32,
}

/// The tools.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolsConfig {
    /// Folder with `catalog.json` and the components, as `just build-tools` writes it.
    pub dir: PathBuf,
    /// Folder of third-party tools, packaged like the catalog.
    pub extra_dir: Option<PathBuf>,
    /// Policy file of the third-party tools, in the format of `tools/policy.toml`.
    pub extra_policy: Option<PathBuf>,
    /// Folder for compiled components that only the host can write; `<data>/cache` if absent.
    pub cache: Option<PathBuf>,
    /// Calls that run at once; further ones wait.
    #[serde(default = "default_slots")]
    pub slots: u32,
}

/// GitHub: sign-in (an OAuth App, or a GitHub App's user login), webhooks, and what is read from it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GithubConfig {
    /// Client id of the App.
    pub client_id: String,
    /// Client secret of the App; better in `ATMOS_MCP_GITHUB_CLIENT_SECRET`.
    #[serde(default)]
    pub client_secret: String,
    /// Secret of the App's webhook; better in `ATMOS_MCP_GITHUB_WEBHOOK_SECRET`.
    #[serde(default)]
    pub webhook_secret: Option<String>,
    /// The App's name in its URL, for links to install it.
    #[serde(default)]
    pub app_slug: Option<String>,
    /// Id of the GitHub App, or its client id. With its private key, the server reads from GitHub.
    #[serde(default, deserialize_with = "app_id")]
    pub app_id: Option<String>,
    /// File with the App's private key, PEM.
    #[serde(default)]
    pub private_key_file: Option<PathBuf>,
    /// The private key itself, PEM, in place of a file. From `ATMOS_MCP_GITHUB_PRIVATE_KEY` alone.
    #[serde(skip)]
    pub private_key: Option<String>,
    /// `https://github.com`, or the URL of a GitHub Enterprise Server.
    #[serde(default = "default_github_url")]
    pub url: String,
    /// `https://api.github.com`, or `https://HOST/api/v3`.
    #[serde(default = "default_github_api_url")]
    pub api_url: String,
}

// Security: neither the secrets nor the private key are ever logged.
impl std::fmt::Debug for GithubConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("GithubConfig")
            .field("client_id", &self.client_id)
            .field("app_id", &self.app_id)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Rate limits of a grant where its workspace sets none.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Calls per minute, 1 or more.
    pub per_minute: u32,
    /// Calls per UTC day, 1 or more.
    pub per_day: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { per_minute: 600, per_day: 50_000 }
    }
}

/// Logging.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `text` or `json`.
    pub format: LogFormat,
    /// What to log, in `tracing`'s filter syntax.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

/// A configuration that cannot be used. The text names the field.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read the configuration {}", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// The file is not the TOML that it should be.
    #[error("{}: {message}", .path.display())]
    Syntax { path: PathBuf, message: String },
    /// A field has a value that cannot be used.
    #[error("{field}: {message}")]
    Field { field: &'static str, message: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: SocketAddr,
    public_url: String,
    data: PathBuf,
    database: DatabaseConfig,
    tools: ToolsConfig,
    github: Option<GithubConfig>,
    oidc: Option<OidcConfig>,
    #[serde(default)]
    egress: EgressConfig,
    #[serde(default)]
    allowed_origins: Vec<String>,
    #[serde(default)]
    limits: LimitsConfig,
    #[serde(default)]
    log: LogConfig,
}

impl Config {
    /// Reads and checks a file. `environment` gives overrides by name, such as `ATMOS_MCP_DATABASE_URL`.
    pub fn load(path: &Path, environment: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let mut file: File = toml::from_str(&text)
            .map_err(|error| ConfigError::Syntax { path: path.to_owned(), message: error.to_string() })?;
        if let Some(url) = environment("ATMOS_MCP_DATABASE_URL") {
            file.database.url = url;
        }
        if let Some(url) = environment("ATMOS_MCP_PUBLIC_URL") {
            file.public_url = url;
        }
        if let (Some(secret), Some(github)) = (environment("ATMOS_MCP_GITHUB_CLIENT_SECRET"), &mut file.github) {
            github.client_secret = secret;
        }
        if let (Some(secret), Some(github)) = (environment("ATMOS_MCP_GITHUB_WEBHOOK_SECRET"), &mut file.github) {
            github.webhook_secret = Some(secret);
        }
        if let (Some(key), Some(github)) = (environment("ATMOS_MCP_GITHUB_PRIVATE_KEY"), &mut file.github) {
            github.private_key = Some(key);
        }
        file.check()
    }
}

impl File {
    fn check(self) -> Result<Config, ConfigError> {
        let public_url = PublicUrl::parse(&self.public_url)
            .map_err(|message| ConfigError::Field { field: "public_url", message })?;
        check(
            "database.url",
            ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| self.database.url.starts_with(scheme)),
            "must start with sqlite: or postgres:",
        )?;
        check("database.connections", (1..=1_000).contains(&self.database.connections), "must be between 1 and 1000")?;
        check("tools.slots", (1..=1_000).contains(&self.tools.slots), "must be between 1 and 1000")?;
        check("limits.per_minute", self.limits.per_minute > 0, "must be 1 or more")?;
        check("limits.per_day", self.limits.per_day > 0, "must be 1 or more")?;
        check(
            "tools.extra_dir",
            self.tools.extra_dir.is_some() == self.tools.extra_policy.is_some(),
            "and tools.extra_policy belong together: set both, or neither",
        )?;
        self.egress.check().map_err(|message| ConfigError::Field { field: "egress.ips", message })?;
        if let Some(github) = &self.github {
            check("github.client_id", !github.client_id.is_empty(), "must not be empty")?;
            check(
                "github.client_secret",
                !github.client_secret.is_empty(),
                "is missing: set it, or ATMOS_MCP_GITHUB_CLIENT_SECRET",
            )?;
            check(
                "github.app_slug",
                github.app_slug.as_deref().is_none_or(is_slug),
                "must be the App's name in its URL: lower-case letters, digits and hyphens",
            )?;
            github.check_app().or_else(|message| check("github.app_id", false, message))?;
            let agrees = self.oidc.as_ref().is_none_or(|oidc| github.agrees_with(&oidc.host));
            check("oidc.host", agrees, "must be the host of github.url, where the repositories are")?;
        }
        Ok(Config {
            listen: self.listen,
            public_url,
            data: self.data,
            database: self.database,
            tools: self.tools,
            github: self.github,
            oidc: self.oidc.unwrap_or_default(),
            egress: self.egress,
            allowed_origins: self.allowed_origins,
            limits: self.limits,
            log: self.log,
            demo: false,
        })
    }
}

fn check(field: &'static str, holds: bool, message: &str) -> Result<(), ConfigError> {
    if holds { Ok(()) } else { Err(ConfigError::Field { field, message: message.to_owned() }) }
}

fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

const fn default_connections() -> u32 {
    8
}

const fn default_slots() -> u32 {
    64
}

fn default_github_url() -> String {
    "https://github.com".to_owned()
}

fn default_github_api_url() -> String {
    "https://api.github.com".to_owned()
}
