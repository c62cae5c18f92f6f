//! A server per test, and who talks to it.

mod agent;
mod app;
mod browser;
mod database;
mod fake_github;
mod fake_github_app;
mod fake_issuer;
mod fixtures;
mod fleet;
mod generator;
mod ingest;
mod oauth;
mod schemas;
mod template;

pub use agent::{Agent, Reply};
pub use app::{Fixture, NOW, TestApp, root};
pub use browser::{Browser, Landing, Page};
pub use database::{Database, Engine};
pub use fake_github::FakeGithub;
pub use fake_github_app::{FakeGithubApp, INSTALLATION, WEBHOOK_SECRET, World};
pub use fake_issuer::{FakeIssuer, REQUEST_TOKEN};
pub use fixtures::{ExtraTools, fixture_is_built, hex};
pub use fleet::fleet_calls;
pub use ingest::{sign_webhook, workspace_token};
pub use oauth::{Authorization, CATALOG_SCOPES, REDIRECT_URI, Tokens, VERIFIER, code_exchange, query, refresh, text};
