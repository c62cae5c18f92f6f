//! Summaries of jobs, for reading. `ci/summaries.rs` writes them.

use super::page::Page;
use super::{Reader, StoreError, sql};
use crate::authz::WorkspaceScope;

/// One summary.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct SummaryRow {
    pub(crate) id: String,
    pub(crate) job_name: String,
    /// zstd.
    pub(crate) markdown: Vec<u8>,
    /// Bytes of the Markdown.
    pub(crate) bytes: i64,
    pub(crate) created_at: i64,
}

/// Summaries of a run, newest first; of one job, if it is named.
pub(crate) async fn list_summaries(
    reader: &Reader,
    scope: &WorkspaceScope,
    run_id: &str,
    job_name: Option<&str>,
    page: &Page,
) -> Result<Vec<SummaryRow>, StoreError> {
    let mut query = sql("SELECT s.id, s.job_name, s.markdown, s.bytes, s.created_at FROM job_summaries s \
         WHERE s.workspace_id = $1 AND s.run_id = $2")
    .bind(scope.workspace_id())
    .bind(run_id);
    if let Some(job_name) = job_name {
        query.push(" AND s.job_name = ");
        query.push_bind(job_name);
    }
    if let Some(after) = page.after() {
        query.push(" AND s.id < ");
        query.push_bind(after);
    }
    query.push(" ORDER BY s.id DESC LIMIT ");
    query.push_bind(page.fetch_limit());
    reader.fetch_all(query).await
}
