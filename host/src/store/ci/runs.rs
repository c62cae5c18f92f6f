//! Workflow runs, as results and summaries name them.
//!
//! GitHub's webhooks tell of the same runs and know their state better: a row that one of them has written
//! (`github_updated_at`) keeps its status and its attempt, to which approvals belong.

use super::Target;
use super::results::Command;
use super::sessions::CiSession;
use super::verdict::{Verdict, command_named, trigger_of};
use crate::clock::Timestamp;
use crate::id::first_id;
use crate::store::keyset::hidden;
use crate::store::{Query, StoreError, Tx, sql};

/// How a run ended for one instance.
pub(super) struct Outcome<'a> {
    pub(super) instance_id: &'a str,
    pub(super) component: &'a str,
    pub(super) stack: &'a str,
    pub(super) verdict: Verdict,
    pub(super) conclusion: &'static str,
    /// None unless it was a plan.
    pub(super) plan_exit_code: Option<i64>,
    pub(super) at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Known {
    id: String,
    instance_id: Option<String>,
    command: String,
}

const SELECT: &str = "SELECT t.id, t.instance_id, t.command FROM workflow_runs t WHERE ";

/// The id of the session's run; the row is created if no webhook has told of it.
pub(super) async fn ensure_run(tx: &mut Tx, target: &Target<'_>, github_run_id: i64) -> Result<String, StoreError> {
    Ok(find_or_insert(tx, target, github_run_id).await?.id)
}

/// Notes how a run ended for an instance, and gives the id of its row.
///
/// A row is of one instance. GitHub's run, which may plan many, is the row of the first that tells; each
/// further one gets a row of its own beside it, with the same URL. A result with a static token is of a run
/// that nobody knows, and gets a row by its time.
pub(super) async fn record_outcome(
    tx: &mut Tx,
    target: &Target<'_>,
    outcome: &Outcome<'_>,
) -> Result<String, StoreError> {
    let run = match target.upload.session.and_then(|session| session.github_run_id) {
        Some(github_run_id) => {
            let run = find_or_insert(tx, target, github_run_id).await?;
            let is_of_another = run.instance_id.as_deref().is_some_and(|id| id != outcome.instance_id);
            if is_of_another { find_or_insert_beside(tx, target, outcome).await? } else { run }
        }
        None => find_or_insert_lone(tx, target, outcome).await?,
    };
    update(tx, target, &run, outcome).await?;
    Ok(run.id)
}

async fn find_or_insert(tx: &mut Tx, target: &Target<'_>, github_run_id: i64) -> Result<Known, StoreError> {
    if let Some(run) = find_by_github_id(tx, target, github_run_id).await? {
        return Ok(run);
    }
    insert(tx, target, Some(github_run_id), target.upload.now).await?;
    // If a webhook has come in between, the row is its.
    find_by_github_id(tx, target, github_run_id).await?.ok_or_else(|| StoreError::Inconsistent {
        table: "workflow_runs",
        id: github_run_id.to_string(),
        what: "it is not there after it was inserted",
    })
}

async fn find_by_github_id(tx: &mut Tx, target: &Target<'_>, github_run_id: i64) -> Result<Option<Known>, StoreError> {
    let text = format!("{SELECT}t.workspace_id = $1 AND t.repository_id = $2 AND t.github_run_id = $3");
    let query = sql(text).bind(target.upload.scope.workspace_id()).bind(target.repository_id).bind(github_run_id);
    tx.fetch_optional(query).await
}

/// The runs of an instance of which GitHub's id is not known.
///
/// They are found by the instance alone. Asked for rows where GitHub's id is null, both engines take the unique index
/// on those ids, in which they expect about one: SQLite always, PostgreSQL until it has counted. Where tokens upload,
/// these are all runs of the repository.
fn without_github_id(target: &Target<'_>, instance_id: &str) -> Query {
    let [workspace, repository] = ["t.workspace_id", "t.repository_id"].map(hidden);
    sql(format!(
        "{SELECT}{workspace} = $1 AND {repository} = $2 AND COALESCE(t.github_run_id, 0) = 0 AND t.instance_id = $3"
    ))
    .bind(target.upload.scope.workspace_id())
    .bind(target.repository_id)
    .bind(instance_id)
}

async fn find_or_insert_beside(tx: &mut Tx, target: &Target<'_>, outcome: &Outcome<'_>) -> Result<Known, StoreError> {
    let url = target.upload.session.and_then(CiSession::run_url);
    let mut query = without_github_id(target, outcome.instance_id);
    query.push(" AND t.github_url = ");
    query.push_bind(url);
    query.push(" ORDER BY t.id LIMIT 1");
    match tx.fetch_optional(query).await? {
        Some(run) => Ok(run),
        None => insert(tx, target, None, outcome.at).await,
    }
}

