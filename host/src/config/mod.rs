//! Configuration: one TOML file, `ATMOS_MCP_…` environment overrides, checked before anything is opened.

mod file;
mod oidc;
mod public_url;

pub use file::{Config, ConfigError, DatabaseConfig, GithubConfig, LimitsConfig, LogConfig, LogFormat, ToolsConfig};
pub use oidc::OidcConfig;
pub use public_url::PublicUrl;
pub(crate) use public_url::{is_loopback, is_private_enough};
