//! `POST /oauth/revoke` (RFC 7009): a refresh token ends its whole grant, an access token only itself.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::error::{OAuthError, no_store};
use super::params::Params;
use super::secret::{PlainToken, TokenKind};
use super::token::known_client;
use crate::app::App;
use crate::audit::{Actor, Entry};
use crate::http::RequestId;
use crate::store::oauth_tokens::{self, TokenOwner};
use crate::store::{StoreError, oauth_grants};

/// Revokes a token of the client that asks.
#[tracing::instrument(name = "oauth.revoke", skip_all)]
pub(super) async fn revoke(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    body: Bytes,
) -> Result<Response, OAuthError> {
    let params = Params::parse(&body);
    params.refuse_repeats()?;
    let client_id = known_client(&app, &params).await?;
    let text = params.one("token")?.ok_or(OAuthError::InvalidRequest("token is missing"))?;
    // `token_type_hint` is not needed: the prefix says what a token is.
    let revoked = if let Some(token) = PlainToken::parse(TokenKind::Refresh, text) {
        revoke_chain(&app, client_id, &token).await?.map(|owner| (owner, "grant_revoked"))
    } else if let Some(token) = PlainToken::parse(TokenKind::Access, text) {
        revoke_one(&app, client_id, &token).await?.map(|owner| (owner, "token_revoked"))
    } else {
        None
    };
    if let Some((owner, action)) = revoked {
        app.audit.write(entry(&app, owner, action, &request_id)).await?;
    }
    // RFC 7009 §2.2: an unknown or foreign token is answered like a revoked one.
    Ok((StatusCode::OK, no_store()).into_response())
}

/// Revokes a refresh token's grant; gives its owner if that changed anything.
async fn revoke_chain(app: &App, client_id: &str, token: &PlainToken) -> Result<Option<TokenOwner>, StoreError> {
    let mut tx = app.store.write.begin().await?;
    let owner = oauth_tokens::find_refresh_token_owner(&mut tx, token.hash().as_bytes()).await?;
    let Some(owner) = owner.filter(|owner| owner.client_id == client_id) else { return Ok(None) };
    let is_news = oauth_grants::revoke_grant(&mut tx, &owner.grant_id, "client", app.clock.now()).await?;
    tx.commit().await?;
    Ok(is_news.then_some(owner))
}

/// Revokes one access token; gives its owner if that changed anything.
async fn revoke_one(app: &App, client_id: &str, token: &PlainToken) -> Result<Option<TokenOwner>, StoreError> {
    let token_hash = token.hash();
    let mut tx = app.store.write.begin().await?;
    let owner = oauth_tokens::find_access_token_owner(&mut tx, token_hash.as_bytes()).await?;
    let Some(owner) = owner.filter(|owner| owner.client_id == client_id) else { return Ok(None) };
    let is_news = oauth_tokens::revoke_access_token(&mut tx, token_hash.as_bytes(), app.clock.now()).await?;
    tx.commit().await?;
    Ok(is_news.then_some(owner))
}

fn entry(app: &App, owner: TokenOwner, action: &'static str, request_id: &str) -> Entry {
    let TokenOwner { grant_id, client_id, user_id, workspace_id } = owner;
    let actor = Actor::McpClient { user_id, client_id, grant_id: grant_id.clone() };
    Entry::new(app.clock.now(), actor, ("mcp", action), request_id)
        .with_workspace(workspace_id)
        .with_target("grant", grant_id)
}
