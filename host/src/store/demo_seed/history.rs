//! What happened: runs, changes of status, pull requests and their commits.

use crate::clock::Timestamp;
use crate::store::db::Value;

/// A workflow run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) repository_id: String,
    pub(crate) instance_id: String,
    pub(crate) component: &'static str,
    pub(crate) stack: &'static str,
    pub(crate) command: &'static str,
    pub(crate) trigger: &'static str,
    pub(crate) status: &'static str,
    pub(crate) conclusion: Option<&'static str>,
    pub(crate) plan_exit_code: Option<i64>,
    pub(crate) created_at: Timestamp,
    /// None if it has not begun.
    pub(crate) started_at: Option<Timestamp>,
    /// None while it runs.
    pub(crate) finished_at: Option<Timestamp>,
    /// None if GitHub started no run; then the URL and the time of its last event are none too.
    pub(crate) github_run_id: Option<i64>,
    pub(crate) github_url: Option<String>,
    pub(crate) github_updated_at: Option<Timestamp>,
    pub(crate) workflow_name: &'static str,
    pub(crate) workflow_file: &'static str,
    pub(crate) branch: String,
    pub(crate) git_ref: String,
    pub(crate) sha: String,
    pub(crate) actor: &'static str,
    pub(crate) approval: Option<Approval>,
    pub(crate) dispatch_error: Option<String>,
    pub(crate) parent_run_id: Option<String>,
    pub(crate) pull_request_number: Option<i64>,
}

/// An approval that a run waits for, or had.
#[derive(Debug)]
pub(crate) struct Approval {
    pub(crate) state: &'static str,
    pub(crate) environment: String,
    /// JSON list.
    pub(crate) reviewers: String,
    pub(crate) decided_at: Option<Timestamp>,
}

/// A change of an instance's status.
#[derive(Debug)]
pub(crate) struct StatusChange {
    pub(crate) id: String,
    pub(crate) instance_id: String,
    pub(crate) from: Option<&'static str>,
    pub(crate) to: &'static str,
    pub(crate) at: Timestamp,
    pub(crate) run_id: Option<String>,
}

/// A pull request.
#[derive(Debug)]
pub(crate) struct PullRequest {
    pub(crate) id: String,
    pub(crate) repository_id: String,
    pub(crate) number: i64,
    pub(crate) title: String,
    pub(crate) author: &'static str,
    pub(crate) state: &'static str,
    pub(crate) draft: bool,
    pub(crate) head_sha: String,
    pub(crate) head_ref: String,
    pub(crate) base_ref: &'static str,
    pub(crate) url: String,
    pub(crate) created_at: Timestamp,
    pub(crate) merged_at: Option<Timestamp>,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) github_updated_at: Timestamp,
}

/// A commit of a pull request, or its merge.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) id: String,
    pub(crate) repository_id: String,
    pub(crate) sha: String,
    pub(crate) message: String,
    pub(crate) author: &'static str,
    pub(crate) committed_at: Timestamp,
    pub(crate) url: String,
    pub(crate) pull_request_number: i64,
}

/// An instance that a commit affects.
#[derive(Debug)]
pub(crate) struct Affected {
    pub(crate) repository_id: String,
    pub(crate) head_sha: String,
    pub(crate) base_sha: String,
    pub(crate) stack: &'static str,
    pub(crate) component: &'static str,
    pub(crate) is_dependent: bool,
    pub(crate) uploaded_at: Timestamp,
}

pub(super) const RUNS: &str = "INSERT INTO workflow_runs \
     (id, repository_id, instance_id, component, stack, command, trigger_kind, status, conclusion, plan_exit_code, \
     created_at, started_at, finished_at, github_run_id, run_attempt, github_url, github_updated_at, workflow_name, \
     workflow_file, branch, ref, sha, actor, approval_state, approval_environment, approval_reviewers, \
     approval_decided_at, dispatch_error, parent_run_id, pull_request_number, workspace_id) VALUES ";

pub(super) fn run_row(row: Run) -> [Value; 30] {
    let run_attempt: Option<i64> = row.github_run_id.map(|_| 1);
    let (state, environment, reviewers, decided_at) = match row.approval {
        Some(approval) => (approval.state, Some(approval.environment), Some(approval.reviewers), approval.decided_at),
        None => ("none", None, None, None),
    };
    [
        row.id.into(),
        row.repository_id.into(),
        row.instance_id.into(),
        row.component.into(),
        row.stack.into(),
        row.command.into(),
        row.trigger.into(),
        row.status.into(),
        row.conclusion.into(),
        row.plan_exit_code.into(),
        row.created_at.into(),
        row.started_at.into(),
        row.finished_at.into(),
        row.github_run_id.into(),
        run_attempt.into(),
        row.github_url.into(),
        row.github_updated_at.into(),
        row.workflow_name.into(),
        row.workflow_file.into(),
        row.branch.into(),
        row.git_ref.into(),
        row.sha.into(),
        row.actor.into(),
        state.into(),
        environment.into(),
        reviewers.into(),
        decided_at.into(),
        row.dispatch_error.into(),
        row.parent_run_id.into(),
        row.pull_request_number.into(),
    ]
}

pub(super) const STATUS_CHANGES: &str = "INSERT INTO instance_status_changes \
     (id, instance_id, from_status, to_status, at, run_id, workspace_id) VALUES ";

pub(super) fn status_change_row(row: StatusChange) -> [Value; 6] {
    [row.id.into(), row.instance_id.into(), row.from.into(), row.to.into(), row.at.into(), row.run_id.into()]
}

pub(super) const PULL_REQUESTS: &str = "INSERT INTO pull_requests \
     (id, repository_id, number, title, author, state, draft, head_sha, head_ref, base_ref, url, created_at, \
     merged_at, closed_at, github_updated_at, workspace_id) VALUES ";

pub(super) fn pull_request_row(row: PullRequest) -> [Value; 15] {
    [
        row.id.into(),
        row.repository_id.into(),
        row.number.into(),
        row.title.into(),
        row.author.into(),
        row.state.into(),
        row.draft.into(),
        row.head_sha.into(),
        row.head_ref.into(),
        row.base_ref.into(),
        row.url.into(),
        row.created_at.into(),
        row.merged_at.into(),
        row.closed_at.into(),
        row.github_updated_at.into(),
    ]
}

pub(super) const COMMITS: &str = "INSERT INTO commits \
     (id, repository_id, sha, message, author, committed_at, url, pull_request_number, workspace_id) VALUES ";

pub(super) fn commit_row(row: Commit) -> [Value; 8] {
    [
        row.id.into(),
        row.repository_id.into(),
        row.sha.into(),
        row.message.into(),
        row.author.into(),
        row.committed_at.into(),
        row.url.into(),
        row.pull_request_number.into(),
    ]
}

pub(super) const AFFECTED: &str = "INSERT INTO affected_instances \
     (repository_id, head_sha, base_sha, stack, component, is_dependent, uploaded_at, workspace_id) VALUES ";

pub(super) fn affected_row(row: Affected) -> [Value; 7] {
    [
        row.repository_id.into(),
        row.head_sha.into(),
        row.base_sha.into(),
        row.stack.into(),
        row.component.into(),
        row.is_dependent.into(),
        row.uploaded_at.into(),
    ]
}
