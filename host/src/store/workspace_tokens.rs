//! Static tokens with which the `atmos` CLI uploads into one workspace.

use super::{Reader, StoreError, Writer, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;

/// One token, without its hash. Times are microseconds since the Unix epoch.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct WorkspaceTokenRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: Option<i64>,
    pub(crate) revoked_at: Option<i64>,
}

/// Id and workspace id of the token with this hash, if it is neither revoked nor expired and its workspace is active.
pub(crate) async fn find_live_token(
    reader: &Reader,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<(String, String)>, StoreError> {
    reader
        .fetch_optional(
            sql("SELECT t.id, t.workspace_id FROM workspace_tokens t JOIN workspaces w ON w.id = t.workspace_id \
                 WHERE t.token_hash = $1 AND w.status = 'active' AND t.revoked_at IS NULL \
                 AND (t.expires_at IS NULL OR t.expires_at > $2)")
            .bind(hash)
            .bind(now),
        )
        .await
}

/// Keeps a token that does not expire, by its SHA-256.
pub(crate) async fn insert_token(
    writer: &Writer,
    scope: &WorkspaceScope,
    id: &str,
    name: &str,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    writer
        .execute(
            sql("INSERT INTO workspace_tokens (id, workspace_id, name, token_hash, created_at) \
                 VALUES ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind(scope.workspace_id())
            .bind(name)
            .bind(hash)
            .bind(now),
        )
        .await?;
    Ok(())
}

/// Revokes a token; false if the workspace has no such token or it was revoked before.
pub(crate) async fn revoke_token(
    writer: &Writer,
    scope: &WorkspaceScope,
    id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let revoked = writer
        .execute(
            sql("UPDATE workspace_tokens SET revoked_at = $3 \
                 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL")
            .bind(scope.workspace_id())
            .bind(id)
            .bind(now),
        )
        .await?;
    Ok(revoked > 0)
}

/// The workspace's tokens, newest first, revoked ones included. People make them by hand, so they are few.
pub(crate) async fn list_tokens(reader: &Reader, scope: &WorkspaceScope) -> Result<Vec<WorkspaceTokenRow>, StoreError> {
    reader
        .fetch_all(
            sql("SELECT t.id, t.name, t.created_at, t.expires_at, t.revoked_at FROM workspace_tokens t \
                 WHERE t.workspace_id = $1 ORDER BY t.id DESC")
            .bind(scope.workspace_id()),
        )
        .await
}
