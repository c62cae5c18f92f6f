//! `POST /oauth/token` with `grant_type=refresh_token`: rotation that survives lost replies and races, and
//! that notices theft.
//!
//! Each use gives a successor. Presenting a rotated token again within [`RETRY_WINDOW`], while its successor
//! has not been used, gives the same successor again: two processes of one agent, or one whose connection
//! broke, must not be logged out. Any other second use revokes the grant. The successor is derived, so that
//! it can be given twice although only hashes are kept:
//!
//! ```text
//! RT(n+1) = prefix ‖ base62(HMAC-SHA256(server key, "refresh-token" ‖ RT(n) ‖ salt(n))) ‖ checksum
//! ```
//!
//! Security: the database has salt and hashes but not the key, so a copy of it derives nothing. The chain
//! stays linear: a thief who replays inside the window holds the same successor as the agent, and whichever
//! of them rotates it second is noticed.

use std::time::Duration;

use super::error::OAuthError;
use super::issue::{Issued, issue_access_token, store_refresh_token, token_entry};
use super::params::Params;
use super::scopes::narrowed;
use super::secret::{PlainToken, TokenKind};
use crate::app::App;
use crate::clock::Timestamp;
use crate::keys::ServerKey;
use crate::store::Tx;
use crate::store::oauth_grants::{self, GrantRow};
use crate::store::oauth_tokens::{self, RefreshTokenRow, Rotation};

/// How long a rotated token may be presented again.
const RETRY_WINDOW: Duration = Duration::from_secs(30);

/// How long expired tokens are kept, so that a late call is told that its token expired.
const KEEP_EXPIRED: Duration = Duration::from_hours(24);

const TOKEN_IS_BAD: OAuthError = OAuthError::InvalidGrant("the refresh token is unknown, expired or revoked");

/// What presenting a refresh token means.
#[derive(Debug, PartialEq, Eq)]
enum Use {
    First,
    Retry,
    Reuse,
}

impl Use {
    fn of(rotated_at: Option<i64>, successor_rotated_at: Option<i64>, now: Timestamp) -> Self {
        match rotated_at {
            None => Self::First,
            Some(at) if successor_rotated_at.is_none() && now.since(Timestamp::from_micros(at)) <= RETRY_WINDOW => {
                Self::Retry
            }
            Some(_) => Self::Reuse,
        }
    }

    const fn action(&self) -> &'static str {
        match self {
            Self::First => "token_refreshed",
            Self::Retry => "refresh_retry",
            Self::Reuse => "refresh_reuse",
        }
    }
}

/// Exchanges a refresh token for its successor and a new access token.
pub(super) async fn refresh(
    app: &App,
    client_id: &str,
    params: &Params,
    request_id: &str,
) -> Result<Issued, OAuthError> {
    let text = params.one("refresh_token")?.ok_or(OAuthError::InvalidRequest("refresh_token is missing"))?;
    let presented = PlainToken::parse(TokenKind::Refresh, text).ok_or(TOKEN_IS_BAD)?;
    let now = app.clock.now();
    let mut tx = app.store.write.begin().await?;
    let row =
        oauth_tokens::find_refresh_token_for_update(&mut tx, presented.hash().as_bytes()).await?.ok_or(TOKEN_IS_BAD)?;
    let grant = oauth_grants::find_live_grant(&mut tx, &row.grant_id).await?.ok_or(TOKEN_IS_BAD)?;
    if grant.client_id != client_id {
        drop(tx); // the audit log writes through the same connection
        return refuse(app, &grant, "refresh_by_other_client", request_id).await;
    }
    if row.expires_at <= now.micros() {
        return Err(TOKEN_IS_BAD);
    }
    let scopes = narrowed(grant.permissions(), params.one("scope")?).ok_or(OAuthError::InvalidScope)?;
    let mut chain = Chain { app, tx: &mut tx, grant: &grant, now };
    let (kind, successor) = chain.advance(&presented, &row).await?;
    let Some(refresh) = successor else {
        tx.commit().await?;
        return refuse(app, &grant, kind.action(), request_id).await;
    };
    let access = issue_access_token(app, &mut tx, &grant.id, scopes, now).await?;
    tx.commit().await?;
    app.audit.write(token_entry(&grant, kind.action(), now, request_id)).await?;
    Ok(Issued { access, refresh, scopes })
}

async fn refuse(app: &App, grant: &GrantRow, action: &'static str, request_id: &str) -> Result<Issued, OAuthError> {
    let entry = token_entry(grant, action, app.clock.now(), request_id).with_outcome("refused", None);
    app.audit.write(entry).await?;
    Err(TOKEN_IS_BAD)
}

/// The rotation chain of a grant, inside a transaction that holds the presented token's row.
struct Chain<'a> {
    app: &'a App,
    tx: &'a mut Tx,
    grant: &'a GrantRow,
    now: Timestamp,
}

