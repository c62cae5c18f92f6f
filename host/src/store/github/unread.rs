//! Runs of which GitHub has more to tell than is known.

use super::Target;
use crate::clock::Timestamp;
use crate::store::{Reader, StoreError, sql};

/// A run that GitHub knows.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct RunRow {
    pub(crate) id: String,
    pub(crate) github_run_id: i64,
    pub(crate) created_at: i64,
}

/// The newest runs, at most `limit`, that were created in a stretch of time and are not over as far as is
/// known. The end is not part of it.
pub(crate) async fn find_unfinished(
    reader: &Reader,
    target: &Target,
    (from, to): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<RunRow>, StoreError> {
    let query = sql("SELECT id, github_run_id, created_at FROM workflow_runs \
         WHERE workspace_id = $1 AND repository_id = $2 AND created_at >= $3 AND created_at < $4 \
         AND status <> 'completed' AND github_run_id IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT $5")
    .bind(target.scope.workspace_id())
    .bind(&target.repository_id)
    .bind(from)
    .bind(to)
    .bind(limit);
    reader.fetch_all(query).await
}

/// The newest runs, at most `limit`, whose latest attempt has no job that is known, or one that is not over
/// although the run is. `from` is the earliest time; `before` is a row to go on behind. Runs that end
/// without a job are left out.
pub(crate) async fn find_without_jobs(
    reader: &Reader,
    target: &Target,
    from: Timestamp,
    before: Option<&RunRow>,
    limit: i64,
) -> Result<Vec<RunRow>, StoreError> {
    let mut query = sql("SELECT r.id, r.github_run_id, r.created_at FROM workflow_runs r \
         WHERE r.workspace_id = $1 AND r.repository_id = $2 AND r.created_at >= $3 AND r.github_run_id IS NOT NULL \
         AND COALESCE(r.conclusion, '') NOT IN ('skipped', 'startup_failure', 'action_required') \
         AND (NOT EXISTS (SELECT 1 FROM jobs j WHERE j.run_id = r.id \
         AND j.run_attempt >= COALESCE(r.run_attempt, 1)) \
         OR (r.status = 'completed' AND EXISTS (SELECT 1 FROM jobs j WHERE j.run_id = r.id \
         AND j.run_attempt >= COALESCE(r.run_attempt, 1) AND j.status <> 'completed')))")
    .bind(target.scope.workspace_id())
    .bind(&target.repository_id)
    .bind(from);
    if let Some(row) = before {
        query.push(" AND (r.created_at, r.id) < (");
        query.push_bind(row.created_at);
        query.push(", ");
        query.push_bind(&row.id);
        query.push(")");
    }
    query.push(" ORDER BY r.created_at DESC, r.id DESC LIMIT ");
    query.push_bind(limit);
    reader.fetch_all(query).await
}
