//! Access and refresh tokens. Only hashes are kept.

use super::{Reader, StoreError, Tx, sql};
use crate::authz::{PermissionSet, Role, TokenRecord};
use crate::clock::Timestamp;

/// What the store knows of a presented access token.
#[derive(Debug)]
pub(crate) enum AccessToken {
    /// Usable, with all that a call needs to know.
    Live(TokenRecord),
    /// Its hour is over.
    Expired,
    /// Revoked itself or with its grant, or its user has left the workspace, or the workspace is suspended.
    Revoked,
    /// Never issued here, issued for another resource, or long gone.
    Unknown,
}

#[derive(sqlx::FromRow)]
struct AccessTokenRow {
    scopes: String,
    expires_at: i64,
    token_revoked_at: Option<i64>,
    grant_id: String,
    client_id: String,
    user_id: String,
    workspace_id: String,
    resource: String,
    grant_revoked_at: Option<i64>,
    role: Option<String>,
    workspace_status: String,
    rate_minute: Option<i64>,
    rate_day: Option<i64>,
}

/// Looks up an access token with its grant, its user's membership and its workspace: one read by primary
/// keys, at every call, so that a revocation or a change of role bites at once.
pub(crate) async fn find_live_access_token(
    reader: &Reader,
    token_hash: &[u8; 32],
    audience: &str,
    now: Timestamp,
) -> Result<AccessToken, StoreError> {
    let row: Option<AccessTokenRow> = reader
        .fetch_optional(
            sql("SELECT t.scopes, t.expires_at, t.revoked_at AS token_revoked_at, \
                 g.id AS grant_id, g.client_id, g.user_id, g.workspace_id, g.resource, \
                 g.revoked_at AS grant_revoked_at, m.role, w.status AS workspace_status, w.rate_minute, w.rate_day \
                 FROM oauth_access_tokens t \
                 JOIN oauth_grants g ON g.id = t.grant_id \
                 JOIN workspaces w ON w.id = g.workspace_id \
                 LEFT JOIN memberships m ON m.user_id = g.user_id AND m.workspace_id = g.workspace_id \
                 WHERE t.token_hash = $1")
            .bind(token_hash),
        )
        .await?;
    match row {
        // Security: a token is good for the resource it was issued for, and no other.
        Some(row) if row.resource == audience => row.judge(now),
        Some(_) | None => Ok(AccessToken::Unknown),
    }
}

impl AccessTokenRow {
    fn judge(self, now: Timestamp) -> Result<AccessToken, StoreError> {
        let is_revoked = self.token_revoked_at.is_some() || self.grant_revoked_at.is_some();
        if is_revoked || self.workspace_status != "active" {
            return Ok(AccessToken::Revoked);
        }
        let Some(role) = &self.role else { return Ok(AccessToken::Revoked) };
        if self.expires_at <= now.micros() {
            return Ok(AccessToken::Expired);
        }
        let role = Role::parse(role).ok_or_else(|| StoreError::Inconsistent {
            table: "memberships",
            id: self.user_id.clone(),
            what: "role is not a role",
        })?;
        Ok(AccessToken::Live(TokenRecord {
            grant_id: self.grant_id,
            client_id: self.client_id,
            user_id: self.user_id,
            workspace_id: self.workspace_id,
            role,
            scopes: PermissionSet::parse(&self.scopes),
            rate_minute: self.rate_minute.and_then(|limit| u32::try_from(limit).ok()),
            rate_day: self.rate_day.and_then(|limit| u32::try_from(limit).ok()),
        }))
    }
}

/// A token to insert.
#[derive(Debug)]
pub(crate) struct NewToken<'a> {
    pub(crate) token_hash: &'a [u8; 32],
    pub(crate) grant_id: &'a str,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Inserts an access token.
pub(crate) async fn insert_access_token(
    tx: &mut Tx,
    token: &NewToken<'_>,
    scopes: PermissionSet,
) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO oauth_access_tokens (token_hash, grant_id, scopes, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5)")
        .bind(token.token_hash)
        .bind(token.grant_id)
        .bind(scopes.to_scope())
        .bind(token.created_at)
        .bind(token.expires_at),
    )
    .await?;
    Ok(())
}

/// Inserts a refresh token, the `generation`th of its chain.
pub(crate) async fn insert_refresh_token(tx: &mut Tx, token: &NewToken<'_>, generation: i64) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO oauth_refresh_tokens (token_hash, grant_id, generation, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5)")
        .bind(token.token_hash)
        .bind(token.grant_id)
        .bind(generation)
        .bind(token.created_at)
        .bind(token.expires_at),
    )
    .await?;
    Ok(())
}

