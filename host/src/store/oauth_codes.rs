//! Authorization codes.

use super::{StoreError, Tx, sql};
use crate::clock::Timestamp;

/// A code, used or not.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct CodeRow {
    pub(crate) grant_id: String,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: String,
    pub(crate) expires_at: i64,
    pub(crate) used_at: Option<i64>,
}

/// A code to insert.
#[derive(Debug)]
pub(crate) struct NewCode<'a> {
    pub(crate) code_hash: &'a [u8; 32],
    pub(crate) grant_id: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) code_challenge: &'a str,
    pub(crate) expires_at: Timestamp,
}

/// Inserts a code.
pub(crate) async fn insert_code(tx: &mut Tx, code: &NewCode<'_>) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO oauth_codes (code_hash, grant_id, client_id, redirect_uri, code_challenge, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(code.code_hash)
        .bind(code.grant_id)
        .bind(code.client_id)
        .bind(code.redirect_uri)
        .bind(code.code_challenge)
        .bind(code.expires_at),
    )
    .await?;
    Ok(())
}

/// The code, locked until the transaction ends.
pub(crate) async fn find_code_for_update(tx: &mut Tx, code_hash: &[u8; 32]) -> Result<Option<CodeRow>, StoreError> {
    tx.fetch_for_update(
        sql("SELECT grant_id, client_id, redirect_uri, code_challenge, expires_at, used_at FROM oauth_codes \
             WHERE code_hash = $1")
        .bind(code_hash),
    )
    .await
}

/// Uses up a code. Tells whether it had not been used before.
pub(crate) async fn use_code(tx: &mut Tx, code_hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
    let used = tx
        .execute(
            sql("UPDATE oauth_codes SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL")
                .bind(code_hash)
                .bind(now),
        )
        .await?;
    Ok(used > 0)
}
