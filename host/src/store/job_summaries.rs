//! Summaries of jobs, for reading. `ci/summaries.rs` writes them.

use super::page::Page;
use super::{Reader, StoreError, sql};
use crate::authz::WorkspaceScope;

/// How long a summary is.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct SizeRow {
    pub(crate) id: String,
    /// Bytes of the Markdown.
    pub(crate) bytes: i64,
}

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

/// How long the summaries of a run are, newest first; of one job, if it is named.
pub(crate) async fn list_sizes(
    reader: &Reader,
    scope: &WorkspaceScope,
    run_id: &str,
    job_name: Option<&str>,
    page: &Page,
) -> Result<Vec<SizeRow>, StoreError> {
    let mut query = sql("SELECT s.id, s.bytes FROM job_summaries s WHERE s.workspace_id = $1 AND s.run_id = $2")
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

/// These summaries, newest first. Each has up to 1 MiB, so that none is read that is not shown.
pub(crate) async fn read_summaries(
    reader: &Reader,
    scope: &WorkspaceScope,
    sizes: &[SizeRow],
) -> Result<Vec<SummaryRow>, StoreError> {
    let mut query = sql("SELECT s.id, s.job_name, s.markdown, s.bytes, s.created_at FROM job_summaries s \
         WHERE s.workspace_id = $1 AND s.id IN ")
    .bind(scope.workspace_id());
    query.push_in(sizes.iter().map(|row| row.id.as_str()));
    query.push(" ORDER BY s.id DESC");
    reader.fetch_all(query).await
}
