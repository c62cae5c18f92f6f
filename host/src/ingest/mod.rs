//! What the unmodified `atmos` CLI uploads: `/api/v1/…`, authenticated by a workspace token.
//!
//! The CLI retries 401 and 5xx with the same body, gives up on any other 4xx, and shows the user the
//! `errorMessage` of the [`envelope`]. So every endpoint is idempotent, none answers 429, and every message
//! says what to change.

use std::future::{Ready, ready};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::response::Response;
use axum::routing::{any, post};

use crate::app::App;
use crate::http::RequestId;

mod bearer;
mod envelope;
mod instances;
mod settings;
mod upload;

use envelope::IngestError;

/// The CLI cuts uploads at about 4 MiB, but cuts by the average size of an instance, so a chunk can be
/// larger.
const MAX_BODY: usize = 16 << 20;

/// The routes under `/api/v1`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/instances", post(instances::upload))
        // The CLI joins base URL and endpoint as they are, so a base URL that ends in `/` gives this.
        .route("//api/v1/instances", post(instances::upload))
        .route("/api/v1/{*path}", any(not_found))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// An endpoint that the CLI knows and this server does not.
fn not_found(RequestId(request_id): RequestId, method: Method, uri: Uri) -> Ready<Response> {
    ready(IngestError::UnknownEndpoint(format!("{method} {}", uri.path())).respond(request_id))
}