/// A refresh token, rotated or not.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RefreshTokenRow {
    pub(crate) grant_id: String,
    pub(crate) generation: i64,
    /// With the server's key and the token itself, gives the successor again.
    pub(crate) salt: Option<Vec<u8>>,
    pub(crate) successor_hash: Option<Vec<u8>>,
    pub(crate) expires_at: i64,
    pub(crate) rotated_at: Option<i64>,
}

/// The refresh token, locked until the transaction ends: of many that present it at once, one rotates it.
pub(crate) async fn find_refresh_token_for_update(
    tx: &mut Tx,
    token_hash: &[u8; 32],
) -> Result<Option<RefreshTokenRow>, StoreError> {
    tx.fetch_for_update(
        sql("SELECT grant_id, generation, salt, successor_hash, expires_at, rotated_at FROM oauth_refresh_tokens \
             WHERE token_hash = $1")
        .bind(token_hash),
    )
    .await
}

/// When the refresh token with this hash was rotated, if it was.
pub(crate) async fn find_rotation(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<i64>, StoreError> {
    let row: Option<(Option<i64>,)> = tx
        .fetch_optional(sql("SELECT rotated_at FROM oauth_refresh_tokens WHERE token_hash = $1").bind(token_hash))
        .await?;
    Ok(row.and_then(|(rotated_at,)| rotated_at))
}

/// How a refresh token was rotated.
#[derive(Debug)]
pub(crate) struct Rotation<'a> {
    pub(crate) token_hash: &'a [u8; 32],
    pub(crate) salt: &'a [u8],
    pub(crate) successor_hash: &'a [u8; 32],
    pub(crate) rotated_at: Timestamp,
}

/// Marks a refresh token as rotated.
pub(crate) async fn rotate_refresh_token(tx: &mut Tx, rotation: &Rotation<'_>) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE oauth_refresh_tokens SET salt = $2, successor_hash = $3, rotated_at = $4 WHERE token_hash = $1")
            .bind(rotation.token_hash)
            .bind(rotation.salt)
            .bind(rotation.successor_hash)
            .bind(rotation.rotated_at),
    )
    .await?;
    Ok(())
}

/// Forgets what nobody may use any more: the salts of a chain's earlier generations, and its tokens that
/// expired before `expired_before`.
pub(crate) async fn tidy_chain(
    tx: &mut Tx,
    grant_id: &str,
    generation: i64,
    expired_before: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE oauth_refresh_tokens SET salt = NULL WHERE grant_id = $1 AND generation < $2 AND salt IS NOT NULL")
            .bind(grant_id)
            .bind(generation),
    )
    .await?;
    tx.execute(
        sql("DELETE FROM oauth_refresh_tokens WHERE grant_id = $1 AND expires_at < $2")
            .bind(grant_id)
            .bind(expired_before),
    )
    .await?;
    tx.execute(
        sql("DELETE FROM oauth_access_tokens WHERE grant_id = $1 AND expires_at < $2")
            .bind(grant_id)
            .bind(expired_before),
    )
    .await?;
    Ok(())
}

/// Whose a token is.
#[derive(Debug, sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "named as the columns are")]
pub(crate) struct TokenOwner {
    pub(crate) grant_id: String,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) workspace_id: String,
}

/// The owner of an access token.
pub(crate) async fn find_access_token_owner(
    tx: &mut Tx,
    token_hash: &[u8; 32],
) -> Result<Option<TokenOwner>, StoreError> {
    tx.fetch_optional(
        sql("SELECT g.id AS grant_id, g.client_id, g.user_id, g.workspace_id FROM oauth_access_tokens t \
             JOIN oauth_grants g ON g.id = t.grant_id WHERE t.token_hash = $1")
        .bind(token_hash),
    )
    .await
}

/// The owner of a refresh token.
pub(crate) async fn find_refresh_token_owner(
    tx: &mut Tx,
    token_hash: &[u8; 32],
) -> Result<Option<TokenOwner>, StoreError> {
    tx.fetch_optional(
        sql("SELECT g.id AS grant_id, g.client_id, g.user_id, g.workspace_id FROM oauth_refresh_tokens t \
             JOIN oauth_grants g ON g.id = t.grant_id WHERE t.token_hash = $1")
        .bind(token_hash),
    )
    .await
}

/// Revokes one access token. Tells whether it was not revoked before.
pub(crate) async fn revoke_access_token(
    tx: &mut Tx,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let revoked = tx
        .execute(
            sql("UPDATE oauth_access_tokens SET revoked_at = $2 WHERE token_hash = $1 AND revoked_at IS NULL")
                .bind(token_hash)
                .bind(now),
        )
        .await?;
    Ok(revoked > 0)
}
