//! The inventory: repositories and instances as the `atmos` CLI uploads them.

mod chunks;
mod sweep;
mod transition;
mod upsert;

use std::collections::BTreeSet;

use super::db::Value;
use super::{StoreError, Tx, badges, bulk, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::id::Entropy;

pub(super) use chunks::record as record_chunk;
pub(crate) use transition::Flags;

/// A repository as an upload names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RepositoryName {
    pub(crate) host: String,
    pub(crate) owner: String,
    pub(crate) name: String,
}

/// Which part of an upload this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// The same for all chunks of an upload.
    pub(crate) upload_id: String,
    /// From 0.
    pub(crate) index: i64,
    /// How many chunks the upload has.
    pub(crate) total: i64,
}

/// One instance as uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UploadedInstance {
    pub(crate) component: String,
    pub(crate) stack: String,
    pub(crate) component_type: Option<String>,
    pub(crate) flags: Flags,
    /// The `settings.pro` block, JSON.
    pub(crate) settings: Option<String>,
}

/// An upload, or one chunk of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) repository: RepositoryName,
    /// None if the upload came in one piece.
    pub(crate) chunk: Option<Chunk>,
    pub(crate) instances: Vec<UploadedInstance>,
}

/// What an upload did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) repository_id: String,
    /// Instances seen for the first time.
    pub(crate) created: usize,
    /// Instances whose status changed, new and orphaned ones included.
    pub(crate) status_changes: usize,
    /// Stacks with a change of status.
    pub(crate) changed_stacks: BTreeSet<String>,
    /// Instances that the whole upload no longer names.
    pub(crate) orphaned: usize,
    /// Whether the whole upload has come, so that the sweep was made.
    pub(crate) is_complete: bool,
    /// Whether this chunk had come before; then nothing was changed.
    pub(crate) is_replay: bool,
}

/// What all steps of one upload share.
struct Target<'a> {
    scope: &'a WorkspaceScope,
    repository_id: &'a str,
    upload_id: &'a str,
    now: Timestamp,
    entropy: &'a Entropy,
}

/// A change of an instance's `status`.
struct StatusChange {
    instance_id: String,
    stack: String,
    from: Option<String>,
    to: String,
}

/// Applies an upload: creates the repository if need be, updates the named instances, and, when the whole
/// upload has come, marks those it does not name `orphaned`.
///
/// A chunk that has come before changes nothing, because the CLI repeats a request whose answer it did not
/// get. Uploads of one repository take turns: the first statement locks its row until `tx` ends, so other
/// writers of instances that want the same protection lock that row first too.
pub(crate) async fn upload_instances(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    upload: Upload,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<Applied, StoreError> {
    let repository_id = upsert_repository(tx, scope, &upload.repository, now, entropy).await?;
    // An upload in one piece is an upload of one chunk.
    let chunk = upload.chunk.unwrap_or_else(|| Chunk { upload_id: entropy.id("upl", now), index: 0, total: 1 });
    if !chunks::record(tx, &repository_id, &chunk, now).await? {
        return Ok(Applied::replay(repository_id));
    }
    let target = Target { scope, repository_id: &repository_id, upload_id: &chunk.upload_id, now, entropy };
    let written = upsert::upsert_instances(tx, &target, upload.instances).await?;
    let complete_since = chunks::complete_since(tx, &repository_id, &chunk).await?;
    let swept = match complete_since {
        Some(since) => sweep::mark_missing(tx, &target, since).await?,
        None => Vec::new(),
    };
    let (orphaned, mut changes) = (swept.len(), written.changes);
    changes.extend(swept);
    let status_changes = changes.len();
    let changed_stacks = changes.iter().map(|change| change.stack.clone()).collect();
    insert_status_changes(tx, &target, changes).await?;
    Ok(Applied {
        repository_id,
        created: written.created,
        status_changes,
        changed_stacks,
        orphaned,
        is_complete: complete_since.is_some(),
        is_replay: false,
    })
}

impl Applied {
    fn replay(repository_id: String) -> Self {
        Self {
            repository_id,
            created: 0,
            status_changes: 0,
            changed_stacks: BTreeSet::new(),
            orphaned: 0,
            is_complete: false,
            is_replay: true,
        }
    }
}

/// Notes activity in the repository, and creates it if the workspace does not have it. GitHub's names do
/// not differ by case, and the CLI takes them from a remote's URL as somebody typed it.
pub(crate) async fn upsert_repository(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    repository: &RepositoryName,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<String, StoreError> {
    let known: Option<(String,)> = tx
        .fetch_optional(
            sql("UPDATE repositories SET last_activity_at = $4 WHERE id = (SELECT id FROM repositories \
                 WHERE workspace_id = $1 AND LOWER(owner) = LOWER($2) AND LOWER(name) = LOWER($3) \
                 ORDER BY id LIMIT 1) RETURNING id")
            .bind(scope.workspace_id())
            .bind(&repository.owner)
            .bind(&repository.name)
            .bind(now),
        )
        .await?;
    match known {
        Some((id,)) => Ok(id),
        None => insert_repository(tx, scope, repository, now, entropy).await,
    }
}

async fn insert_repository(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    repository: &RepositoryName,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<String, StoreError> {
    let id = entropy.id("repo", now);
    // A second replica may have created it a moment ago.
    let row: Option<(String,)> = tx
        .fetch_optional(
            sql(
                "INSERT INTO repositories (id, workspace_id, host, owner, name, status, last_activity_at, created_at) \
                 VALUES ($1, $2, $3, $4, $5, 'active', $6, $6) \
                 ON CONFLICT (workspace_id, owner, name) DO UPDATE SET last_activity_at = excluded.last_activity_at \
                 RETURNING id",
            )
            .bind(&id)
            .bind(scope.workspace_id())
            .bind(&repository.host)
            .bind(&repository.owner)
            .bind(&repository.name)
            .bind(now),
        )
        .await?;
    let id = row.map_or(id, |(id,)| id);
    badges::ensure_first_token(tx, scope, &id, (entropy, now)).await?;
    Ok(id)
}

async fn insert_status_changes(tx: &mut Tx, target: &Target<'_>, changes: Vec<StatusChange>) -> Result<(), StoreError> {
    let row = |change: StatusChange| -> [Value; 4] {
        [target.entropy.id("isc", target.now).into(), change.instance_id.into(), change.from.into(), change.to.into()]
    };
    let rows = changes.into_iter().map(row).collect();
    let head =
        sql("INSERT INTO instance_status_changes (id, instance_id, from_status, to_status, workspace_id, at) VALUES ")
            .bind(target.scope.workspace_id())
            .bind(target.now);
    bulk::insert_rows(tx, &head, "$1, $2", "", rows).await
}
