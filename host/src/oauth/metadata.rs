//! `GET /.well-known/…`: discovery documents (RFC 8414, RFC 9728).
//!
//! Clients look in different places and compare strings byte by byte, so every variant gives the same
//! document, and every URL in it is derived from the one public URL.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::scopes::default_scopes;
use crate::app::App;
use crate::config::PublicUrl;

/// Path of the document that the 401 challenge names.
const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource/mcp";

/// URL of the protected-resource document, for challenges.
pub(super) fn protected_resource_url(public_url: &PublicUrl) -> String {
    public_url.join(PROTECTED_RESOURCE)
}

/// The protected resource (RFC 9728).
pub(super) async fn protected_resource(State(app): State<App>) -> Response {
    let url = &app.config.public_url;
    document(json!({
        "resource": url.resource(),
        "authorization_servers": [url.issuer()],
        "scopes_supported": default_scopes().keys(),
        "bearer_methods_supported": ["header"],
        "resource_name": "Atmos Pro",
        "resource_documentation": url.join("/"),
    }))
}

/// The authorization server (RFC 8414), also where OpenID Connect clients look.
pub(super) async fn authorization_server(State(app): State<App>) -> Response {
    let url = &app.config.public_url;
    document(json!({
        "issuer": url.issuer(),
        "authorization_endpoint": url.join("/oauth/authorize"),
        "token_endpoint": url.join("/oauth/token"),
        "registration_endpoint": url.join("/oauth/register"),
        "revocation_endpoint": url.join("/oauth/revoke"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": default_scopes().keys(),
        "authorization_response_iss_parameter_supported": true,
        "service_documentation": url.join("/"),
    }))
}

/// Any other well-known path. An HTML page here breaks clients that try several.
pub(super) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "error": "not_found" }))).into_response()
}

fn document(body: Value) -> Response {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(body)).into_response()
}
