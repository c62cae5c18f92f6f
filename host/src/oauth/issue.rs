//! Tokens on their way out: how long they live, and the reply that hands them out.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::error::no_store;
use super::secret::{PlainToken, TokenHash, TokenKind};
use crate::app::App;
use crate::audit::{Actor, Entry};
use crate::authz::PermissionSet;
use crate::clock::Timestamp;
use crate::store::oauth_grants::GrantRow;
use crate::store::oauth_tokens::{self, NewToken};
use crate::store::{StoreError, Tx};

/// Lifetime of an access token. Clients refresh before every call when it is much shorter.
const ACCESS_TTL: Duration = Duration::from_hours(1);

/// Lifetime of a refresh token; its successor gets as long again.
const REFRESH_TTL: Duration = Duration::from_hours(720);

/// A reply of the token endpoint.
pub(super) struct Issued {
    pub(super) access: PlainToken,
    pub(super) refresh: PlainToken,
    pub(super) scopes: PermissionSet,
}

impl IntoResponse for Issued {
    fn into_response(self) -> Response {
        let body = json!({
            "access_token": self.access.expose(),
            "token_type": "Bearer",
            "expires_in": ACCESS_TTL.as_secs(),
            "refresh_token": self.refresh.expose(),
            "scope": self.scopes.to_scope(),
        });
        (no_store(), Json(body)).into_response()
    }
}

/// Makes and stores a new access token of a grant.
pub(super) async fn issue_access_token(
    app: &App,
    tx: &mut Tx,
    grant_id: &str,
    scopes: PermissionSet,
    now: Timestamp,
) -> Result<PlainToken, StoreError> {
    let token = PlainToken::generate(TokenKind::Access, &app.entropy);
    let token_hash = token.hash();
    let row =
        NewToken { token_hash: token_hash.as_bytes(), grant_id, created_at: now, expires_at: now.plus(ACCESS_TTL) };
    oauth_tokens::insert_access_token(tx, &row, scopes).await?;
    Ok(token)
}

/// Stores a refresh token, the `generation`th of its grant.
pub(super) async fn store_refresh_token(
    tx: &mut Tx,
    token_hash: TokenHash,
    grant_id: &str,
    generation: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row =
        NewToken { token_hash: token_hash.as_bytes(), grant_id, created_at: now, expires_at: now.plus(REFRESH_TTL) };
    oauth_tokens::insert_refresh_token(tx, &row, generation).await
}

/// An audit row for something that happened to a grant's tokens.
pub(super) fn token_entry(grant: &GrantRow, action: &'static str, now: Timestamp, request_id: &str) -> Entry {
    let actor = Actor::McpClient {
        user_id: grant.user_id.clone(),
        client_id: grant.client_id.clone(),
        grant_id: grant.id.clone(),
    };
    Entry::new(now, actor, ("mcp", action), request_id)
        .with_workspace(&grant.workspace_id)
        .with_target("grant", &grant.id)
}
