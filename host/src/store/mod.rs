//! The store: the only module that knows SQL.
//!
//! A function that concerns one workspace takes its [`crate::authz::WorkspaceScope`], and every query of such a
//! function binds it. Where the workspace is not known yet, the function takes what proves it (the hash of a token, the
//! repository of an OIDC token, the login of an invitation); for installations, the row that was read of one.

mod bulk;
mod connect;
mod db;
mod error;
pub(crate) mod keyset;
pub(crate) mod page;
pub(crate) mod words;

pub(crate) mod analytics;
pub(crate) mod audit_entries;
pub(crate) mod audit_log;
pub(crate) mod badges;
pub(crate) mod ci;
pub(crate) mod commits;
pub(crate) mod connections;
pub(crate) mod demo_seed;
pub(crate) mod entitlements;
pub(crate) mod github;
pub(crate) mod health_signals;
pub(crate) mod instances;
pub(crate) mod inventory;
pub(crate) mod invited_members;
pub(crate) mod job_logs;
pub(crate) mod job_summaries;
pub(crate) mod jobs;
pub(crate) mod oauth_clients;
pub(crate) mod oauth_codes;
pub(crate) mod oauth_grants;
pub(crate) mod oauth_tokens;
pub(crate) mod parts;
pub(crate) mod pull_requests;
pub(crate) mod rate_day;
pub(crate) mod repositories;
pub(crate) mod rollups;
pub(crate) mod setup_signals;
pub(crate) mod users;
pub(crate) mod web_sessions;
pub(crate) mod workflow_runs;
pub(crate) mod workspace_tokens;
pub(crate) mod workspaces;

pub(crate) use db::{Query, Tx, sql};
pub use db::{Reader, Writer};
pub use error::StoreError;

/// An open database.
#[derive(Clone)]
pub struct Store {
    /// For reads; the engine refuses writes through it.
    pub read: Reader,
    /// For writes, and for reads that must see them in the same transaction.
    pub write: Writer,
}
