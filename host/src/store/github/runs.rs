//! Workflow runs, as GitHub's events tell them.

use std::borrow::Cow;

use super::Target;
use super::links::Linked;
use crate::clock::Timestamp;
use crate::store::{Query, StoreError, Tx, sql};

/// A run as an event tells it. Status and conclusion are GitHub's words.
#[derive(Debug, Clone)]
pub(crate) struct Run<'a> {
    pub(crate) github_run_id: i64,
    pub(crate) attempt: i64,
    pub(crate) updated_at: Timestamp,
    pub(crate) workflow_name: Option<&'a str>,
    /// File name in `.github/workflows/`.
    pub(crate) workflow_file: Option<&'a str>,
    /// `plan`, `apply` or `remediate`.
    pub(crate) command: &'static str,
    pub(crate) trigger: Trigger,
    pub(crate) status: &'a str,
    pub(crate) conclusion: Option<&'a str>,
    pub(crate) created_at: Timestamp,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) finished_at: Option<Timestamp>,
    /// The instance that the run's title names.
    pub(crate) instance: Option<Linked>,
    pub(crate) branch: Option<Cow<'a, str>>,
    pub(crate) git_ref: Option<String>,
    pub(crate) sha: Option<&'a str>,
    /// GitHub login.
    pub(crate) actor: Option<&'a str>,
    pub(crate) github_url: Option<&'a str>,
    pub(crate) pull_request_number: Option<i64>,
}

/// Why a run was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// GitHub's event says it.
    Known(&'static str),
    /// Somebody dispatched it. Who keeps the row already knows better for what.
    Dispatch,
}

impl Trigger {
    const fn word(self) -> &'static str {
        match self {
            Self::Known(word) => word,
            Self::Dispatch => "manual",
        }
    }
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) run_id: String,
    /// False if a newer state was known, so that the event changed nothing.
    pub(crate) changed: bool,
    /// Empty if nothing was changed.
    pub(crate) subject: Subject,
}

/// What a run does, and with what, as far as is known by now.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Subject {
    pub(crate) command: String,
    pub(crate) trigger_kind: String,
    pub(crate) component: Option<String>,
    pub(crate) stack: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Written {
    id: String,
    #[sqlx(flatten)]
    subject: Subject,
}

const INSERT: &str = "INSERT INTO workflow_runs (id, workspace_id, repository_id, github_run_id, run_attempt, \
     github_updated_at, workflow_name, workflow_file, command, trigger_kind, status, conclusion, created_at, \
     started_at, finished_at, instance_id, component, stack, branch, ref, sha, actor, github_url, \
     pull_request_number, approval_state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
     $16, $17, $18, $19, $20, $21, $22, $23, $24, CASE WHEN $11 = 'waiting' THEN 'pending' ELSE 'none' END) \
     ON CONFLICT (repository_id, github_run_id) DO UPDATE SET run_attempt = excluded.run_attempt, \
     github_updated_at = excluded.github_updated_at, status = excluded.status, conclusion = excluded.conclusion, \
     created_at = excluded.created_at, started_at = excluded.started_at, finished_at = excluded.finished_at, \
     workflow_name = COALESCE(excluded.workflow_name, workflow_runs.workflow_name), \
     workflow_file = COALESCE(excluded.workflow_file, workflow_runs.workflow_file), \
     instance_id = COALESCE(excluded.instance_id, workflow_runs.instance_id), \
     component = COALESCE(excluded.component, workflow_runs.component), \
     stack = COALESCE(excluded.stack, workflow_runs.stack), branch = COALESCE(excluded.branch, workflow_runs.branch), \
     ref = COALESCE(excluded.ref, workflow_runs.ref), sha = COALESCE(excluded.sha, workflow_runs.sha), \
     actor = COALESCE(excluded.actor, workflow_runs.actor), \
     github_url = COALESCE(excluded.github_url, workflow_runs.github_url), \
     pull_request_number = COALESCE(excluded.pull_request_number, workflow_runs.pull_request_number)";

/// An upload that was found to be of a drift detection knows better than the event that started the run.
const TRIGGER: &str = ", trigger_kind = CASE WHEN workflow_runs.trigger_kind = 'drift_detection' \
     THEN workflow_runs.trigger_kind ELSE excluded.trigger_kind END";

