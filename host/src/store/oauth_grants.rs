//! Grants: one consent of one user for one client in one workspace. All its tokens live and die with it.

use super::{StoreError, Tx, sql};
use crate::authz::PermissionSet;
use crate::clock::Timestamp;

/// A grant that still holds.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct GrantRow {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) workspace_id: String,
    /// Permission keys, space-separated.
    pub(crate) scopes: String,
}

impl GrantRow {
    /// What was granted.
    pub(crate) fn permissions(&self) -> PermissionSet {
        PermissionSet::parse(&self.scopes)
    }
}

/// A grant to insert.
#[derive(Debug)]
pub(crate) struct NewGrant<'a> {
    pub(crate) id: &'a str,
    pub(crate) client_id: &'a str,
    /// The client's name as the user saw it.
    pub(crate) client_name: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) workspace_id: &'a str,
    pub(crate) scopes: PermissionSet,
    pub(crate) resource: &'a str,
    pub(crate) now: Timestamp,
}

/// Inserts a grant.
pub(crate) async fn insert_grant(tx: &mut Tx, grant: &NewGrant<'_>) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO oauth_grants (id, client_id, client_name, user_id, workspace_id, scopes, resource, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(grant.id)
        .bind(grant.client_id)
        .bind(grant.client_name)
        .bind(grant.user_id)
        .bind(grant.workspace_id)
        .bind(grant.scopes.to_scope())
        .bind(grant.resource)
        .bind(grant.now),
    )
    .await?;
    Ok(())
}

/// The grant, unless it was revoked, its user has left the workspace, or the workspace is suspended.
pub(crate) async fn find_live_grant(tx: &mut Tx, grant_id: &str) -> Result<Option<GrantRow>, StoreError> {
    tx.fetch_optional(
        sql("SELECT g.id, g.client_id, g.user_id, g.workspace_id, g.scopes FROM oauth_grants g \
             JOIN memberships m ON m.user_id = g.user_id AND m.workspace_id = g.workspace_id \
             JOIN workspaces w ON w.id = g.workspace_id \
             WHERE g.id = $1 AND g.revoked_at IS NULL AND w.status = 'active'")
        .bind(grant_id),
    )
    .await
}

/// Revokes a grant and with it every token of its chain: they are looked up together with it. Tells whether
/// it was not revoked before.
pub(crate) async fn revoke_grant(
    tx: &mut Tx,
    grant_id: &str,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let revoked = tx
        .execute(
            sql("UPDATE oauth_grants SET revoked_at = $2, revoke_reason = $3 WHERE id = $1 AND revoked_at IS NULL")
                .bind(grant_id)
                .bind(now)
                .bind(reason),
        )
        .await?;
    Ok(revoked > 0)
}
