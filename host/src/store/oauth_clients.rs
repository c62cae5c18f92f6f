//! OAuth clients.

use std::time::Duration;

use super::{Reader, StoreError, Tx, Writer, sql};
use crate::clock::Timestamp;

/// How exactly the time of the last registration is kept. Coarse, because many clients register at every
/// start and a read is cheaper than a write.
const REGISTRATION_STEP: Duration = Duration::from_hours(24);

/// A registered client.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ClientRow {
    pub(crate) client_id: String,
    /// JSON.
    pub(crate) metadata: String,
    pub(crate) created_at: i64,
    pub(crate) last_registered_at: i64,
}

/// A client to register.
#[derive(Debug)]
pub(crate) struct NewClient<'a> {
    pub(crate) client_id: &'a str,
    /// JSON.
    pub(crate) metadata: &'a str,
    pub(crate) metadata_hash: &'a [u8; 32],
    pub(crate) now: Timestamp,
}

/// The client with this id.
pub(crate) async fn find_client(reader: &Reader, client_id: &str) -> Result<Option<ClientRow>, StoreError> {
    reader
        .fetch_optional(
            sql("SELECT client_id, metadata, created_at, last_registered_at FROM oauth_clients WHERE client_id = $1")
                .bind(client_id),
        )
        .await
}

/// The client with this metadata.
pub(crate) async fn find_client_by_hash(
    reader: &Reader,
    metadata_hash: &[u8; 32],
) -> Result<Option<ClientRow>, StoreError> {
    reader
        .fetch_optional(
            sql("SELECT client_id, metadata, created_at, last_registered_at FROM oauth_clients \
                 WHERE metadata_hash = $1")
            .bind(metadata_hash),
        )
        .await
}

/// Inserts a client; if another request has just registered the same metadata, gives that one.
pub(crate) async fn insert_client(tx: &mut Tx, client: &NewClient<'_>) -> Result<ClientRow, StoreError> {
    tx.fetch_optional(
        sql("INSERT INTO oauth_clients (client_id, metadata, metadata_hash, created_at, last_registered_at) \
             VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (metadata_hash) DO UPDATE SET last_registered_at = excluded.last_registered_at \
             RETURNING client_id, metadata, created_at, last_registered_at")
        .bind(client.client_id)
        .bind(client.metadata)
        .bind(client.metadata_hash)
        .bind(client.now)
        .bind(client.now),
    )
    .await?
    .ok_or_else(|| StoreError::Inconsistent {
        table: "oauth_clients",
        id: client.client_id.to_owned(),
        what: "the insert returned no row",
    })
}

/// Notes that a client registered again, about once a day.
pub(crate) async fn note_registration(writer: &Writer, client: &ClientRow, now: Timestamp) -> Result<(), StoreError> {
    if now.since(Timestamp::from_micros(client.last_registered_at)) < REGISTRATION_STEP {
        return Ok(());
    }
    writer
        .execute(
            sql("UPDATE oauth_clients SET last_registered_at = $2 WHERE client_id = $1")
                .bind(client.client_id.as_str())
                .bind(now),
        )
        .await?;
    Ok(())
}

/// Notes the first authorization; from then on the client is kept for ever.
pub(crate) async fn note_authorization(tx: &mut Tx, client_id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE oauth_clients SET first_authorized_at = $2 WHERE client_id = $1 AND first_authorized_at IS NULL")
            .bind(client_id)
            .bind(now),
    )
    .await?;
    Ok(())
}

/// Deletes clients that were never authorized and last registered before `before`.
pub(crate) async fn delete_unused(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        sql("DELETE FROM oauth_clients WHERE first_authorized_at IS NULL AND last_registered_at < $1").bind(before),
    )
    .await
}
