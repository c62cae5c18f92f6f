//! The whole server over HTTP, with real components, on SQLite and on PostgreSQL.
//!
//! Every test starts a server of its own on a free port. `./just test` builds the tools and starts
//! PostgreSQL first.

#![expect(clippy::indexing_slicing, reason = "JSON that is not there is null; a test that indexes past the end fails")]

/// Defines each test once and runs it on both engines: `name::sqlite` and `name::postgres`.
macro_rules! on_both_engines {
    ($($(#[$attribute:meta])* async fn $name:ident($engine:ident: Engine) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[expect(clippy::allow_attributes, reason = "not every test uses all of it")]
            #[allow(unused_imports, reason = "not every test uses all of it")]
            use super::*;

            async fn test($engine: Engine) -> anyhow::Result<()> {
                $body
                Ok(())
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() -> anyhow::Result<()> {
                test(Engine::Sqlite).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() -> anyhow::Result<()> {
                test(Engine::Postgres).await
            }
        }
    )*};
}

mod catalog;
mod cli_contract;
mod clients;
mod github;
mod ingest;
mod mcp;
mod oauth;
mod security;
mod store;
mod tidy;
mod web;
mod webhooks;
