//! Repositories, as GitHub names, adds and removes them.

use super::identity::{self, Told};
use super::installations::{self, InstallationRow};
use super::{FullName, Target};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::id::Entropy;
use crate::store::{Query, StoreError, Tx, badges, sql};

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
    installed_at: Option<i64>,
}

/// Appends the condition that a row is GitHub's repository of this id, or, as long as no id of the row is known, of
/// this name. Without an id, the name alone counts.
fn push_is(query: &mut Query, github_id: Option<i64>, repository: FullName<'_>, host: &str) {
    query.push(" (LOWER(owner) = LOWER(");
    query.push_bind(repository.owner);
    query.push(") AND LOWER(name) = LOWER(");
    query.push_bind(repository.name);
    query.push(")");
    if let Some(github_id) = github_id {
        query.push(" AND (github_id IS NULL OR github_id = ");
        query.push_bind(github_id);
        query.push(") OR github_id = ");
        query.push_bind(github_id);
        query.push(" AND LOWER(host) = LOWER(");
        query.push_bind(host);
        query.push(")");
    }
    query.push(")");
}

/// How rows that [`push_is`] allows are sorted: the one with the id comes first, then the oldest, which uploads take
/// too. Names that differ by case alone are one repository.
const fn by_likeness(github_id: Option<i64>) -> &'static str {
    if github_id.is_some() { "CASE WHEN github_id IS NULL THEN 1 ELSE 0 END, id" } else { "id" }
}

/// Where a repository is known: in the workspaces that are linked to the installation that sent the event. An
/// event without an installation comes from a webhook that somebody set up by hand; it is heard wherever the
/// repository is on `host`.
///
/// Security: an installation that nobody linked gives nothing, so a workspace cannot listen to a repository by
/// uploading instances under its name.
pub(crate) async fn find_targets(
    tx: &mut Tx,
    github_id: Option<i64>,
    repository: FullName<'_>,
    installation: Option<i64>,
    host: &str,
) -> Result<Vec<Target>, StoreError> {
    let mut query = sql("SELECT id, workspace_id FROM repositories WHERE");
    push_is(&mut query, github_id, repository, host);
    if let Some(installation) = installation {
        let linked = installations::find_installations(tx, installation).await?;
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
    query.push(" ORDER BY workspace_id, ");
    query.push(by_likeness(github_id));
    let mut rows: Vec<TargetRow> = tx.fetch_all(query).await?;
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

/// Writes what GitHub tells of a repository that is locked, unless something newer is known: its id, name and default
/// branch.
pub(crate) async fn settle(tx: &mut Tx, target: &Target, told: &Told<'_>) -> Result<(), StoreError> {
    identity::settle(tx, target, told).await
}

/// The workspace's row of a repository, locked.
async fn find_known(
    tx: &mut Tx,
    installation: &InstallationRow,
    told: &Told<'_>,
    host: &str,
) -> Result<Option<KnownRow>, StoreError> {
    let mut query = sql("SELECT id, host, status, installation_id, installed_at FROM repositories \
         WHERE workspace_id = $1 AND")
    .bind(&installation.workspace_id);
    push_is(&mut query, told.github_id, told.name, host);
    query.push(" ORDER BY ");
    query.push(by_likeness(told.github_id));
    query.push(" LIMIT 1");
    tx.fetch_for_update(query).await
}

impl KnownRow {
    /// Whether a later event of the installation has said if it has the repository. `at` is the installation's
    /// `updated_at`, where the event has one.
    fn is_older(&self, at: Option<Timestamp>) -> bool {
        matches!((self.installed_at, at), (Some(known), Some(at)) if at.micros() < known)
    }
}

/// Gives the installation's workspace a repository, which is on `host`; its id if the workspace did not have it,
/// or had it without this installation or on another host. `at` is the `updated_at` of the installation; a list that
/// was just read has none, and holds.
pub(crate) async fn import(
    tx: &mut Tx,
    installation: &InstallationRow,
    told: &Told<'_>,
    host: &str,
    at: Option<Timestamp>,
    (entropy, now): (&Entropy, Timestamp),
) -> Result<Option<String>, StoreError> {
    let Some(known) = find_known(tx, installation, told, host).await? else {
        return insert(tx, installation, told, host, at, (entropy, now)).await;
    };
    if known.is_older(at) {
        return Ok(None);
    }
    let scope = WorkspaceScope::from_record(&installation.workspace_id);
    tx.execute(
        sql("UPDATE repositories SET installation_id = $3, host = $4, status = $5, \
             installed_at = COALESCE($6, installed_at) WHERE workspace_id = $1 AND id = $2")
        .bind(scope.workspace_id())
        .bind(&known.id)
        .bind(&installation.id)
        .bind(host)
        .bind(&installation.status)
        .bind(at),
    )
    .await?;
    let is_there = known.host.eq_ignore_ascii_case(host)
        && known.installation_id.as_ref() == Some(&installation.id)
        && known.status == installation.status;
    let target = Target { scope, repository_id: known.id };
    identity::settle(tx, &target, told).await?;
    Ok((!is_there).then_some(target.repository_id))
}

async fn insert(
    tx: &mut Tx,
    installation: &InstallationRow,
    told: &Told<'_>,
    host: &str,
    at: Option<Timestamp>,
    (entropy, now): (&Entropy, Timestamp),
) -> Result<Option<String>, StoreError> {
    if told.github_id.is_some() {
        identity::free_name(tx, &installation.workspace_id, told.name).await?;
    }
    // An upload may have created it a moment ago.
    let row: Option<(String,)> = tx
        .fetch_optional(
            sql("INSERT INTO repositories (id, workspace_id, installation_id, host, owner, name, status, created_at, \
                 github_id, github_updated_at, default_branch, installed_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                 ON CONFLICT (workspace_id, owner, name) \
                 DO UPDATE SET installation_id = excluded.installation_id, host = excluded.host, \
                 status = excluded.status, github_id = COALESCE(excluded.github_id, repositories.github_id), \
                 installed_at = excluded.installed_at RETURNING id")
            .bind(entropy.id("repo", now))
            .bind(&installation.workspace_id)
            .bind(&installation.id)
            .bind(host)
            .bind(told.name.owner)
            .bind(told.name.name)
            .bind(&installation.status)
            .bind(now)
            .bind(told.github_id)
            .bind(told.at)
            .bind(told.default_branch)
            .bind(at),
        )
        .await?;
    let Some((id,)) = row else { return Ok(None) };
    let scope = WorkspaceScope::from_record(&installation.workspace_id);
    badges::ensure_first_token(tx, &scope, &id, (entropy, now)).await?;
    Ok(Some(id))
}

/// Takes a repository from the installation; its id if it was there. Its history stays. `at` as in [`import`].
pub(crate) async fn remove(
    tx: &mut Tx,
    installation: &InstallationRow,
    told: &Told<'_>,
    host: &str,
    at: Option<Timestamp>,
) -> Result<Option<String>, StoreError> {
    let known = find_known(tx, installation, told, host).await?;
    let is_ours = |known: &KnownRow| known.installation_id.as_ref() == Some(&installation.id) && !known.is_older(at);
    let Some(known) = known.filter(is_ours) else { return Ok(None) };
    tx.execute(
        sql("UPDATE repositories SET status = 'uninstalled', installed_at = COALESCE($3, installed_at) \
             WHERE workspace_id = $1 AND id = $2")
        .bind(&installation.workspace_id)
        .bind(&known.id)
        .bind(at),
    )
    .await?;
    Ok((known.status != "uninstalled").then_some(known.id))
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
