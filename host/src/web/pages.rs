//! The frame of a page, and pages that only say something.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::error_chain::Chain;

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    title: &'a str,
    text: &'a str,
    link: Option<Link<'a>>,
}

struct Link<'a> {
    href: &'a str,
    label: &'a str,
}

#[derive(Template)]
#[template(path = "unknown_client.html")]
struct UnknownClientPage;

/// Renders a template.
pub(crate) fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(error = %Chain(&error), "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A page with a heading and a sentence or two.
pub(crate) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    html(status, &MessagePage { title, text, link: None })
}

/// 503: the database or the audit log failed.
pub(crate) fn unavailable() -> Response {
    message(
        StatusCode::SERVICE_UNAVAILABLE,
        "This does not work right now",
        "The server could not do its part. Nothing was granted. Try again in a moment.",
    )
}

/// The client id of an authorization request is not known. Agents keep ids for ever, so the page says how
/// to make each of them register again.
pub(crate) fn unknown_client() -> Response {
    html(StatusCode::BAD_REQUEST, &UnknownClientPage)
}

/// The signed-in user belongs to no active workspace. `back` tells the client that nothing comes of it.
pub(crate) fn no_workspace(user: &str, back: &str) -> Response {
    let text = format!(
        "You are signed in as {user}, who belongs to no active workspace. Ask an owner of your workspace to invite you."
    );
    let link = Some(Link { href: back, label: "Back to the application" });
    html(StatusCode::FORBIDDEN, &MessagePage { title: "No workspace to connect", text: &text, link })
}
