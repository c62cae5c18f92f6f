//! What every request passes, in the order of `router.rs`.

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use super::origin::host_is_allowed;
use super::request_id::RequestId;
use crate::app::App;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request its id, logs it, and puts the id into the response.
///
/// Security: the path alone is logged; queries and headers hold codes and tokens.
pub(super) async fn request_id(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = RequestId(app.entropy.id("req", app.clock.now()));
    request.extensions_mut().insert(id.clone());
    let span =
        tracing::info_span!("request", request.id = %id.0, method = %request.method(), path = request.uri().path());
    let mut response = async {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await;
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

/// Refuses hosts that are not ours: a page that rebinds its name to our address gets no further.
pub(super) async fn host(State(app): State<App>, request: Request, next: Next) -> Response {
    // HTTP/2 and absolute-form requests carry the host in the URI.
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(HOST).and_then(|host| host.to_str().ok()),
    };
    if host.is_some_and(|host| host_is_allowed(&app.config, host)) {
        return next.run(request).await;
    }
    let message = "This host name is not served here. Set `public_url` to the name that clients use.";
    let body = axum::Json(serde_json::json!({ "error": "misdirected_request", "error_description": message }));
    (StatusCode::MISDIRECTED_REQUEST, body).into_response()
}
