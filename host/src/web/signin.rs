//! `GET /signin?return_to=/…`: the ways to sign in.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::demo_signin;
use super::pages;
use super::return_to::ReturnTo;
use crate::app::App;
use crate::error_chain::Chain;
use crate::store::users::{self, DemoUser};

#[derive(Deserialize)]
pub(super) struct SignInQuery {
    return_to: Option<String>,
}

#[derive(Template)]
#[template(path = "signin.html")]
struct SignInPage<'a> {
    users: Vec<DemoUser>,
    return_to: &'a str,
    form_token: String,
}

/// Shows who the visitor can be.
pub(super) async fn sign_in(State(app): State<App>, Query(query): Query<SignInQuery>) -> Response {
    if !app.config.demo {
        return pages::message(
            StatusCode::SERVICE_UNAVAILABLE,
            "Sign-in is not set up",
            "The operator of this server must configure a way to sign in: a [github] section with client_id and \
             client_secret in its configuration file. To try the server without, run `atmos-mcp demo`.",
        );
    }
    let return_to = query.return_to.as_deref().and_then(ReturnTo::parse).unwrap_or_default();
    match users::list_demo_users(&app.store.read).await {
        Ok(users) => {
            let form_token = demo_signin::form_token(&app, &return_to);
            let page = SignInPage { users, return_to: return_to.as_str(), form_token };
            pages::html(StatusCode::OK, &page)
        }
        Err(error) => {
            tracing::error!(error = %Chain(&error), "the sign-in page failed");
            pages::unavailable()
        }
    }
}
