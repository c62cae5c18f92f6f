//! The OAuth 2.1 authorization server, and bearer authentication of the MCP endpoint.
//!
//! The files stand in the order in which a client meets them: discovery, registration, the browser's
//! detour, tokens, revocation, and then [`bearer`] on every call.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, header};
use axum::middleware::map_response;
use axum::routing::{any, get, post};
use tower_http::cors::{Any, CorsLayer};

use crate::app::App;
use crate::web::security_headers;

mod metadata;
mod register;
mod authorize;
mod consent;
mod token;
mod refresh;
mod revoke;
mod bearer;

mod authorization_response;
mod client;
mod error;
mod issue;
mod params;
mod pkce;
mod redirect_uri;
mod resource;
mod scopes;
mod secret;

pub(crate) use bearer::insufficient_scope_response;
pub use bearer::{BearerError, authenticate};
pub(crate) use secret::{PlainToken, TokenKind};

/// Larger bodies are refused (413; a registration, in RFC 7591's words, with 400); the largest real registration is about 1 kB.
const MAX_BODY: usize = 16 << 10;

/// Larger consent forms are refused; one repeats the whole authorization request, percent-encoded twice.
const MAX_FORM: usize = 64 << 10;

/// All routes of the authorization server.
pub(crate) fn router() -> Router<App> {
    Router::new().merge(protocol_routes()).merge(browser_routes())
}

/// What programs call, from any origin.
fn protocol_routes() -> Router<App> {
    Router::new()
        .route("/.well-known/oauth-protected-resource", get(metadata::protected_resource))
        .route("/.well-known/oauth-protected-resource/mcp", get(metadata::protected_resource))
        .route("/.well-known/oauth-authorization-server", get(metadata::authorization_server))
        .route("/.well-known/oauth-authorization-server/mcp", get(metadata::authorization_server))
        .route("/.well-known/openid-configuration", get(metadata::authorization_server))
        .route("/.well-known/openid-configuration/mcp", get(metadata::authorization_server))
        .route("/mcp/.well-known/openid-configuration", get(metadata::authorization_server))
        .route("/.well-known/{*rest}", any(metadata::not_found))
        .route("/oauth/register", post(register::register))
        .route("/oauth/token", post(token::token))
        .route("/oauth/revoke", post(revoke::revoke))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(cors())
}

/// What a person's browser visits. No CORS: no other origin may read these pages.
fn browser_routes() -> Router<App> {
    Router::new()
        .route("/oauth/authorize", get(authorize::authorize))
        .route("/oauth/authorize/consent", post(consent::decide))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(map_response(security_headers))
}

fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            header::HeaderName::from_static("mcp-protocol-version"),
        ])
        .expose_headers([header::WWW_AUTHENTICATE])
}