/// An upload takes what was dispatched on the default branch for a push: that is all that its ref tells.
const DISPATCH: &str = ", trigger_kind = CASE WHEN workflow_runs.github_updated_at IS NULL \
     AND workflow_runs.trigger_kind = 'push' THEN excluded.trigger_kind ELSE workflow_runs.trigger_kind END";

/// A row without a workflow file was made by an upload or a job, which know less than the file's name.
const COMMAND: &str = ", command = CASE WHEN workflow_runs.workflow_file IS NULL \
     THEN excluded.command ELSE workflow_runs.command END";

/// Approvals belong to an attempt. A run that only waits, as far as is known, stops waiting when it goes on;
/// one for which a review was requested does so when it is decided, or over.
const APPROVAL: &str = ", approval_state = CASE \
     WHEN excluded.run_attempt > COALESCE(workflow_runs.run_attempt, excluded.run_attempt) THEN excluded.approval_state \
     WHEN workflow_runs.approval_state = 'none' AND excluded.status = 'waiting' THEN 'pending' \
     WHEN workflow_runs.approval_state = 'pending' AND (excluded.status = 'completed' \
     OR (excluded.status <> 'waiting' AND workflow_runs.approval_environment IS NULL)) THEN 'none' \
     ELSE workflow_runs.approval_state END, \
     approval_environment = CASE \
     WHEN excluded.run_attempt > COALESCE(workflow_runs.run_attempt, excluded.run_attempt) \
     OR (workflow_runs.approval_state = 'pending' AND excluded.status = 'completed') THEN NULL \
     ELSE workflow_runs.approval_environment END, \
     approval_reviewers = CASE \
     WHEN excluded.run_attempt > COALESCE(workflow_runs.run_attempt, excluded.run_attempt) \
     OR (workflow_runs.approval_state = 'pending' AND excluded.status = 'completed') THEN NULL \
     ELSE workflow_runs.approval_reviewers END, \
     approval_decided_at = CASE \
     WHEN excluded.run_attempt > COALESCE(workflow_runs.run_attempt, excluded.run_attempt) THEN NULL \
     ELSE workflow_runs.approval_decided_at END";

/// Results belong to an attempt. That of a new attempt may have come before GitHub tells of it.
const RESULT: &str = ", plan_exit_code = CASE WHEN excluded.run_attempt > COALESCE(workflow_runs.result_attempt, \
     workflow_runs.run_attempt, excluded.run_attempt) THEN NULL ELSE workflow_runs.plan_exit_code END, \
     result = CASE WHEN excluded.run_attempt > COALESCE(workflow_runs.result_attempt, workflow_runs.run_attempt, \
     excluded.run_attempt) THEN NULL ELSE workflow_runs.result END, \
     result_attempt = CASE WHEN excluded.run_attempt > COALESCE(workflow_runs.result_attempt, \
     workflow_runs.run_attempt, excluded.run_attempt) THEN NULL ELSE workflow_runs.result_attempt END, \
     dispatch_error = CASE WHEN excluded.run_attempt > COALESCE(workflow_runs.run_attempt, excluded.run_attempt) \
     THEN NULL ELSE workflow_runs.dispatch_error END";

/// The later time is the newer state, also of another attempt, since an attempt starts when the one before is over;
/// of events of one second, the later attempt, and then the one that has come further. An attempt that is not the
/// latest changes nothing whatever its time, for uploads tell of attempts, too. A row that no run event has written
/// is older than all.
const IF_NEWER: &str = " WHERE excluded.run_attempt >= COALESCE(workflow_runs.run_attempt, 0) \
     AND (excluded.github_updated_at, excluded.run_attempt, CASE excluded.status \
     WHEN 'completed' THEN 3 WHEN 'in_progress' THEN 2 WHEN 'waiting' THEN 1 ELSE 0 END) > \
     (COALESCE(workflow_runs.github_updated_at, 0), COALESCE(workflow_runs.run_attempt, 0), CASE workflow_runs.status \
     WHEN 'completed' THEN 3 WHEN 'in_progress' THEN 2 WHEN 'waiting' THEN 1 ELSE 0 END) RETURNING id, command, trigger_kind, component, stack";

