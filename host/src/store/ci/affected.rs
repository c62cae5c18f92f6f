//! What a commit affects, from `atmos describe affected --upload`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Upload;
use crate::clock::Timestamp;
use crate::store::db::Value;
use crate::store::inventory::{Chunk, RepositoryName, upsert_repository};
use crate::store::{StoreError, Tx, bulk, sql};

/// How long chunks are remembered, as those of an inventory are.
const REMEMBERED: Duration = Duration::from_hours(24);

/// A comparison of two commits, or one chunk of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AffectedUpload {
    pub(crate) repository: RepositoryName,
    pub(crate) head_sha: String,
    pub(crate) base_sha: String,
    /// None if the upload came in one piece.
    pub(crate) chunk: Option<Chunk>,
    /// By stack and component.
    pub(crate) instances: BTreeMap<(String, String), Affected>,
}

/// How an instance is affected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Affected {
    /// `component` or `stack` if that goes away.
    pub(crate) deletion_type: Option<String>,
    /// Reachable as a dependent of another entry only.
    pub(crate) is_dependent: bool,
}

/// What an upload did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) repository_id: String,
    /// Whether this chunk had come before; then nothing was changed.
    pub(crate) is_replay: bool,
}

const INSERT: &str = "INSERT INTO affected_instances \
     (stack, component, deletion_type, is_dependent, repository_id, workspace_id, head_sha, base_sha, uploaded_at) VALUES ";

/// Placeholders of what all rows share.
const SHARED: &str = "$1, $2, $3, $4, $5";

/// Chunks of one upload may name an instance twice, once in its own right and once as a dependent.
const ON_CONFLICT: &str = " ON CONFLICT (repository_id, head_sha, stack, component) DO UPDATE SET \
     base_sha = excluded.base_sha, uploaded_at = excluded.uploaded_at, \
     deletion_type = COALESCE(excluded.deletion_type, affected_instances.deletion_type), \
     is_dependent = (affected_instances.is_dependent AND excluded.is_dependent)";

/// Keeps what a commit affects. A new upload for the same commit replaces the one before; a chunk that has
/// come before changes nothing. The repository is created if the workspace does not have it.
pub(crate) async fn replace_affected(
    tx: &mut Tx,
    upload: &Upload<'_>,
    affected: AffectedUpload,
) -> Result<Applied, StoreError> {
    let repository_id = upsert_repository(tx, upload.scope, &affected.repository, upload.now, upload.entropy).await?;
    let place = match &affected.chunk {
        Some(chunk) => record_chunk(tx, &repository_id, chunk, upload.now).await?,
        None => Place::First,
    };
    if place == Place::Replay {
        return Ok(Applied { repository_id, is_replay: true });
    }
    if place == Place::First {
        tx.execute(
            sql("DELETE FROM affected_instances WHERE workspace_id = $1 AND repository_id = $2 AND head_sha = $3")
                .bind(upload.scope.workspace_id())
                .bind(&repository_id)
                .bind(&affected.head_sha),
        )
        .await?;
    }
    let head = sql(INSERT)
        .bind(&repository_id)
        .bind(upload.scope.workspace_id())
        .bind(&affected.head_sha)
        .bind(&affected.base_sha)
        .bind(upload.now);
    let rows = affected.instances.into_iter().map(row).collect();
    bulk::insert_rows(tx, &head, SHARED, ON_CONFLICT, rows).await?;
    Ok(Applied { repository_id, is_replay: false })
}

fn row(((stack, component), affected): ((String, String), Affected)) -> [Value; 4] {
    [stack.into(), component.into(), affected.deletion_type.into(), affected.is_dependent.into()]
}

/// Which of its upload's chunks this one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The first to arrive.
    First,
    Later,
    /// It had arrived before.
    Replay,
}

async fn record_chunk(tx: &mut Tx, repository_id: &str, chunk: &Chunk, now: Timestamp) -> Result<Place, StoreError> {
    // The table is shared with inventory uploads, whose ids are the CLI's own too.
    let upload_id = format!("affected:{}", chunk.upload_id);
    let known: Option<(i64, i64)> = tx
        .fetch_optional(
            sql("SELECT COUNT(*), COUNT(CASE WHEN chunk_index = $3 THEN 1 END) FROM upload_chunks \
                 WHERE repository_id = $1 AND upload_id = $2")
            .bind(repository_id)
            .bind(&upload_id)
            .bind(chunk.index),
        )
        .await?;
    let (count, is_replay) = known.unwrap_or_default();
    if is_replay > 0 {
        return Ok(Place::Replay);
    }
    tx.execute(
        sql("DELETE FROM upload_chunks WHERE repository_id = $1 AND received_at < $2")
            .bind(repository_id)
            .bind(now.minus(REMEMBERED)),
    )
    .await?;
    tx.execute(
        sql("INSERT INTO upload_chunks (repository_id, upload_id, chunk_index, chunk_total, received_at) \
             VALUES ($1, $2, $3, $4, $5)")
        .bind(repository_id)
        .bind(&upload_id)
        .bind(chunk.index)
        .bind(chunk.total)
        .bind(now),
    )
    .await?;
    Ok(if count == 0 { Place::First } else { Place::Later })
}
