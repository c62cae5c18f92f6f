//! Repositories, as GitHub names, adds and removes them.

use super::installations::{self, InstallationRow};
use super::{FullName, Target};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::id::Entropy;
use crate::store::{StoreError, Tx, badges, sql};

#[derive(sqlx::FromRow)]
struct TargetRow {
    id: String,
    workspace_id: String,
}

#[derive(sqlx::FromRow)]
struct KnownRow {
    id: String,
    host: String,
    status: String,
    installation_id: Option<String>,
}

/// Where a repository is known: in the workspaces that are linked to the installation that sent the event. An
/// event without an installation comes from a webhook that somebody set up by hand; it is heard wherever a
/// repository of this name is on `host`.
///
/// Security: an installation that nobody linked gives nothing, so a workspace cannot listen to a repository by
/// uploading instances under its name.
pub(crate) async fn find_targets(
    tx: &mut Tx,
    repository: FullName<'_>,
    installation: Option<i64>,
    host: &str,
) -> Result<Vec<Target>, StoreError> {
    let mut query = sql("SELECT id, workspace_id FROM repositories WHERE LOWER(owner) = LOWER($1) \
         AND LOWER(name) = LOWER($2)")
    .bind(repository.owner)
    .bind(repository.name);
    if let Some(github_id) = installation {
        let linked = installations::find_installations(tx, github_id).await?;
        if linked.is_empty() {
            return Ok(Vec::new());
        }
        query.push(" AND workspace_id IN ");
        query.push_in(linked.iter().map(|row| row.workspace_id.as_str()));
    } else {
        query.push(" AND LOWER(host) = LOWER(");
        query.push_bind(host);
        query.push(")");
    }
    query.push(" ORDER BY workspace_id, id");
    let mut rows: Vec<TargetRow> = tx.fetch_all(query).await?;
    // Names that differ by case alone are one repository; uploads take its oldest row too.
    rows.dedup_by(|row, before| row.workspace_id == before.workspace_id);
    let target =
        |row: TargetRow| Target { scope: WorkspaceScope::from_record(row.workspace_id), repository_id: row.id };
    Ok(rows.into_iter().map(target).collect())
}

/// Locks the repository until the transaction ends, and notes activity in it.
pub(crate) async fn lock(tx: &mut Tx, target: &Target, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE repositories SET last_activity_at = \
             CASE WHEN last_activity_at IS NULL OR last_activity_at < $3 THEN $3 ELSE last_activity_at END \
             WHERE workspace_id = $1 AND id = $2")
        .bind(target.scope.workspace_id())
        .bind(&target.repository_id)
        .bind(now),
    )
    .await?;
    Ok(())
}

/// Gives the installation's workspace a repository, which is on `host`; its id if the workspace did not have it,
/// or had it without this installation or on another host.
pub(crate) async fn import(
    tx: &mut Tx,
    installation: &InstallationRow,
    repository: FullName<'_>,
    host: &str,
    entropy: &Entropy,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let known: Option<KnownRow> = tx
        .fetch_for_update(
            sql("SELECT id, host, status, installation_id FROM repositories WHERE workspace_id = $1 \
                 AND LOWER(owner) = LOWER($2) AND LOWER(name) = LOWER($3) ORDER BY id LIMIT 1")
            .bind(&installation.workspace_id)
            .bind(repository.owner)
            .bind(repository.name),
        )
        .await?;
    let Some(known) = known else { return insert(tx, installation, repository, host, entropy, now).await };
    let is_there = known.host.eq_ignore_ascii_case(host) && known.installation_id.as_ref() == Some(&installation.id);
    if is_there && known.status == installation.status {
        return Ok(None);
    }
    tx.execute(
        sql("UPDATE repositories SET installation_id = $3, host = $4, status = $5 WHERE workspace_id = $1 AND id = $2")
            .bind(&installation.workspace_id)
            .bind(&known.id)
            .bind(&installation.id)
            .bind(host)
            .bind(&installation.status),
    )
    .await?;
    Ok(Some(known.id))
}

async fn insert(
    tx: &mut Tx,
    installation: &InstallationRow,
    repository: FullName<'_>,
    host: &str,
    entropy: &Entropy,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    // An upload may have created it a moment ago.
    let row: Option<(String,)> = tx
        .fetch_optional(
            sql("INSERT INTO repositories (id, workspace_id, installation_id, host, owner, name, status, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (workspace_id, owner, name) \
                 DO UPDATE SET installation_id = excluded.installation_id, host = excluded.host, \
                 status = excluded.status RETURNING id")
            .bind(entropy.id("repo", now))
            .bind(&installation.workspace_id)
            .bind(&installation.id)
            .bind(host)
            .bind(repository.owner)
            .bind(repository.name)
            .bind(&installation.status)
            .bind(now),
        )
        .await?;
    let Some((id,)) = row else { return Ok(None) };
    let scope = WorkspaceScope::from_record(&installation.workspace_id);
    badges::ensure_first_token(tx, &scope, &id, (entropy, now)).await?;
    Ok(Some(id))
}

/// Takes a repository from the installation; its id if it was there. Its history stays.
pub(crate) async fn remove(
    tx: &mut Tx,
    installation: &InstallationRow,
    repository: FullName<'_>,
) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = tx
        .fetch_optional(
            sql("UPDATE repositories SET status = 'uninstalled' WHERE workspace_id = $1 AND installation_id = $2 \
                 AND LOWER(owner) = LOWER($3) AND LOWER(name) = LOWER($4) AND status <> 'uninstalled' RETURNING id")
            .bind(&installation.workspace_id)
            .bind(&installation.id)
            .bind(repository.owner)
            .bind(repository.name),
        )
        .await?;
    Ok(row.map(|(id,)| id))
}

/// Marks a repository that GitHub deleted; false if it was marked before.
pub(crate) async fn mark_deleted(tx: &mut Tx, target: &Target) -> Result<bool, StoreError> {
    let updated = tx
        .execute(
            sql("UPDATE repositories SET status = 'uninstalled' \
                 WHERE workspace_id = $1 AND id = $2 AND status <> 'uninstalled'")
            .bind(target.scope.workspace_id())
            .bind(&target.repository_id),
        )
        .await?;
    Ok(updated > 0)
}

/// Renames a repository. If an upload has already brought the new name, both rows stay as they are: their
/// instances cannot be told apart any more.
pub(crate) async fn rename(tx: &mut Tx, target: &Target, to: FullName<'_>) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE repositories SET owner = $3, name = $4 WHERE workspace_id = $1 AND id = $2 \
             AND NOT EXISTS (SELECT 1 FROM repositories o WHERE o.workspace_id = $1 AND o.id <> $2 \
             AND LOWER(o.owner) = LOWER($3) AND LOWER(o.name) = LOWER($4))")
        .bind(target.scope.workspace_id())
        .bind(&target.repository_id)
        .bind(to.owner)
        .bind(to.name),
    )
    .await?;
    Ok(())
}

/// Notes the default branch.
pub(crate) async fn set_default_branch(tx: &mut Tx, target: &Target, branch: &str) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE repositories SET default_branch = $3 WHERE workspace_id = $1 AND id = $2")
            .bind(target.scope.workspace_id())
            .bind(&target.repository_id)
            .bind(branch),
    )
    .await?;
    Ok(())
}
