//! Members who have not signed in yet, known by their GitHub login alone.
//!
//! To GitHub, `Dana` and `dana` are the same login, so logins are kept in lower case.

use super::users::insert_membership;
use super::{Reader, StoreError, Tx, sql};
use crate::authz::{Role, WorkspaceScope};
use crate::clock::Timestamp;

/// An invitation.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct InvitedMemberRow {
    pub(crate) login: String,
    pub(crate) role: String,
}

/// What an invitation led to.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) workspace_id: String,
    pub(crate) role: Role,
}

/// Keeps a role for whoever signs in with this login, or changes it.
pub(crate) async fn upsert_invitation(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    login: &str,
    role: Role,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO invited_members (workspace_id, login, role, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (workspace_id, login) DO UPDATE SET role = excluded.role")
        .bind(scope.workspace_id())
        .bind(login.to_ascii_lowercase())
        .bind(role.name())
        .bind(now),
    )
    .await?;
    Ok(())
}

/// Takes an invitation back; false if there was none.
pub(crate) async fn delete_invitation(tx: &mut Tx, scope: &WorkspaceScope, login: &str) -> Result<bool, StoreError> {
    let deleted = tx
        .execute(
            sql("DELETE FROM invited_members WHERE workspace_id = $1 AND login = $2")
                .bind(scope.workspace_id())
                .bind(login.to_ascii_lowercase()),
        )
        .await?;
    Ok(deleted > 0)
}

/// The invitations into a workspace, by login.
pub(crate) async fn list_invitations(
    reader: &Reader,
    scope: &WorkspaceScope,
) -> Result<Vec<InvitedMemberRow>, StoreError> {
    reader
        .fetch_all(
            sql("SELECT i.login, i.role FROM invited_members i WHERE i.workspace_id = $1 ORDER BY i.login")
                .bind(scope.workspace_id()),
        )
        .await
}

/// Turns the invitations of a login into memberships of the user who has just proven to own it.
pub(crate) async fn claim_invitations(
    tx: &mut Tx,
    login: &str,
    user_id: &str,
    now: Timestamp,
) -> Result<Vec<Claimed>, StoreError> {
    let rows: Vec<(String, String)> = tx
        .fetch_all(
            sql("DELETE FROM invited_members WHERE login = $1 RETURNING workspace_id, role")
                .bind(login.to_ascii_lowercase()),
        )
        .await?;
    let mut claimed = Vec::with_capacity(rows.len());
    for (workspace_id, role) in rows {
        let role = Role::parse(&role).ok_or_else(|| StoreError::Inconsistent {
            table: "invited_members",
            id: workspace_id.clone(),
            what: "role is not a role",
        })?;
        // Security: the deleted row proved that the workspace invited this login.
        let scope = WorkspaceScope::from_record(&workspace_id);
        insert_membership(tx, &scope, user_id, role, now).await?;
        claimed.push(Claimed { workspace_id, role });
    }
    Ok(claimed)
}
