//! Installations of the GitHub App, as workspaces know them.

use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::store::{Reader, StoreError, Tx, sql};

/// An installation in one workspace.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct InstallationRow {
    pub(crate) id: String,
    pub(crate) workspace_id: String,
    pub(crate) github_id: i64,
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
        sql("SELECT id, workspace_id, github_id, status FROM github_installations WHERE github_id = $1 \
             ORDER BY workspace_id")
        .bind(github_id),
    )
    .await
}

/// The installations that a workspace is linked to.
pub(crate) async fn list_linked(reader: &Reader, scope: &WorkspaceScope) -> Result<Vec<InstallationRow>, StoreError> {
    let query = sql("SELECT id, workspace_id, github_id, status FROM github_installations WHERE workspace_id = $1 \
         ORDER BY github_id")
    .bind(scope.workspace_id());
    reader.fetch_all(query).await
}

/// An installation, for the operator's command line.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ListedRow {
    pub(crate) slug: String,
    pub(crate) github_id: i64,
    pub(crate) account: String,
    pub(crate) status: String,
    pub(crate) status_since: i64,
}

/// All links of all workspaces, for the operator's command line.
pub(crate) async fn list_all(reader: &Reader) -> Result<Vec<ListedRow>, StoreError> {
    let query = sql("SELECT w.slug, g.github_id, g.account, g.status, g.status_since FROM github_installations g \
         JOIN workspaces w ON w.id = g.workspace_id ORDER BY w.slug, g.github_id");
    reader.fetch_all(query).await
}

/// What is known of an installation that a workspace is to be linked to.
#[derive(Debug, Clone)]
pub(crate) struct Described<'a> {
    pub(crate) github_id: i64,
    /// Login of the user or organization.
    pub(crate) account: &'a str,
    /// `active` or `suspended`.
    pub(crate) status: &'static str,
    pub(crate) since: Timestamp,
}

/// Links a workspace to an installation; false if it was linked before. `id` is for a new link.
pub(crate) async fn link(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    id: &str,
    installation: &Described<'_>,
) -> Result<bool, StoreError> {
    let inserted = tx
        .execute(
            sql("INSERT INTO github_installations (id, workspace_id, github_id, account, status, status_since) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (workspace_id, github_id) DO NOTHING")
            .bind(id)
            .bind(scope.workspace_id())
            .bind(installation.github_id)
            .bind(installation.account)
            .bind(installation.status)
            .bind(installation.since),
        )
        .await?;
    Ok(inserted > 0)
}

/// Sets the status as of `at`; false if a later one is known. Which is later is told by `updated_at`, GitHub's of the
/// installation, unless the end of a suspension has left it as it was. `uninstalled` is final, because an App that
/// is installed again has a new id.
pub(crate) async fn set_status(
    tx: &mut Tx,
    installation: &InstallationRow,
    account: Option<&str>,
    status: &str,
    at: Timestamp,
    updated_at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let updated = tx
        .execute(
            sql("UPDATE github_installations SET \
                 status_since = CASE WHEN status = $3 THEN status_since ELSE $4 END, \
                 status = $3, account = COALESCE($5, account), github_updated_at = $6 \
                 WHERE workspace_id = $1 AND id = $2 AND status <> 'uninstalled' AND ($3 = 'uninstalled' OR \
                 CASE WHEN github_updated_at <> $6 THEN github_updated_at < $6 ELSE status_since <= $4 END)")
            .bind(&installation.workspace_id)
            .bind(&installation.id)
            .bind(status)
            .bind(at)
            .bind(account)
            .bind(updated_at),
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
