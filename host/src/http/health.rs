//! `GET /livez`, `GET /readyz`.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::store::sql;

/// The process runs.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// The database answers, so requests can be served.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    let answer: Result<Option<(i64,)>, _> = app.store.read.fetch_optional(sql("SELECT CAST(1 AS BIGINT)")).await;
    match answer {
        Ok(_) => (StatusCode::OK, "ok\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
