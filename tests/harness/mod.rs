//! A server per test, and who talks to it.

mod agent;
mod app;
mod browser;
mod database;
mod fake_github;
mod fake_issuer;
mod fixtures;
mod ingest;
mod oauth;

pub use agent::{Agent, Reply};
pub use app::{Fixture, NOW, TestApp, root};
pub use browser::{Browser, Landing, Page};
pub use database::{Database, Engine};
pub use fake_github::FakeGithub;
pub use fake_issuer::{FakeIssuer, REQUEST_TOKEN};
pub use fixtures::{ExtraTools, fixture_is_built};
pub use ingest::workspace_token;
pub use oauth::{Authorization, REDIRECT_URI, Tokens, VERIFIER, code_exchange, query, refresh, text};