impl Chain<'_> {
    /// Gives the successor of a token; none if this was a reuse, which revokes the grant.
    async fn advance(
        &mut self,
        presented: &PlainToken,
        row: &RefreshTokenRow,
    ) -> Result<(Use, Option<PlainToken>), OAuthError> {
        let successor_rotated_at = match &row.successor_hash {
            Some(hash) => oauth_tokens::find_rotation(self.tx, hash).await?,
            None => None,
        };
        let kind = Use::of(row.rotated_at, successor_rotated_at, self.now);
        let successor = match kind {
            Use::First => Some(self.rotate(presented, row).await?),
            Use::Retry => Some(again(&self.app.key, presented, row)?),
            Use::Reuse => {
                oauth_grants::revoke_grant(self.tx, &self.grant.id, "refresh_reuse", self.now).await?;
                None
            }
        };
        Ok((kind, successor))
    }

    async fn rotate(&mut self, presented: &PlainToken, row: &RefreshTokenRow) -> Result<PlainToken, OAuthError> {
        let salt = self.app.entropy.bytes::<16>();
        let successor = derive(&self.app.key, presented, &salt);
        let (token_hash, successor_hash) = (presented.hash(), successor.hash());
        let rotation = Rotation {
            token_hash: token_hash.as_bytes(),
            salt: &salt,
            successor_hash: successor_hash.as_bytes(),
            rotated_at: self.now,
        };
        oauth_tokens::rotate_refresh_token(self.tx, &rotation).await?;
        store_refresh_token(self.tx, successor_hash, &self.grant.id, row.generation + 1, self.now).await?;
        oauth_tokens::tidy_chain(self.tx, &self.grant.id, row.generation, self.now.minus(KEEP_EXPIRED)).await?;
        Ok(successor)
    }
}

/// The successor of a token: the same for the same token and salt.
fn derive(key: &ServerKey, token: &PlainToken, salt: &[u8]) -> PlainToken {
    PlainToken::from_bits(TokenKind::Refresh, &key.derive("refresh-token", &[token.expose().as_bytes(), salt]))
}

/// The successor that a token already has.
fn again(key: &ServerKey, token: &PlainToken, row: &RefreshTokenRow) -> Result<PlainToken, OAuthError> {
    let salt = row.salt.as_deref().ok_or(TOKEN_IS_BAD)?;
    let successor = derive(key, token, salt);
    // With another server key, the derived token would be one that nobody knows.
    let is_known = row.successor_hash.as_deref() == Some(successor.hash().as_bytes().as_slice());
    is_known.then_some(successor).ok_or(TOKEN_IS_BAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: ServerKey = ServerKey::from_bytes([9; 32]);

    fn token() -> PlainToken {
        PlainToken::from_bits(TokenKind::Refresh, &[1; 32])
    }

    #[test]
    fn a_successor_depends_on_token_salt_and_key_and_nothing_else() {
        let successor = derive(&KEY, &token(), &[2; 16]);
        assert_eq!(successor, derive(&KEY, &token(), &[2; 16]));
        assert!(PlainToken::parse(TokenKind::Refresh, successor.expose()).is_some());
        assert_ne!(successor, derive(&KEY, &token(), &[3; 16]));
        assert_ne!(successor, derive(&KEY, &successor, &[2; 16]));
        assert_ne!(successor, derive(&ServerKey::from_bytes([8; 32]), &token(), &[2; 16]));
    }

    #[test]
    fn a_retry_gives_the_stored_successor_or_nothing() {
        let salt = [2; 16];
        let successor = derive(&KEY, &token(), &salt);
        let mut row = RefreshTokenRow {
            grant_id: "grant_1".to_owned(),
            generation: 0,
            salt: Some(salt.to_vec()),
            successor_hash: Some(successor.hash().as_bytes().to_vec()),
            expires_at: 0,
            rotated_at: Some(0),
        };
        assert_eq!(again(&KEY, &token(), &row).unwrap(), successor);
        assert!(again(&ServerKey::from_bytes([8; 32]), &token(), &row).is_err());
        row.salt = None;
        assert!(again(&KEY, &token(), &row).is_err());
    }

    #[test]
    fn only_a_prompt_second_use_before_the_successors_first_is_a_retry() {
        let second = |n: i64| Timestamp::from_micros(n * 1_000_000);
        let rotated_at = Some(second(100).micros());
        assert_eq!(Use::of(None, None, second(100)), Use::First);
        assert_eq!(Use::of(rotated_at, None, second(100)), Use::Retry);
        assert_eq!(Use::of(rotated_at, None, second(130)), Use::Retry);
        assert_eq!(Use::of(rotated_at, None, second(131)), Use::Reuse);
        assert_eq!(Use::of(rotated_at, Some(second(101).micros()), second(101)), Use::Reuse);
        // Another replica's clock may be a little behind.
        assert_eq!(Use::of(rotated_at, None, second(99)), Use::Retry);
    }
}
