//! Pages for people: landing page, sign-in, and what they are made of.
//!
//! Rendered on the server, without scripts. The consent page is part of [`crate::oauth`] and borrows
//! sessions, form tokens and the page frame from here.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use axum::routing::{get, post};

use crate::app::App;

mod badge;
mod landing;
mod signin;
mod demo_signin;
mod github_signin;
mod assets;

pub(crate) mod form_guard;
pub(crate) mod pages;
pub(crate) mod session;
mod pending_signin;
mod return_to;
mod security_headers;

pub(crate) use badge::show_badge;
pub(crate) use security_headers::security_headers;

/// Larger forms are refused (413).
const MAX_BODY: usize = 32 << 10;

/// All pages.
pub(crate) fn router() -> Router<App> {
    let pages = Router::new()
        .route("/", get(landing::landing))
        .route("/signin", get(signin::sign_in))
        .route("/signin/demo", post(demo_signin::demo_sign_in))
        .route("/signin/github", post(github_signin::start))
        .route("/signin/github/callback", get(github_signin::callback))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(map_response(security_headers));
    let assets =
        Router::new().route("/assets/style.css", get(assets::style)).route("/assets/icon.svg", get(assets::icon));
    pages.merge(assets)
}
