//! `GET /livez`, `GET /readyz`.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;

/// The process runs.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// The database answers, so requests can be served.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.store.ping().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
