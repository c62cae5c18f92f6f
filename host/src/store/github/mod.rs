//! What GitHub tells: installations, repositories, pull requests, commits, workflow runs and their jobs.
//!
//! Deliveries come twice and in any order. So every write compares its event with the stored row in the
//! same statement, and an older event changes nothing. Who applies a delivery locks its repositories first
//! ([`repositories::lock`]), as an upload of instances does; everything after that is safe from others.

pub(crate) mod approvals;
pub(crate) mod commits;
pub(crate) mod deliveries;
pub(crate) mod identity;
pub(crate) mod installations;
pub(crate) mod jobs;
pub(crate) mod links;
pub(crate) mod outcomes;
pub(crate) mod pull_requests;
pub(crate) mod purposes;
pub(crate) mod repositories;
pub(crate) mod runs;
pub(crate) mod sync;
pub(crate) mod unread;
pub(crate) mod workflows;

use crate::authz::WorkspaceScope;

/// A repository in one workspace.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) scope: WorkspaceScope,
    pub(crate) repository_id: String,
}

/// What GitHub calls a repository. The case of letters does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FullName<'a> {
    pub(crate) owner: &'a str,
    pub(crate) name: &'a str,
}