/// Writes a run, unless a newer state of it is known. `id` is for a new one.
pub(crate) async fn upsert(tx: &mut Tx, target: &Target, id: String, run: &Run<'_>) -> Result<Stored, StoreError> {
    let mut query = bind(sql(INSERT), target, id.clone(), run);
    query.push(if run.trigger == Trigger::Dispatch { DISPATCH } else { TRIGGER });
    query.push(COMMAND);
    query.push(APPROVAL);
    query.push(RESULT);
    query.push(IF_NEWER);
    let written: Option<Written> = tx.fetch_optional(query).await?;
    if let Some(Written { id, subject }) = written {
        return Ok(Stored { run_id: id, changed: true, subject });
    }
    let known = find_id(tx, target, run.github_run_id).await?;
    Ok(Stored { run_id: known.unwrap_or(id), changed: false, subject: Subject::default() })
}

fn bind(query: Query, target: &Target, id: String, run: &Run<'_>) -> Query {
    let instance = run.instance.as_ref();
    query
        .bind(id)
        .bind(target.scope.workspace_id())
        .bind(&target.repository_id)
        .bind(run.github_run_id)
        .bind(run.attempt)
        .bind(run.updated_at)
        .bind(run.workflow_name)
        .bind(run.workflow_file)
        .bind(run.command)
        .bind(run.trigger.word())
        .bind(run.status)
        .bind(run.conclusion)
        .bind(run.created_at)
        .bind(run.started_at)
        .bind(run.finished_at)
        .bind(instance.map(|instance| instance.id.as_str()))
        .bind(instance.map(|instance| instance.component.as_str()))
        .bind(instance.map(|instance| instance.stack.as_str()))
        .bind(run.branch.as_deref())
        .bind(run.git_ref.as_deref())
        .bind(run.sha)
        .bind(run.actor)
        .bind(run.github_url)
        .bind(run.pull_request_number)
}

/// The row of a run.
pub(crate) async fn find_id(tx: &mut Tx, target: &Target, github_run_id: i64) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = tx
        .fetch_optional(
            sql("SELECT id FROM workflow_runs WHERE workspace_id = $1 AND repository_id = $2 AND github_run_id = $3")
                .bind(target.scope.workspace_id())
                .bind(&target.repository_id)
                .bind(github_run_id),
        )
        .await?;
    Ok(row.map(|(id,)| id))
}

/// File and name of a run's workflow, as far as they are known.
pub(crate) async fn find_workflow(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
) -> Result<(Option<String>, Option<String>), StoreError> {
    let row: Option<(Option<String>, Option<String>)> = tx
        .fetch_optional(
            sql("SELECT workflow_file, workflow_name FROM workflow_runs WHERE workspace_id = $1 AND id = $2")
                .bind(target.scope.workspace_id())
                .bind(run_id),
        )
        .await?;
    Ok(row.unwrap_or_default())
}

/// A run of which only a job is known yet.
#[derive(Debug, Clone)]
pub(crate) struct Stub<'a> {
    pub(crate) github_run_id: i64,
    pub(crate) workflow_name: Option<&'a str>,
    pub(crate) command: &'static str,
    pub(crate) status: &'static str,
    pub(crate) created_at: Timestamp,
    pub(crate) branch: Option<&'a str>,
    pub(crate) sha: Option<&'a str>,
}

/// Makes a row for a job whose run has not been told of; the run's own event, of whatever time, replaces it.
pub(crate) async fn insert_stub(tx: &mut Tx, target: &Target, id: String, stub: &Stub<'_>) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO workflow_runs (id, workspace_id, repository_id, github_run_id, workflow_name, command, \
             trigger_kind, status, created_at, branch, sha) \
             VALUES ($1, $2, $3, $4, $5, $6, 'manual', $7, $8, $9, $10) \
             ON CONFLICT (repository_id, github_run_id) DO NOTHING")
        .bind(id)
        .bind(target.scope.workspace_id())
        .bind(&target.repository_id)
        .bind(stub.github_run_id)
        .bind(stub.workflow_name)
        .bind(stub.command)
        .bind(stub.status)
        .bind(stub.created_at)
        .bind(stub.branch)
        .bind(stub.sha),
    )
    .await?;
    Ok(())
}
