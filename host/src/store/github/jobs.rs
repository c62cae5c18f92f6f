//! Jobs of workflow runs, with their steps.

use super::Target;
use crate::clock::Timestamp;
use crate::store::{StoreError, Tx, sql};

/// A job as an event tells it.
#[derive(Debug, Clone)]
pub(crate) struct Job<'a> {
    pub(crate) github_job_id: i64,
    pub(crate) run_attempt: i64,
    pub(crate) name: &'a str,
    pub(crate) status: &'a str,
    pub(crate) conclusion: Option<&'a str>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) completed_at: Option<Timestamp>,
    /// JSON list.
    pub(crate) steps: String,
    pub(crate) github_url: Option<&'a str>,
}

/// A job only moves forward. Of two events in the same state, the one with more to tell of the steps is
/// the later.
const UPSERT: &str = "INSERT INTO jobs (id, workspace_id, run_id, github_job_id, run_attempt, name, status, conclusion, \
     started_at, completed_at, steps, github_url, state_rank) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
     ON CONFLICT (run_id, github_job_id) DO UPDATE SET run_attempt = excluded.run_attempt, name = excluded.name, \
     status = excluded.status, conclusion = excluded.conclusion, \
     started_at = COALESCE(excluded.started_at, jobs.started_at), completed_at = excluded.completed_at, \
     steps = excluded.steps, github_url = COALESCE(excluded.github_url, jobs.github_url), \
     state_rank = excluded.state_rank WHERE excluded.state_rank > jobs.state_rank \
     OR (excluded.state_rank = jobs.state_rank AND LENGTH(excluded.steps) > LENGTH(jobs.steps))";

/// Writes a job of a run; false if a later state is known. `id` is for a new one.
pub(crate) async fn upsert(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
    id: String,
    job: &Job<'_>,
) -> Result<bool, StoreError> {
    let written = tx
        .execute(
            sql(UPSERT)
                .bind(id)
                .bind(target.scope.workspace_id())
                .bind(run_id)
                .bind(job.github_job_id)
                .bind(job.run_attempt)
                .bind(job.name)
                .bind(job.status)
                .bind(job.conclusion)
                .bind(job.started_at)
                .bind(job.completed_at)
                .bind(&job.steps)
                .bind(job.github_url)
                .bind(state_rank(job.status)),
        )
        .await?;
    Ok(written > 0)
}

/// Whether a job waits, as far as is known.
pub(crate) async fn is_waiting(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
    github_job_id: i64,
) -> Result<bool, StoreError> {
    let row: Option<(String,)> = tx
        .fetch_optional(
            sql("SELECT status FROM jobs WHERE workspace_id = $1 AND run_id = $2 AND github_job_id = $3")
                .bind(target.scope.workspace_id())
                .bind(run_id)
                .bind(github_job_id),
        )
        .await?;
    Ok(row.is_some_and(|(status,)| status == "waiting"))
}

/// How far a job has come.
fn state_rank(status: &str) -> i64 {
    match status {
        "completed" => 3,
        "in_progress" => 2,
        "waiting" => 1,
        // queued, requested, pending
        _ => 0,
    }
}

/// Names of the run's jobs, at most `limit`.
pub(crate) async fn find_names(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = tx
        .fetch_all(
            sql("SELECT DISTINCT name FROM jobs WHERE workspace_id = $1 AND run_id = $2 ORDER BY name LIMIT $3")
                .bind(target.scope.workspace_id())
                .bind(run_id)
                .bind(limit),
        )
        .await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}
