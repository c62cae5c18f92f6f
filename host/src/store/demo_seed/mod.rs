//! Inserts of the demo's data. Nothing else writes this way: a workspace comes in whole.

mod dataset;
mod details;
mod history;
mod insert;
mod settings;
mod topology;

pub(crate) use dataset::Dataset;
pub(crate) use details::{Job, JobLog, JobSummary};
pub(crate) use history::{Affected, Approval, Commit, PullRequest, Run, StatusChange};
pub(crate) use insert::insert_dataset;
pub(crate) use settings::{AuditRow, BadgeToken, Denied, Override, Schedule};
pub(crate) use topology::{Installation, Instance, Lock, Member, Repository};
