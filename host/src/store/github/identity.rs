//! Which row is which repository of GitHub's. GitHub's id stays when a repository is renamed or transferred; the name
//! counts only where no id is known yet.

use super::{FullName, Target};
use crate::clock::Timestamp;
use crate::store::{StoreError, Tx, sql};

/// What an event or a list tells of a repository.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    /// None in payloads that were written by hand.
    pub(crate) github_id: Option<i64>,
    pub(crate) name: FullName<'a>,
    pub(crate) default_branch: Option<&'a str>,
    /// As of when the name and the branch are so. What has no time gives way to all that has one.
    pub(crate) at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct KnownRow {
    owner: String,
    name: String,
    default_branch: Option<String>,
    github_id: Option<i64>,
    github_updated_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct HolderRow {
    id: String,
    github_id: Option<i64>,
    installation_id: Option<String>,
}

/// Writes id, name and default branch into the repository, which is locked; but of name and branch nothing that is
/// older than what is known.
pub(super) async fn settle(tx: &mut Tx, target: &Target, told: &Told<'_>) -> Result<(), StoreError> {
    let known: Option<KnownRow> = tx
        .fetch_optional(
            sql("SELECT owner, name, default_branch, github_id, github_updated_at FROM repositories \
                 WHERE workspace_id = $1 AND id = $2")
            .bind(target.scope.workspace_id())
            .bind(&target.repository_id),
        )
        .await?;
    let Some(known) = known else { return Ok(()) };
    if let (None, Some(github_id)) = (known.github_id, told.github_id) {
        set_github_id(tx, target, github_id).await?;
    }
    let at = told.at.map(Timestamp::micros);
    if known.github_updated_at.is_some_and(|known| at.is_none_or(|at| at < known)) {
        return Ok(());
    }
    if known.owner != told.name.owner || known.name != told.name.name {
        make_way(tx, target, told).await?;
        set_name(tx, target, told.name).await?;
    }
    // Most events tell nothing new, and a write would make the next event of the repository wait.
    let is_same_branch = told.default_branch.is_none_or(|branch| known.default_branch.as_deref() == Some(branch));
    if is_same_branch && (at.is_none() || at == known.github_updated_at) {
        return Ok(());
    }
    tx.execute(
        sql("UPDATE repositories SET default_branch = COALESCE($3, default_branch), \
             github_updated_at = COALESCE($4, github_updated_at) WHERE workspace_id = $1 AND id = $2")
        .bind(target.scope.workspace_id())
        .bind(&target.repository_id)
        .bind(told.default_branch)
        .bind(at),
    )
    .await?;
    Ok(())
}

/// Another row may have the id already, if the workspace has this one on another host.
async fn set_github_id(tx: &mut Tx, target: &Target, github_id: i64) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE repositories SET github_id = $3 WHERE workspace_id = $1 AND id = $2 AND NOT EXISTS \
             (SELECT 1 FROM repositories o WHERE o.workspace_id = $1 AND o.github_id = $3 \
             AND LOWER(o.host) = LOWER(repositories.host))")
        .bind(target.scope.workspace_id())
        .bind(&target.repository_id)
        .bind(github_id),
    )
    .await?;
    Ok(())
}

/// Without an id to tell repositories apart, another row may still have the name; then both stay as they are.
async fn set_name(tx: &mut Tx, target: &Target, name: FullName<'_>) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE repositories SET owner = $3, name = $4 WHERE workspace_id = $1 AND id = $2 \
             AND NOT EXISTS (SELECT 1 FROM repositories o WHERE o.workspace_id = $1 AND o.id <> $2 \
             AND LOWER(o.owner) = LOWER($3) AND LOWER(o.name) = LOWER($4))")
        .bind(target.scope.workspace_id())
        .bind(&target.repository_id)
        .bind(name.owner)
        .bind(name.name),
    )
    .await?;
    Ok(())
}

/// Takes the name from other rows of the workspace: GitHub says whose it is. Who had it gets one that no repository of
/// GitHub's can have, until GitHub tells of it again.
async fn make_way(tx: &mut Tx, target: &Target, told: &Told<'_>) -> Result<(), StoreError> {
    if told.github_id.is_none() {
        return Ok(());
    }
    for holder in find_holders(tx, target, told.name).await? {
        set_aside(tx, target, &holder.id).await?;
        // An upload under the new name was faster than GitHub's word of it. The row of before goes on, with its
        // history; two active ones would have the same instances.
        if holder.github_id.is_none() && holder.installation_id.is_none() {
            supersede(tx, target, &holder.id).await?;
        }
    }
    Ok(())
}

async fn find_holders(tx: &mut Tx, target: &Target, name: FullName<'_>) -> Result<Vec<HolderRow>, StoreError> {
    tx.fetch_all(
        sql("SELECT id, github_id, installation_id FROM repositories WHERE workspace_id = $1 AND id <> $2 \
             AND LOWER(owner) = LOWER($3) AND LOWER(name) = LOWER($4) ORDER BY id")
        .bind(target.scope.workspace_id())
        .bind(&target.repository_id)
        .bind(name.owner)
        .bind(name.name),
    )
    .await
}

async fn set_aside(tx: &mut Tx, target: &Target, id: &str) -> Result<(), StoreError> {
    // GitHub allows no `~` in a name.
    let query = sql("UPDATE repositories SET name = name || '~' || id WHERE workspace_id = $1 AND id = $2");
    tx.execute(query.bind(target.scope.workspace_id()).bind(id)).await?;
    Ok(())
}

/// Its sessions end with it: the permissions of the repository that goes on may be others.
async fn supersede(tx: &mut Tx, target: &Target, id: &str) -> Result<(), StoreError> {
    let query = sql("UPDATE repositories SET status = 'uninstalled' WHERE workspace_id = $1 AND id = $2");
    tx.execute(query.bind(target.scope.workspace_id()).bind(id)).await?;
    Ok(())
}

/// Frees the name of a repository that the workspace does not have yet. A row that has no id of GitHub's would be the
/// repository itself.
pub(super) async fn free_name(tx: &mut Tx, workspace_id: &str, name: FullName<'_>) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE repositories SET name = name || '~' || id WHERE workspace_id = $1 AND github_id IS NOT NULL \
             AND LOWER(owner) = LOWER($2) AND LOWER(name) = LOWER($3)")
        .bind(workspace_id)
        .bind(name.owner)
        .bind(name.name),
    )
    .await?;
    Ok(())
}
