//! `GET /signin?return_to=/…`: the ways to sign in.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::return_to::ReturnTo;
use super::{demo_signin, github_signin, pages};
use crate::app::App;
use crate::error_chain::Chain;
use crate::store::StoreError;
use crate::store::users::{self, DemoUser};

#[derive(Deserialize)]
pub(super) struct SignInQuery {
    return_to: Option<String>,
}

#[derive(Template)]
#[template(path = "signin.html")]
struct SignInPage<'a> {
    return_to: &'a str,
    github: Option<GithubForm>,
    demo: Option<DemoForm>,
}

struct GithubForm {
    form_token: String,
}

struct DemoForm {
    users: Vec<DemoUser>,
    form_token: String,
}

/// Shows who the visitor can be.
pub(super) async fn sign_in(State(app): State<App>, Query(query): Query<SignInQuery>) -> Response {
    if !app.config.demo && app.github.is_none() {
        return pages::message(
            StatusCode::SERVICE_UNAVAILABLE,
            "Sign-in is not set up",
            "The operator of this server must configure a way to sign in: a [github] section with client_id and \
             client_secret in its configuration file. To try the server without, run `atmos-mcp demo`.",
        );
    }
    let return_to = query.return_to.as_deref().and_then(ReturnTo::parse).unwrap_or_default();
    let demo = match demo_form(&app, &return_to).await {
        Ok(demo) => demo,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "the sign-in page failed");
            return pages::unavailable();
        }
    };
    let github = app.github.is_some().then(|| GithubForm { form_token: github_signin::form_token(&app, &return_to) });
    pages::html(StatusCode::OK, &SignInPage { return_to: return_to.as_str(), github, demo })
}

/// Whom the demo signs in; none on any other server.
async fn demo_form(app: &App, return_to: &ReturnTo) -> Result<Option<DemoForm>, StoreError> {
    if !app.config.demo {
        return Ok(None);
    }
    let users = users::list_demo_users(&app.store.read).await?;
    Ok(Some(DemoForm { users, form_token: demo_signin::form_token(app, return_to) }))
}
