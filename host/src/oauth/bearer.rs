//! Bearer authentication of `/mcp` (RFC 6750), and the challenges that tell a client what to do next.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::metadata::protected_resource_url;
use super::scopes::{default_scopes, with_membership};
use super::secret::{PlainToken, TokenKind};
use crate::app::App;
use crate::authz::{Caller, Permission, PermissionSet};
use crate::error_chain::Chain;
use crate::store::oauth_tokens::{self, AccessToken};

/// A call that is not authenticated.
#[derive(Debug)]
pub struct BearerError {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
    challenge: Option<String>,
}

/// Finds out who calls. One read of the database, at every call, so that revocation bites at once.
pub async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Caller, BearerError> {
    let token = bearer_token(app, headers)?;
    // Security: a token that is not ours is refused without a look-up, and none is ever logged.
    let token = PlainToken::parse(TokenKind::Access, token)
        .ok_or_else(|| BearerError::invalid_token(app, "The access token is malformed"))?;
    let audience = app.config.public_url.resource();
    let found =
        oauth_tokens::find_live_access_token(&app.store.read, token.hash().as_bytes(), &audience, app.clock.now())
            .await;
    match found {
        Ok(AccessToken::Live(record)) => Ok(Caller::from_token(record)),
        Ok(AccessToken::Expired) => Err(BearerError::invalid_token(app, "The access token expired")),
        Ok(AccessToken::Revoked) => Err(BearerError::invalid_token(app, "The access token was revoked")),
        Ok(AccessToken::Unknown) => Err(BearerError::invalid_token(app, "The access token is not known here")),
        Err(error) => {
            tracing::error!(error = %Chain(&error), "an access token could not be looked up");
            Err(BearerError::unavailable())
        }
    }
}

/// The token of the one `Authorization: Bearer` header. Tokens in the query are not looked at.
fn bearer_token<'a>(app: &App, headers: &'a HeaderMap) -> Result<&'a str, BearerError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Err(BearerError::missing(app)) };
    if values.next().is_some() {
        return Err(BearerError::repeated(app));
    }
    let credentials = value.to_str().ok().and_then(|value| value.split_once(' '));
    match credentials {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        // Another scheme counts as no credentials of ours.
        Some(_) | None => Err(BearerError::missing(app)),
    }
}

impl BearerError {
    /// RFC 6750 §3: a client that sent no credentials is not told of an error.
    fn missing(app: &App) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "unauthorized",
            description: "Sign in: send an access token as `Authorization: Bearer …`",
            challenge: Some(challenge(app, None, default_scopes())),
        }
    }

    fn invalid_token(app: &App, description: &'static str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_token",
            description,
            challenge: Some(challenge(app, Some(("invalid_token", description)), default_scopes())),
        }
    }

    fn repeated(app: &App) -> Self {
        let description = "The Authorization header was sent more than once";
        Self {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_request",
            description,
            challenge: Some(challenge(app, Some(("invalid_request", description)), default_scopes())),
        }
    }

    fn unavailable() -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            error: "temporarily_unavailable",
            description: "The access token could not be checked; try again",
            challenge: None,
        }
    }
}

impl IntoResponse for BearerError {
    fn into_response(self) -> Response {
        refusal(self.status, self.error, self.description, self.challenge)
    }
}

/// 403: the token is good but lacks `required`. The challenge names what the client has and what it needs,
/// so that one that authorizes again with just these scopes loses none (R-09).
pub(crate) fn insufficient_scope_response(app: &App, granted: PermissionSet, required: Permission) -> Response {
    let description = "The access token lacks a scope that this operation needs";
    let scopes = with_membership(granted.iter().chain([required]).collect());
    let challenge = challenge(app, Some(("insufficient_scope", description)), scopes);
    refusal(StatusCode::FORBIDDEN, "insufficient_scope", description, Some(challenge))
}

/// `Bearer error="…", error_description="…", resource_metadata="…", scope="…"`, on one line.
fn challenge(app: &App, error: Option<(&str, &str)>, scopes: PermissionSet) -> String {
    let url = protected_resource_url(&app.config.public_url);
    let tail = format!(r#"resource_metadata="{url}", scope="{}""#, scopes.to_scope());
    match error {
        None => format!("Bearer {tail}"),
        Some((error, description)) => {
            format!(r#"Bearer error="{error}", error_description="{description}", {tail}"#)
        }
    }
}

fn refusal(status: StatusCode, error: &str, description: &str, challenge: Option<String>) -> Response {
    let body = Json(json!({ "error": error, "error_description": description }));
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], body).into_response();
    // The parts are ASCII: an origin, scope keys and texts of ours.
    if let Some(challenge) = challenge.and_then(|challenge| HeaderValue::try_from(challenge).ok()) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
