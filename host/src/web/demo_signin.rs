//! `POST /signin/demo`: signs in as a demo user, without a password. Only `atmos-mcp demo` has it, and only
//! on loopback.

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::return_to::ReturnTo;
use super::{form_guard, pages, session};
use crate::app::App;
use crate::audit::{Actor, AuditError, Entry};
use crate::error_chain::Chain;
use crate::http::RequestId;
use crate::store::StoreError;
use crate::store::users::{self, UserRow};

/// What the form's token is for.
const FORM: &str = "demo-sign-in-form";

#[derive(Deserialize)]
pub(super) struct DemoSignIn {
    user: String,
    return_to: String,
    form_token: String,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignInError {
    #[error("the demo sign-in does not exist here")]
    NoDemo,
    #[error("the form is not ours or out of date")]
    StaleForm,
    #[error("there is no such demo user")]
    UnknownUser,
    #[error("the session could not be stored")]
    Store(#[from] StoreError),
    #[error("the sign-in could not be audited")]
    Audit(#[from] AuditError),
}

/// Starts a session and leads back.
#[tracing::instrument(name = "web.demo_sign_in", skip_all)]
pub(super) async fn demo_sign_in(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    headers: HeaderMap,
    Form(form): Form<DemoSignIn>,
) -> Result<Response, SignInError> {
    // Security: anyone could be anyone here, so this exists in the demo alone.
    if !app.config.demo {
        return Err(SignInError::NoDemo);
    }
    if form_guard::is_cross_site(&headers) || !is_our_form(&app, &form) {
        return Err(SignInError::StaleForm);
    }
    let user = users::find_user(&app.store.read, &form.user).await?.filter(|user| user.github_id.is_none());
    let UserRow { id: user_id, login, .. } = user.ok_or(SignInError::UnknownUser)?;
    let cookies = session::create(&app, &user_id).await?;
    let actor = Actor::User { user_id: user_id.clone() };
    let entry = Entry::new(app.clock.now(), actor, ("auth", "signed_in"), request_id)
        .with_target("user", user_id)
        .with_metadata(&json!({ "login": login, "method": "demo" }));
    app.audit.write(entry).await?;
    let return_to = ReturnTo::parse(&form.return_to).unwrap_or_default();
    Ok((cookies, Redirect::to(return_to.as_str())).into_response())
}

/// A token for the sign-in form: `<seconds>.<signature>`.
pub(super) fn form_token(app: &App, return_to: &ReturnTo) -> String {
    form_guard::sign_for_an_hour(app, FORM, return_to.as_str())
}

fn is_our_form(app: &App, form: &DemoSignIn) -> bool {
    form_guard::verify_within_an_hour(app, FORM, &form.return_to, &form.form_token)
}

impl IntoResponse for SignInError {
    fn into_response(self) -> Response {
        match self {
            Self::NoDemo => {
                pages::message(StatusCode::NOT_FOUND, "Page not found", "There is no demo sign-in on this server.")
            }
            Self::StaleForm => pages::message(
                StatusCode::BAD_REQUEST,
                "This page is out of date",
                "Nobody was signed in. Go back, reload the page and try again.",
            ),
            Self::UnknownUser => pages::message(
                StatusCode::BAD_REQUEST,
                "There is no such user",
                "Nobody was signed in. Go back and choose one of the users of the demo.",
            ),
            Self::Store(_) | Self::Audit(_) => {
                tracing::error!(error = %Chain(&self), "a sign-in failed");
                pages::unavailable()
            }
        }
    }
}
