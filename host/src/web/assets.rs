//! `GET /assets/…`: the style sheet and the icon, compiled in.

use axum::http::header;
use axum::response::{IntoResponse, Response};

const STYLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/style.css"));
const ICON: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/icon.svg"));

/// The style sheet of all pages.
pub(super) async fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

/// The icon.
pub(super) async fn icon() -> Response {
    asset("image/svg+xml", ICON)
}

fn asset(content_type: &'static str, body: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        // Short, so that a new version of the server is not shown in the style of the old one.
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, body).into_response()
}
