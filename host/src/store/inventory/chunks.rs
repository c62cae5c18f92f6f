//! Which chunks of an upload have come.

use std::time::Duration;

use super::Chunk;
use crate::clock::Timestamp;
use crate::store::{StoreError, Tx, sql};

/// How long chunks are remembered. An upload that is not complete by then was given up: the CLI sends
/// chunks one after the other, stops at the first failure, and never says so.
const REMEMBERED: Duration = Duration::from_hours(24);

/// Notes that a chunk has come; false if it had come before. Forgets uploads of long ago.
pub(in crate::store) async fn record(
    tx: &mut Tx,
    repository_id: &str,
    chunk: &Chunk,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        sql("DELETE FROM upload_chunks WHERE repository_id = $1 AND received_at < $2")
            .bind(repository_id)
            .bind(now.minus(REMEMBERED)),
    )
    .await?;
    let inserted = tx
        .execute(
            sql("INSERT INTO upload_chunks (repository_id, upload_id, chunk_index, chunk_total, received_at) \
                 VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (repository_id, upload_id, chunk_index) DO NOTHING")
            .bind(repository_id)
            .bind(&chunk.upload_id)
            .bind(chunk.index)
            .bind(chunk.total)
            .bind(now),
        )
        .await?;
    Ok(inserted > 0)
}

/// When the upload began, if all its chunks have come.
pub(super) async fn complete_since(
    tx: &mut Tx,
    repository_id: &str,
    chunk: &Chunk,
) -> Result<Option<Timestamp>, StoreError> {
    let row: Option<(i64, Option<i64>)> = tx
        .fetch_optional(
            sql("SELECT COUNT(*), MIN(received_at) FROM upload_chunks WHERE repository_id = $1 AND upload_id = $2")
                .bind(repository_id)
                .bind(&chunk.upload_id),
        )
        .await?;
    let (count, since) = row.unwrap_or_default();
    Ok(since.filter(|_| count >= chunk.total).map(Timestamp::from_micros))
}
