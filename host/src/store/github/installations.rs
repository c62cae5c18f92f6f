//! Installations of the GitHub App, as workspaces know them.

use crate::clock::Timestamp;
use crate::store::{StoreError, Tx, sql};

/// An installation in one workspace.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct InstallationRow {
    pub(crate) id: String,
    pub(crate) workspace_id: String,
    /// `active`, `suspended` or `uninstalled`.
    pub(crate) status: String,
}

/// A repository whose status followed its installation's.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct FollowedRow {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) name: String,
}

/// The workspaces' rows of an installation; it may belong to several.
pub(crate) async fn find_installations(tx: &mut Tx, github_id: i64) -> Result<Vec<InstallationRow>, StoreError> {
    tx.fetch_all(
        sql("SELECT id, workspace_id, status FROM github_installations WHERE github_id = $1 ORDER BY workspace_id")
            .bind(github_id),
    )
    .await
}

/// Sets the status as of `at`; false if a later one is known. `uninstalled` is final, because an App that
/// is installed again has a new id.
pub(crate) async fn set_status(
    tx: &mut Tx,
    installation: &InstallationRow,
    account: Option<&str>,
    status: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let updated = tx
        .execute(
            sql("UPDATE github_installations SET \
                 status_since = CASE WHEN status = $3 THEN status_since ELSE $4 END, \
                 status = $3, account = COALESCE($5, account) \
                 WHERE workspace_id = $1 AND id = $2 AND status <> 'uninstalled' \
                 AND (status_since <= $4 OR $3 = 'uninstalled')")
            .bind(&installation.workspace_id)
            .bind(&installation.id)
            .bind(status)
            .bind(at)
            .bind(account),
        )
        .await?;
    Ok(updated > 0)
}

/// Lets the installation's repositories follow it; gives those that changed. What was removed by itself
/// stays removed.
pub(crate) async fn set_repository_status(
    tx: &mut Tx,
    installation: &InstallationRow,
    status: &str,
) -> Result<Vec<FollowedRow>, StoreError> {
    let from: &[&str] = match status {
        "active" => &["suspended"],
        "suspended" => &["active"],
        _ => &["active", "suspended"],
    };
    let mut update = sql("UPDATE repositories SET status = $3 WHERE workspace_id = $1 AND installation_id = $2 \
         AND status IN ")
    .bind(&installation.workspace_id)
    .bind(&installation.id)
    .bind(status);
    update.push_in(from.iter().copied());
    update.push(" RETURNING id, owner, name");
    tx.fetch_all(update).await
}
