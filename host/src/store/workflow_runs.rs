//! Workflow runs, as lists and details show them. They are written by `github` and `ci`.

use serde::Deserialize;

use super::keyset::{Index, List, Table, Window};
use super::page::Page;
use super::repositories::find_repository_id;
use super::words::FAILED;
use super::{Reader, StoreError, sql};
use crate::authz::WorkspaceScope;

/// Jobs that [`find_failed_jobs`] gives at most.
const MAX_FAILED_JOBS: i64 = 20;

/// One run. Status and conclusion are GitHub's words, as they came.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RunRow {
    pub(crate) id: String,
    pub(crate) github_run_id: Option<i64>,
    pub(crate) command: String,
    pub(crate) trigger_kind: String,
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) approval_state: String,
    pub(crate) component: Option<String>,
    pub(crate) stack: Option<String>,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) branch: Option<String>,
    pub(crate) sha: Option<String>,
    pub(crate) plan_exit_code: Option<i64>,
    pub(crate) dispatch_error: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) started_at: Option<i64>,
    pub(crate) finished_at: Option<i64>,
}

/// One run with its approval, its parent and its pull request.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RunDetailsRow {
    #[sqlx(flatten)]
    pub(crate) run: RunRow,
    pub(crate) git_ref: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) workflow_name: Option<String>,
    pub(crate) workflow_file: Option<String>,
    pub(crate) run_attempt: Option<i64>,
    pub(crate) github_url: Option<String>,
    pub(crate) approval_environment: Option<String>,
    /// See [`RunDetailsRow::reviewers`].
    approval_reviewers: Option<String>,
    pub(crate) approval_decided_at: Option<i64>,
    pub(crate) parent_run_id: Option<String>,
    pub(crate) parent_conclusion: Option<String>,
    /// None if the run has no pull request, or one that has not been told of; then the rest is none too.
    pub(crate) request_number: Option<i64>,
    pub(crate) request_title: Option<String>,
    pub(crate) request_url: Option<String>,
    pub(crate) request_author: Option<String>,
    pub(crate) request_state: Option<String>,
    pub(crate) request_merged_at: Option<i64>,
}

/// A job that did not succeed.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct FailedJobRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) conclusion: String,
    /// See [`FailedJobRow::failed_step`].
    steps: String,
}

/// Which runs are wanted; an empty field does not restrict.
#[derive(Debug, Default)]
pub(crate) struct RunFilter<'a> {
    pub(crate) statuses: Vec<&'static str>,
    pub(crate) conclusions: Vec<&'static str>,
    pub(crate) commands: Vec<&'static str>,
    pub(crate) triggers: Vec<&'static str>,
    pub(crate) approval_states: Vec<&'static str>,
    pub(crate) instance_id: Option<&'a str>,
    /// Owner and name.
    pub(crate) repo: Option<(&'a str, &'a str)>,
    pub(crate) stack: Option<&'a str>,
    pub(crate) component: Option<&'a str>,
    pub(crate) branch: Option<&'a str>,
    pub(crate) sha: Option<&'a str>,
    pub(crate) window: Window,
}

/// Migrations 0002, 0006, 0010, 0011, 0019 and 0026 make these.
static RUNS: Table = Table {
    name: "workflow_runs",
    prefix: "run",
    indexes: &[
        Index::without_workspace(&["instance_id"]),
        Index::of(&["sha"]),
        Index::of(&["stack", "component"]),
        Index::of(&["component", "command"]),
        Index::of(&["command", "conclusion"]),
        Index::of(&["command", "status"]),
        Index::of(&["component"]),
        Index::of(&["stack"]),
        Index::of(&["branch"]),
        Index::without_workspace(&["repository_id"]),
        Index::of(&["approval_state"]),
        Index::of(&["conclusion"]),
        Index::of(&["trigger_kind"]),
        Index::of(&["command"]),
        Index::of(&["status"]),
        Index::of(&["stack"]).only("conclusion", FAILED),
        Index::of(&["component"]).only("conclusion", FAILED),
        Index::without_workspace(&["repository_id"]).only("conclusion", FAILED),
    ],
};

const COLUMNS: &str = "w.id, w.github_run_id, w.command, w.trigger_kind, w.status, w.conclusion, w.approval_state, \
     w.component, w.stack, r.owner, r.name, w.instance_id, w.branch, w.sha, w.plan_exit_code, w.dispatch_error, \
     w.created_at, w.started_at, w.finished_at";

/// Runs of the workspace, newest first.
pub(crate) async fn list_runs(
    reader: &Reader,
    scope: &WorkspaceScope,
    filter: &RunFilter<'_>,
    page: &Page,
) -> Result<Vec<RunRow>, StoreError> {
    let mut list = List::new(&RUNS, scope);
    list.one_of("status", &filter.statuses, status_share);
    list.one_of("conclusion", &filter.conclusions, conclusion_share);
    list.one_of("command", &filter.commands, command_share);
    list.one_of("trigger_kind", &filter.triggers, trigger_share);
    list.one_of("approval_state", &filter.approval_states, approval_share);
    list.equal("instance_id", filter.instance_id, 1);
    list.equal("sha", filter.sha, 1);
    list.equal("component", filter.component, 10);
    list.equal("stack", filter.stack, 30);
    list.equal("branch", filter.branch, filter.branch.map_or(0, branch_share));
    if let Some(repo) = filter.repo {
        let Some(id) = find_repository_id(reader, scope, repo).await? else { return Ok(Vec::new()) };
        list.equal("repository_id", Some(&id), 200);
    }
    list.within(filter.window);
    let from = "workflow_runs w CROSS JOIN repositories r WHERE w.id = k.id AND r.id = w.repository_id";
    reader.fetch_all(list.query(page, COLUMNS, from)).await
}

