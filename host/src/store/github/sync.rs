//! How far lists of GitHub's have been read.

use super::Target;
use crate::clock::Timestamp;
use crate::store::{Reader, StoreError, Tx, sql};

/// How far one list of one repository has been read. Times are microseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Progress {
    /// The page to read next; none when there is no more to read.
    pub(crate) next_page: Option<i64>,
    /// All between these two is read once there is no next page.
    pub(crate) read_from: i64,
    pub(crate) read_to: i64,
    /// What the pages that are being read, or were read last, are of.
    pub(crate) window_from: i64,
    pub(crate) window_to: i64,
}

/// How far a list has been read; none if it never was.
pub(crate) async fn find_progress(
    reader: &Reader,
    target: &Target,
    kind: &'static str,
) -> Result<Option<Progress>, StoreError> {
    let query = sql("SELECT next_page, read_from, read_to, window_from, window_to FROM sync_progress \
         WHERE workspace_id = $1 AND repository = $2 AND kind = $3")
    .bind(target.scope.workspace_id())
    .bind(&target.repository_id)
    .bind(kind);
    reader.fetch_optional(query).await
}

/// Notes how far a list has been read. In the transaction of what was read.
pub(crate) async fn save_progress(
    tx: &mut Tx,
    target: &Target,
    kind: &'static str,
    progress: &Progress,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO sync_progress (workspace_id, repository, kind, next_page, read_from, read_to, window_from, \
             window_to, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (workspace_id, repository, kind) DO UPDATE SET next_page = excluded.next_page, \
             read_from = excluded.read_from, read_to = excluded.read_to, window_from = excluded.window_from, \
             window_to = excluded.window_to, updated_at = excluded.updated_at")
        .bind(target.scope.workspace_id())
        .bind(&target.repository_id)
        .bind(kind)
        .bind(progress.next_page)
        .bind(progress.read_from)
        .bind(progress.read_to)
        .bind(progress.window_from)
        .bind(progress.window_to)
        .bind(now),
    )
    .await?;
    Ok(())
}
