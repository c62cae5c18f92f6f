//! Browser sessions. Only hashes of their ids are kept.

use super::{Reader, StoreError, Tx, sql};
use crate::clock::Timestamp;

/// A live session's user.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct SessionRow {
    pub(crate) user_id: String,
    pub(crate) login: String,
    pub(crate) name: Option<String>,
}

/// Inserts a session, and deletes those that are over.
pub(crate) async fn insert_session(
    tx: &mut Tx,
    session_hash: &[u8; 32],
    user_id: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(sql("DELETE FROM web_sessions WHERE expires_at <= $1").bind(now)).await?;
    tx.execute(
        sql("INSERT INTO web_sessions (session_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(session_hash)
            .bind(user_id)
            .bind(now)
            .bind(expires_at),
    )
    .await?;
    Ok(())
}

/// The session with this hash, unless it is over.
pub(crate) async fn find_session(
    reader: &Reader,
    session_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<SessionRow>, StoreError> {
    reader
        .fetch_optional(
            sql("SELECT u.id AS user_id, u.login, u.name FROM web_sessions s JOIN users u ON u.id = s.user_id \
                 WHERE s.session_hash = $1 AND s.expires_at > $2")
            .bind(session_hash)
            .bind(now),
        )
        .await
}
