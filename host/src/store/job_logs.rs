//! Logs of jobs: what is kept of them, and where to fetch one that is not.

use super::{Reader, StoreError, Writer, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;

/// What is known of a job's log.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct LogRow {
    /// GitHub's words.
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) completed_at: Option<i64>,
    pub(crate) github_job_id: i64,
    pub(crate) owner: String,
    pub(crate) name: String,
    /// GitHub's number of an installation that is active, and has the repository.
    pub(crate) installation: Option<i64>,
    /// None if it was never fetched.
    pub(crate) fetched_at: Option<i64>,
    /// zstd; none if GitHub no longer had it.
    pub(crate) content: Option<Vec<u8>>,
    /// Of the text.
    pub(crate) bytes: Option<i64>,
    pub(crate) truncated: Option<bool>,
}

/// A log to keep.
#[derive(Debug)]
pub(crate) struct NewLog {
    /// zstd; none if GitHub no longer has it.
    pub(crate) content: Option<Vec<u8>>,
    /// Bytes and lines of the text.
    pub(crate) bytes: i64,
    pub(crate) lines: i64,
    /// Whether the text was cut.
    pub(crate) truncated: bool,
}

/// The log of a job, or where it is.
pub(crate) async fn find_log(
    reader: &Reader,
    scope: &WorkspaceScope,
    job_id: &str,
) -> Result<Option<LogRow>, StoreError> {
    let query = sql("SELECT j.status, j.conclusion, j.completed_at, j.github_job_id, r.owner, r.name, \
         g.github_id AS installation, l.fetched_at, l.content, l.bytes, l.truncated \
         FROM jobs j JOIN workflow_runs w ON w.id = j.run_id JOIN repositories r ON r.id = w.repository_id \
         LEFT JOIN github_installations g ON g.id = r.installation_id AND g.workspace_id = j.workspace_id \
         AND g.status = 'active' AND r.status = 'active' \
         LEFT JOIN job_logs l ON l.job_id = j.id AND l.workspace_id = j.workspace_id \
         WHERE j.workspace_id = $1 AND j.id = $2")
    .bind(scope.workspace_id())
    .bind(job_id);
    reader.fetch_optional(query).await
}

/// Keeps a log, unless there is one already.
pub(crate) async fn insert_log(
    writer: &Writer,
    scope: &WorkspaceScope,
    job_id: &str,
    log: NewLog,
    now: Timestamp,
) -> Result<(), StoreError> {
    let insert = sql("INSERT INTO job_logs (job_id, workspace_id, content, bytes, lines, truncated, fetched_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (job_id) DO NOTHING")
    .bind(job_id)
    .bind(scope.workspace_id())
    .bind(log.content)
    .bind(log.bytes)
    .bind(log.lines)
    .bind(log.truncated)
    .bind(now);
    writer.execute(insert).await?;
    Ok(())
}
