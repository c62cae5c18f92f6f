//! All of a workspace.

use super::details::{Job, JobLog, JobSummary};
use super::history::{Affected, Commit, PullRequest, Run, StatusChange};
use super::settings::{AuditRow, BadgeToken, Override, Schedule};
use super::topology::{Installation, Instance, Lock, Member, Repository};
use crate::clock::Timestamp;

/// A workspace with all that is in it.
#[derive(Debug)]
pub(crate) struct Dataset {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) slug: &'static str,
    pub(crate) plan: &'static str,
    pub(crate) created_at: Timestamp,
    pub(crate) members: Vec<Member>,
    pub(crate) installations: Vec<Installation>,
    pub(crate) repositories: Vec<Repository>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) locks: Vec<Lock>,
    pub(crate) runs: Vec<Run>,
    pub(crate) status_changes: Vec<StatusChange>,
    pub(crate) pull_requests: Vec<PullRequest>,
    pub(crate) commits: Vec<Commit>,
    pub(crate) affected: Vec<Affected>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) logs: Vec<JobLog>,
    pub(crate) summaries: Vec<JobSummary>,
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) badge_tokens: Vec<BadgeToken>,
    pub(crate) overrides: Vec<Override>,
    pub(crate) audit: Vec<AuditRow>,
}
