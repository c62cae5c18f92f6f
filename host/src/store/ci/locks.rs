//! Advisory locks of instances.

use super::Upload;
use crate::clock::Timestamp;
use crate::store::{StoreError, Tx, sql};

/// A lock to take.
#[derive(Debug)]
pub(crate) struct NewLock<'a> {
    pub(crate) id: &'a str,
    pub(crate) key: &'a str,
    pub(crate) message: Option<&'a str>,
    pub(crate) expires_at: Timestamp,
}

/// Takes a lock; false if somebody has it. One that has expired is nobody's.
pub(crate) async fn insert_lock(tx: &mut Tx, upload: &Upload<'_>, lock: &NewLock<'_>) -> Result<bool, StoreError> {
    tx.execute(
        sql("DELETE FROM locks WHERE workspace_id = $1 AND key = $2 AND expires_at <= $3")
            .bind(upload.scope.workspace_id())
            .bind(lock.key)
            .bind(upload.now),
    )
    .await?;
    let inserted = tx
        .execute(
            sql("INSERT INTO locks (id, workspace_id, key, message, created_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (workspace_id, key) DO NOTHING")
            .bind(lock.id)
            .bind(upload.scope.workspace_id())
            .bind(lock.key)
            .bind(lock.message)
            .bind(upload.now)
            .bind(lock.expires_at),
        )
        .await?;
    Ok(inserted > 0)
}

/// Gives a lock back, whoever took it; its id, or none if there was no lock that still held.
pub(crate) async fn delete_lock(tx: &mut Tx, upload: &Upload<'_>, key: &str) -> Result<Option<String>, StoreError> {
    let row: Option<(String, i64)> = tx
        .fetch_optional(
            sql("DELETE FROM locks WHERE workspace_id = $1 AND key = $2 RETURNING id, expires_at")
                .bind(upload.scope.workspace_id())
                .bind(key),
        )
        .await?;
    Ok(row.filter(|(_, expires_at)| *expires_at > upload.now.micros()).map(|(id, _)| id))
}
