//! Workspaces.

use super::words::LIVE;
use super::{Reader, StoreError, Tx, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;

/// A workspace with its counts.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct WorkspaceRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) slug: String,
    pub(crate) plan: String,
    pub(crate) status: String,
    pub(crate) repo_count: i64,
    pub(crate) stack_count: i64,
    pub(crate) instance_count: i64,
}

/// The workspace of the scope.
pub(crate) async fn find_workspace(
    reader: &Reader,
    scope: &WorkspaceScope,
) -> Result<Option<WorkspaceRow>, StoreError> {
    let query = sql(format!(
        "SELECT w.id, w.name, w.slug, w.plan, w.status, \
         (SELECT COUNT(*) FROM repositories r WHERE r.workspace_id = w.id) AS repo_count, \
         (SELECT COUNT(DISTINCT u.name) FROM instance_rollups u WHERE u.workspace_id = w.id AND u.kind = 'stack' \
         AND {LIVE} > 0) AS stack_count, \
         (SELECT CAST(COALESCE(SUM({LIVE}), 0) AS BIGINT) FROM instance_rollups u WHERE u.workspace_id = w.id \
         AND u.kind = 'repo') AS instance_count \
         FROM workspaces w WHERE w.id = $1"
    ))
    .bind(scope.workspace_id());
    reader.fetch_optional(query).await
}

/// The workspace with this slug, for the operator's command line.
pub(crate) async fn find_scope_by_slug(reader: &Reader, slug: &str) -> Result<Option<WorkspaceScope>, StoreError> {
    let row: Option<(String,)> =
        reader.fetch_optional(sql("SELECT w.id FROM workspaces w WHERE w.slug = $1").bind(slug)).await?;
    Ok(row.map(|(id,)| WorkspaceScope::from_record(id)))
}

/// Creates a workspace; a conflict if the slug is taken.
pub(crate) async fn insert_workspace(
    tx: &mut Tx,
    id: &str,
    (name, slug): (&str, &str),
    now: Timestamp,
) -> Result<WorkspaceScope, StoreError> {
    tx.execute(
        sql("INSERT INTO workspaces (id, name, slug, plan, status, created_at) \
             VALUES ($1, $2, $3, 'self_hosted', 'active', $4)")
        .bind(id)
        .bind(name)
        .bind(slug)
        .bind(now),
    )
    .await?;
    Ok(WorkspaceScope::from_record(id))
}
