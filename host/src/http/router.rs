//! All routes.

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use super::{health, middleware};
use crate::app::App;
use crate::{badge, ingest, mcp, oauth, web};

/// The server's routes. Layers run from the last to the first.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route(badge::PATH, get(web::show_badge))
        .merge(mcp::router(&app))
        .merge(oauth::router())
        .merge(web::router())
        .merge(ingest::router())
        .fallback(not_found)
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(app.clone(), middleware::host))
        .layer(from_fn_with_state(app.clone(), middleware::request_id))
        .with_state(app)
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, axum::Json(serde_json::json!({ "error": "not_found" }))).into_response()
}
