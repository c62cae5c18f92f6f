//! Configuration: one TOML file, `ATMOS_MCP_…` environment overrides, checked before anything is opened.

mod file;
mod egress;
mod github_app;
mod oidc;
mod public_url;
mod published;

pub use egress::{EgressConfig, EgressRange};
pub use file::{Config, ConfigError, DatabaseConfig, GithubConfig, LimitsConfig, LogConfig, LogFormat, ToolsConfig};
pub use oidc::OidcConfig;
pub use public_url::PublicUrl;
pub(crate) use public_url::{is_loopback, is_private_enough};
pub use published::Published;
