//! Refusals of the endpoints that programs call, in the words of RFC 6749 §5.2 and RFC 7591 §3.2.2.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::params::Repeated;
use crate::audit::AuditError;
use crate::error_chain::Chain;
use crate::store::StoreError;

/// Why a request to the token, revocation or registration endpoint is refused. `Display` is the
/// `error_description`: ASCII without quotes or backslashes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OAuthError {
    /// Something is missing, repeated or malformed.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// Tells a client to register again, so it is for unknown client ids alone.
    #[error("the client_id is not known here; register again")]
    InvalidClient,
    /// Tells a client to send its user through authorization again.
    #[error("{0}")]
    InvalidGrant(&'static str),
    /// The scope exceeds what was granted.
    #[error("the scope exceeds what was granted")]
    InvalidScope,
    /// RFC 8707: the resource is not ours.
    #[error("tokens are issued for this server's MCP endpoint alone")]
    InvalidTarget,
    /// Neither a code nor a refresh token.
    #[error("grant_type must be authorization_code or refresh_token")]
    UnsupportedGrantType,
    /// RFC 7591: a redirect URI is not acceptable.
    #[error("{0}")]
    InvalidRedirectUri(&'static str),
    /// RFC 7591: another field is not acceptable.
    #[error("{0}")]
    InvalidClientMetadata(&'static str),
    /// The database failed.
    #[error("the request could not be served; try again")]
    Store(#[from] StoreError),
    /// The audit log could not be written, so nothing is handed out.
    #[error("the request could not be served; try again")]
    Audit(#[from] AuditError),
}

impl From<Repeated> for OAuthError {
    fn from(_: Repeated) -> Self {
        Self::InvalidRequest("a parameter was sent more than once")
    }
}

impl OAuthError {
    const fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidRequest(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::InvalidGrant(_) => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Self::InvalidScope => (StatusCode::BAD_REQUEST, "invalid_scope"),
            Self::InvalidTarget => (StatusCode::BAD_REQUEST, "invalid_target"),
            Self::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::InvalidRedirectUri(_) => (StatusCode::BAD_REQUEST, "invalid_redirect_uri"),
            Self::InvalidClientMetadata(_) => (StatusCode::BAD_REQUEST, "invalid_client_metadata"),
            Self::Store(_) | Self::Audit(_) => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let (status, code) = self.code();
        // Security: causes are logged with their chain and never sent.
        if status.is_server_error() {
            tracing::error!(error = %Chain(&self), "an OAuth request failed");
        }
        let body = json!({ "error": code, "error_description": self.to_string() });
        (status, no_store(), Json(body)).into_response()
    }
}

/// Headers of every reply that may hold a token or tell of one (RFC 6749 §5.1).
pub(super) fn no_store() -> [(HeaderName, HeaderValue); 2] {
    [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ]
}
