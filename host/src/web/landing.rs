//! `GET /`: what this server is and how to connect to it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::pages;
use crate::app::App;

#[derive(Template)]
#[template(path = "landing.html")]
struct LandingPage {
    mcp_url: String,
    is_demo: bool,
}

/// Shows the landing page.
pub(super) async fn landing(State(app): State<App>) -> Response {
    let page = LandingPage { mcp_url: app.config.public_url.resource(), is_demo: app.config.demo };
    pages::html(StatusCode::OK, &page)
}
