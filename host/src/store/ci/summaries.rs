//! Job summaries, as a workflow step posts them.

use super::sessions::CiSession;
use super::{Target, Upload, runs};
use crate::store::{StoreError, Tx, sql};

/// The summary of one job.
#[derive(Debug)]
pub(crate) struct NewSummary<'a> {
    pub(crate) job_name: &'a str,
    /// Markdown, zstd.
    pub(crate) compressed: &'a [u8],
    /// Bytes of the markdown.
    pub(crate) bytes: i64,
}

/// Keeps a summary with the session's run; gives the run's id, and whether the summary was kept. A later summary of
/// the same job replaces the one before, but not that of a later attempt.
pub(crate) async fn upsert_summary(
    tx: &mut Tx,
    upload: &Upload<'_>,
    (session, github_run_id): (&CiSession, i64),
    summary: &NewSummary<'_>,
) -> Result<(String, bool), StoreError> {
    let target = Target { upload, repository_id: &session.repository_id, sha: session.sha.as_deref() };
    let run_id = runs::ensure_run(tx, &target, github_run_id).await?;
    let written = tx
        .execute(
            sql("INSERT INTO job_summaries (id, workspace_id, run_id, job_name, markdown, bytes, created_at, run_attempt) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (run_id, job_name) DO UPDATE SET \
                 markdown = excluded.markdown, bytes = excluded.bytes, created_at = excluded.created_at, \
                 run_attempt = COALESCE(excluded.run_attempt, job_summaries.run_attempt) \
                 WHERE excluded.run_attempt IS NULL OR job_summaries.run_attempt IS NULL \
                 OR excluded.run_attempt >= job_summaries.run_attempt")
            .bind(upload.entropy.id("sum", upload.now))
            .bind(upload.scope.workspace_id())
            .bind(&run_id)
            .bind(summary.job_name)
            .bind(summary.compressed)
            .bind(summary.bytes)
            .bind(upload.now)
            .bind(session.run_attempt),
        )
        .await?;
    Ok((run_id, written > 0))
}