async fn find_or_insert_lone(tx: &mut Tx, target: &Target<'_>, outcome: &Outcome<'_>) -> Result<Known, StoreError> {
    let mut query = without_github_id(target, outcome.instance_id);
    // No row of a result has an id that is older than the result.
    query.push(" AND t.id >= ");
    query.push_bind(first_id("run", outcome.at));
    query.push(&format!(" AND {} = ", hidden("t.command")));
    query.push_bind(outcome.verdict.command.name());
    query.push(" AND t.finished_at = ");
    query.push_bind(outcome.at);
    query.push(" ORDER BY t.id LIMIT 1");
    match tx.fetch_optional(query).await? {
        Some(run) => Ok(run),
        None => insert(tx, target, None, outcome.at).await,
    }
}

/// Inserts a run of which only the session is known.
async fn insert(
    tx: &mut Tx,
    target: &Target<'_>,
    github_run_id: Option<i64>,
    at: Timestamp,
) -> Result<Known, StoreError> {
    let upload = target.upload;
    let session = upload.session;
    let git_ref = session.and_then(|session| session.git_ref.as_deref());
    let file = session.and_then(|session| session.workflow_file.as_deref());
    let (id, command) = (upload.entropy.id("run", upload.now), command_named(file.unwrap_or_default()).name());
    // A job opens its session shortly after it starts.
    let started_at = session.map(|session| session.created_at.min(at.micros()));
    tx.execute(
        sql("INSERT INTO workflow_runs (id, workspace_id, repository_id, command, trigger_kind, status, created_at, \
             started_at, github_run_id, run_attempt, workflow_file, branch, ref, sha, actor, github_url, \
             pull_request_number) \
             VALUES ($1, $2, $3, $4, $5, 'in_progress', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
             ON CONFLICT (repository_id, github_run_id) DO NOTHING")
        .bind(&id)
        .bind(upload.scope.workspace_id())
        .bind(target.repository_id)
        .bind(command)
        .bind(trigger_of(git_ref.unwrap_or_default(), None))
        .bind(started_at.unwrap_or(at.micros()))
        .bind(started_at)
        .bind(github_run_id)
        .bind(session.and_then(|session| session.run_attempt))
        .bind(file)
        .bind(git_ref.and_then(|git_ref| git_ref.strip_prefix("refs/heads/")))
        .bind(git_ref)
        .bind(target.sha)
        .bind(session.and_then(|session| session.actor.as_deref()))
        .bind(session.and_then(CiSession::run_url))
        .bind(git_ref.and_then(pull_request_number)),
    )
    .await?;
    Ok(Known { id, instance_id: None, command: command.to_owned() })
}

fn pull_request_number(git_ref: &str) -> Option<i64> {
    git_ref.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok()
}

async fn update(tx: &mut Tx, target: &Target<'_>, run: &Known, outcome: &Outcome<'_>) -> Result<(), StoreError> {
    // A job that plans first and then applies is an apply.
    let is_second = run.instance_id.is_some() && run.command != Command::Plan.name();
    let command = match outcome.verdict.command {
        Command::Plan if is_second => run.command.as_str(),
        command => command.name(),
    };
    tx.execute(
        sql("UPDATE workflow_runs SET instance_id = $3, component = $4, stack = $5, command = $6, \
             plan_exit_code = COALESCE($7, plan_exit_code), \
             run_attempt = CASE WHEN github_updated_at IS NULL AND (run_attempt IS NULL OR run_attempt < $8) \
             THEN $8 ELSE run_attempt END, \
             trigger_kind = CASE WHEN github_updated_at IS NULL OR $9 THEN $10 ELSE trigger_kind END, \
             status = CASE WHEN github_updated_at IS NULL THEN 'completed' ELSE status END, \
             conclusion = CASE WHEN github_updated_at IS NULL THEN $11 ELSE conclusion END, \
             finished_at = CASE WHEN github_updated_at IS NULL THEN $12 ELSE finished_at END \
             WHERE workspace_id = $1 AND id = $2")
        .bind(target.upload.scope.workspace_id())
        .bind(&run.id)
        .bind(outcome.instance_id)
        .bind(outcome.component)
        .bind(outcome.stack)
        .bind(command)
        .bind(outcome.plan_exit_code)
        .bind(target.upload.session.and_then(|session| session.run_attempt))
        .bind(outcome.verdict.is_drift_detection())
        .bind(outcome.verdict.trigger)
        .bind(outcome.conclusion)
        .bind(outcome.at),
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::pull_request_number;

    #[test]
    fn a_merge_ref_names_its_pull_request() {
        assert_eq!(pull_request_number("refs/pull/7/merge"), Some(7));
        assert_eq!(pull_request_number("refs/heads/main"), None);
        assert_eq!(pull_request_number("refs/pull/x/merge"), None);
    }
}
