//! `POST /signin/github` and `GET /signin/github/callback`: sign-in with GitHub (its web application flow,
//! with PKCE).
//!
//! GitHub says who somebody is and nothing more: its token is asked once and dropped.

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use serde_json::json;

use super::pending_signin::{self, PendingSignIn};
use super::return_to::ReturnTo;
use super::{form_guard, pages, session};
use crate::app::App;
use crate::audit::{Actor, AuditError, Entry};
use crate::error_chain::Chain;
use crate::http::RequestId;
use crate::store::invited_members::{self, Claimed};
use crate::store::users::{self, NewUser};
use crate::store::{StoreError, Tx};
use crate::upstream::{AuthorizationUrl, GithubError, GithubUser};

/// Where GitHub sends browsers back to; the App's callback URL must be this path.
const CALLBACK: &str = "/signin/github/callback";

/// What the form's token is for.
const FORM: &str = "github-sign-in-form";

#[derive(Deserialize)]
pub(super) struct GithubSignIn {
    return_to: String,
    form_token: String,
}

/// What GitHub sends the browser back with (RFC 6749 §4.1.2).
#[derive(Deserialize)]
pub(super) struct Answer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub(super) enum GithubSignInError {
    #[error("sign-in with GitHub is not configured")]
    NotConfigured,
    #[error("the form is not ours or out of date")]
    StaleForm,
    #[error("the way back is too long for a cookie")]
    TooLong,
    #[error("the sign-in was not started in this browser, or too long ago")]
    StaleSignIn,
    #[error("the person refused at GitHub")]
    Denied,
    #[error("GitHub did not say who it is")]
    Github(#[from] GithubError),
    #[error("the user or session could not be stored")]
    Store(#[from] StoreError),
    #[error("the sign-in could not be audited")]
    Audit(#[from] AuditError),
}

/// Sends the browser to GitHub.
#[tracing::instrument(name = "web.github_sign_in", skip_all)]
pub(super) async fn start(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<GithubSignIn>,
) -> Result<Response, GithubSignInError> {
    let github = app.github.as_ref().ok_or(GithubSignInError::NotConfigured)?;
    if form_guard::is_cross_site(&headers) || !is_our_form(&app, &form) {
        return Err(GithubSignInError::StaleForm);
    }
    let return_to = ReturnTo::parse(&form.return_to).unwrap_or_default();
    let pending = PendingSignIn::new(&app.entropy, app.clock.now(), return_to);
    let cookie = pending.to_cookie(&app).ok_or(GithubSignInError::TooLong)?;
    let url = github.authorization_url(&AuthorizationUrl {
        redirect_uri: &app.config.public_url.join(CALLBACK),
        state: pending.state(),
        code_challenge: &pending.code_challenge(),
    });
    Ok((CookieJar::new().add(cookie), Redirect::to(url.as_str())).into_response())
}

/// Signs in whom GitHub names, and leads back.
#[tracing::instrument(name = "web.github_callback", skip_all)]
pub(super) async fn callback(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Response {
    let result = finish(&app, &headers, &answer, &request_id).await;
    // Security: whatever came of it, the state is used up.
    (CookieJar::new().add(pending_signin::used_up(&app)), result).into_response()
}

async fn finish(
    app: &App,
    headers: &HeaderMap,
    answer: &Answer,
    request_id: &str,
) -> Result<Response, GithubSignInError> {
    let github = app.github.as_ref().ok_or(GithubSignInError::NotConfigured)?;
    let state = answer.state.as_deref().ok_or(GithubSignInError::StaleSignIn)?;
    let pending = PendingSignIn::from_cookie(app, headers)
        .filter(|pending| pending.has_state(state))
        .ok_or(GithubSignInError::StaleSignIn)?;
    match answer.error.as_deref() {
        None => {}
        Some("access_denied") => return Err(GithubSignInError::Denied),
        Some(error) => return Err(GithubError::refused(error).into()),
    }
    let code = answer.code.as_deref().ok_or(GithubSignInError::StaleSignIn)?;
    let redirect_uri = app.config.public_url.join(CALLBACK);
    let token = github.exchange_code(code, pending.code_verifier(), &redirect_uri).await?;
    let account = github.fetch_user(&token).await?;
    sign_in(app, &account, pending.return_to(), request_id).await
}

async fn sign_in(
    app: &App,
    account: &GithubUser,
    return_to: &ReturnTo,
    request_id: &str,
) -> Result<Response, GithubSignInError> {
    let mut tx = app.store.write.begin().await?;
    let (user_id, claimed) = store_user(app, &mut tx, account).await?;
    tx.commit().await?;
    let cookies = session::create(app, &user_id).await?;
    audit(app, account, &user_id, &claimed, request_id).await?;
    if users::list_memberships(&app.store.read, &user_id).await?.is_empty() {
        return Ok((cookies, no_workspace(&account.login)).into_response());
    }
    Ok((cookies, Redirect::to(return_to.as_str())).into_response())
}

/// Stores who signed in, and makes them a member where their login was invited.
async fn store_user(app: &App, tx: &mut Tx, account: &GithubUser) -> Result<(String, Vec<Claimed>), StoreError> {
    let now = app.clock.now();
    let user = NewUser {
        id: &app.entropy.id("usr", now),
        github_id: Some(account.id),
        login: &account.login,
        name: account.name.as_deref(),
        created_at: now,
    };
    let user_id = users::upsert_github_user(tx, &user).await?;
    let claimed = invited_members::claim_invitations(tx, &account.login, &user_id, now).await?;
    Ok((user_id, claimed))
}

async fn audit(
    app: &App,
    account: &GithubUser,
    user_id: &str,
    claimed: &[Claimed],
    request_id: &str,
) -> Result<(), AuditError> {
    let entry = |action| {
        let actor = Actor::User { user_id: user_id.to_owned() };
        Entry::new(app.clock.now(), actor, action, request_id).with_target("user", user_id)
    };
    for Claimed { workspace_id, role } in claimed {
        let joined = entry(("team_member", "joined"))
            .with_workspace(workspace_id)
            .with_metadata(&json!({ "login": account.login, "role": role.name() }));
        app.audit.write(joined).await?;
    }
    let facts = json!({ "login": account.login, "method": "github", "github_id": account.id });
    app.audit.write(entry(("auth", "signed_in")).with_metadata(&facts)).await
}

fn no_workspace(login: &str) -> Response {
    let text = format!(
        "You are signed in as {login}, but belong to no workspace of this server yet. Whoever runs the server can \
         add you with: atmos-mcp member add --workspace SLUG --login {login} --role member. After that, start again \
         from the application that you want to connect."
    );
    pages::message(StatusCode::FORBIDDEN, "You are in no workspace", &text)
}

/// A token for the sign-in form: `<seconds>.<signature>`.
pub(super) fn form_token(app: &App, return_to: &ReturnTo) -> String {
    form_guard::sign_for_an_hour(app, FORM, return_to.as_str())
}

fn is_our_form(app: &App, form: &GithubSignIn) -> bool {
    form_guard::verify_within_an_hour(app, FORM, &form.return_to, &form.form_token)
}

impl IntoResponse for GithubSignInError {
    fn into_response(self) -> Response {
        let (status, title, text) = match &self {
            Self::NotConfigured => (StatusCode::NOT_FOUND, "Page not found", "This server has no sign-in with GitHub."),
            Self::StaleForm => (
                StatusCode::BAD_REQUEST,
                "This page is out of date",
                "Nobody was signed in. Go back, reload the page and try again.",
            ),
            Self::TooLong => (
                StatusCode::BAD_REQUEST,
                "Sign in first",
                "The application's request is too long to be kept while you sign in. Open /signin on this server and \
                 sign in there, then start again from the application.",
            ),
            Self::StaleSignIn => (
                StatusCode::BAD_REQUEST,
                "This sign-in is out of date",
                "Nobody was signed in: it was started in another browser or tab, more than ten minutes ago, or has \
                 ended already. Start again from the application.",
            ),
            Self::Denied => (
                StatusCode::FORBIDDEN,
                "You did not sign in",
                "GitHub says that you refused, so nobody was signed in and nothing was granted. If that was not what \
                 you meant, start again from the application.",
            ),
            Self::Github(_) => {
                tracing::error!(error = %Chain(&self), "a sign-in with GitHub failed");
                (
                    StatusCode::BAD_GATEWAY,
                    "GitHub did not confirm who you are",
                    "Nobody was signed in. Start again from the application; if it stays like this, the reason is in \
                     the log of this server.",
                )
            }
            Self::Store(_) | Self::Audit(_) => {
                tracing::error!(error = %Chain(&self), "a sign-in failed");
                return pages::unavailable();
            }
        };
        pages::message(status, title, text)
    }
}