/// One run with what it is joined with.
pub(crate) async fn find_run(
    reader: &Reader,
    scope: &WorkspaceScope,
    id: &str,
) -> Result<Option<RunDetailsRow>, StoreError> {
    let query = sql(format!(
        "SELECT {COLUMNS}, w.ref AS git_ref, w.actor, w.workflow_name, w.workflow_file, w.run_attempt, w.github_url, \
         w.approval_environment, w.approval_reviewers, w.approval_decided_at, \
         a.id AS parent_run_id, a.conclusion AS parent_conclusion, \
         p.number AS request_number, p.title AS request_title, p.url AS request_url, p.author AS request_author, \
         p.state AS request_state, p.merged_at AS request_merged_at \
         FROM workflow_runs w JOIN repositories r ON r.id = w.repository_id \
         LEFT JOIN workflow_runs a ON a.id = w.parent_run_id AND a.workspace_id = w.workspace_id \
         LEFT JOIN pull_requests p ON p.repository_id = w.repository_id AND p.number = w.pull_request_number \
         WHERE w.workspace_id = $1 AND w.id = $2"
    ))
    .bind(scope.workspace_id())
    .bind(id);
    reader.fetch_optional(query).await
}

/// Jobs of the run's newest attempt that did not succeed, in GitHub's order. What was skipped did not fail.
pub(crate) async fn find_failed_jobs(
    reader: &Reader,
    scope: &WorkspaceScope,
    run_id: &str,
) -> Result<Vec<FailedJobRow>, StoreError> {
    let query = sql("SELECT j.id, j.name, j.conclusion, j.steps FROM jobs j WHERE j.workspace_id = $1 \
         AND j.run_id = $2 AND j.run_attempt = (SELECT MAX(n.run_attempt) FROM jobs n WHERE n.run_id = $2) \
         AND j.conclusion NOT IN ('success', 'skipped', 'neutral') ORDER BY j.github_job_id LIMIT $3")
    .bind(scope.workspace_id())
    .bind(run_id)
    .bind(MAX_FAILED_JOBS);
    reader.fetch_all(query).await
}

impl RunDetailsRow {
    /// Who may decide on the approval, or did.
    pub(crate) fn reviewers(&self) -> Vec<String> {
        self.approval_reviewers.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}

/// What is read of a step here.
#[derive(Deserialize)]
struct Step {
    name: Option<String>,
    conclusion: Option<String>,
}

impl FailedJobRow {
    /// The first step that failed; if none did, the first that was broken off.
    pub(crate) fn failed_step(&self) -> Option<String> {
        let steps: Vec<Step> = serde_json::from_str(&self.steps).ok()?;
        let first = |conclusions: &[&str]| {
            let is_one = |step: &&Step| step.conclusion.as_deref().is_some_and(|word| conclusions.contains(&word));
            steps.iter().find(is_one).and_then(|step| step.name.clone())
        };
        first(&["failure", "timed_out"]).or_else(|| first(&["cancelled"]))
    }
}

/// How many runs of a thousand have a status.
fn status_share(word: &str) -> u32 {
    if word == "completed" { 990 } else { 2 }
}

fn conclusion_share(word: &str) -> u32 {
    match word {
        "success" => 850,
        "failure" => 80,
        "cancelled" | "skipped" => 20,
        _ => 2,
    }
}

fn command_share(word: &str) -> u32 {
    match word {
        "plan" => 850,
        "apply" => 130,
        _ => 20,
    }
}

fn trigger_share(word: &str) -> u32 {
    match word {
        "drift_detection" => 600,
        "pull_request" => 250,
        "push" => 80,
        "manual" => 50,
        _ => 10,
    }
}

fn approval_share(word: &str) -> u32 {
    match word {
        "none" => 950,
        "approved" => 45,
        "rejected" => 4,
        _ => 1,
    }
}

/// Drift detections run on the default branch.
fn branch_share(branch: &str) -> u32 {
    if ["main", "master"].contains(&branch) { 700 } else { 3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed_step(steps: &str) -> Option<String> {
        let (id, name, conclusion) = ("job_1".to_owned(), "plan".to_owned(), "failure".to_owned());
        FailedJobRow { id, name, conclusion, steps: steps.to_owned() }.failed_step()
    }

    #[test]
    fn the_first_failed_step_is_named() {
        let steps = r#"[{"number":1,"name":"Set up","conclusion":"success"},{"name":"Wait","conclusion":"cancelled"},
             {"name":"Plan","conclusion":"failure"},{"name":"Comment","conclusion":"failure"},{"name":"Post"}]"#;
        assert_eq!(failed_step(steps).as_deref(), Some("Plan"));
        assert_eq!(failed_step(r#"[{"name":"Wait","conclusion":"cancelled"}]"#).as_deref(), Some("Wait"));
        assert_eq!(failed_step(r#"[{"conclusion":"failure"}]"#), None);
        assert_eq!(failed_step("no list"), None);
    }
}
