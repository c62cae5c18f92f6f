//! JSON-RPC errors and their HTTP status.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::era::{Era, SUPPORTED};
use crate::rate_limit::Limited;

/// A refusal in JSON-RPC's words. Codes and statuses: `mcp-and-oauth.md` §1.7.
#[derive(Debug, thiserror::Error)]
pub(super) enum McpError {
    #[error("use POST")]
    MethodNotAllowed,
    #[error("Origin not allowed; add it to `allowed_origins`")]
    Origin,
    #[error("Content-Type must be application/json")]
    ContentType,
    #[error("Accept must allow application/json")]
    Accept,
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("Parse error: {0}")]
    Parse(String),
    #[error("Invalid request: {0}")]
    InvalidRequest(&'static str),
    #[error("Header mismatch: {0}")]
    HeaderMismatch(String),
    #[error("Unsupported protocol version")]
    UnsupportedVersion(String),
    #[error("Invalid params: {0}")]
    MissingMeta(&'static str),
    #[error("Method not found: {0}")]
    MethodNotFound(String),
    #[error("{0}")]
    InvalidParams(String),
    #[error("Rate limit exceeded: {} requests/{}. Retry in {} s.", .0.limit, .0.window.name(), .0.retry_after)]
    Limited(Limited),
    #[error("The server cannot answer now. Try again in a few seconds. (request {0})")]
    Unavailable(String),
}

impl McpError {
    fn status(&self, era: Era) -> StatusCode {
        match self {
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Accept => StatusCode::NOT_ACCEPTABLE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Parse(_)
            | Self::InvalidRequest(_)
            | Self::HeaderMismatch(_)
            | Self::UnsupportedVersion(_)
            | Self::MissingMeta(_) => StatusCode::BAD_REQUEST,
            Self::MethodNotFound(_) if era == Era::Modern => StatusCode::NOT_FOUND,
            Self::MethodNotFound(_) | Self::InvalidParams(_) => StatusCode::OK,
            Self::Limited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn code(&self) -> i32 {
        match self {
            Self::Parse(_) => -32_700,
            Self::MethodNotAllowed
            | Self::Origin
            | Self::ContentType
            | Self::Accept
            | Self::TooLarge(_)
            | Self::InvalidRequest(_) => -32_600,
            Self::MethodNotFound(_) => -32_601,
            Self::MissingMeta(_) | Self::InvalidParams(_) => -32_602,
            Self::Unavailable(_) => -32_603,
            Self::HeaderMismatch(_) => -32_020,
            Self::UnsupportedVersion(_) => -32_022,
            // Positive: outside the range that JSON-RPC reserves.
            Self::Limited(_) => 429,
        }
    }

    fn data(&self) -> Option<Value> {
        match self {
            Self::UnsupportedVersion(requested) => Some(json!({ "supported": SUPPORTED, "requested": requested })),
            Self::Limited(limited) => {
                Some(json!({ "retryAfterSeconds": limited.retry_after, "window": limited.window.name() }))
            }
            _ => None,
        }
    }

    /// The response, with the request's id where it could be read.
    pub(super) fn into_response(self, id: Option<&str>, era: Era) -> Response {
        let mut error = json!({ "code": self.code(), "message": self.to_string() });
        if let (Some(fields), Some(data)) = (error.as_object_mut(), self.data()) {
            fields.insert("data".to_owned(), data);
        }
        let id = id.map(|id| format!(r#""id":{id},"#)).unwrap_or_default();
        let mut response = json_response(self.status(era), format!(r#"{{"jsonrpc":"2.0",{id}"error":{error}}}"#));
        match self {
            Self::MethodNotAllowed => {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, OPTIONS"));
            }
            Self::Limited(limited) => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(limited.retry_after));
            }
            _ => {}
        }
        response
    }
}

/// A response with a JSON body that is already text.
pub(super) fn json_response(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
