//! `GET /oauth/authorize` (OAuth 2.1 §4.1.1): checks the request, then shows sign-in or consent.
//!
//! Nothing is written here: clients, link previewers and reloading users fetch this page more than once.
//! The consent form posts the request again, and it is checked again.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use url::form_urlencoded::Serializer;

use super::authorization_response::ReplyTo;
use super::client::{self, Client};
use super::params::{Params, Repeated};
use super::{consent, pkce, redirect_uri, resource, scopes};
use crate::app::App;
use crate::audit::AuditError;
use crate::authz::PermissionSet;
use crate::error_chain::Chain;
use crate::store::StoreError;
use crate::web::{pages, session};

/// A checked authorization request.
pub(super) struct AuthorizationRequest {
    pub(super) client: Client,
    pub(super) reply_to: ReplyTo,
    pub(super) code_challenge: String,
    pub(super) requested: PermissionSet,
    /// OpenID's `prompt=none`: fail rather than show a page.
    pub(super) is_silent: bool,
}

/// Why the browser does not get what it asked for.
pub(super) enum Refusal {
    /// The client id is unknown. Nothing proves where a redirect would lead, so there is none.
    UnknownClient,
    /// Shown to the person, without a redirect, for the same reason.
    Page { title: &'static str, text: &'static str },
    /// Told to the client.
    Reply { reply_to: ReplyTo, error: &'static str, description: &'static str },
    /// The database failed.
    Store(StoreError),
    /// The audit log could not be written.
    Audit(AuditError),
}

/// Shows the consent page, after sign-in if need be.
#[tracing::instrument(name = "oauth.authorize", skip_all)]
pub(super) async fn authorize(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    let request = check(&app, &params).await?;
    let session = session::find(&app, &headers).await?;
    match session {
        Some(_) if request.is_silent => {
            Ok(request.reply_to.with_error("consent_required", "consent is always asked for"))
        }
        None if request.is_silent => Ok(request.reply_to.with_error("login_required", "the user must sign in")),
        Some(session) => consent::show(&app, &session, &request, &params.to_query()).await,
        None => Ok(to_sign_in(&params)),
    }
}

/// Sends the browser to sign in and come back.
pub(super) fn to_sign_in(params: &Params) -> Response {
    Redirect::to(&sign_in_location(params)).into_response()
}

/// The sign-in page that leads back to this request.
pub(super) fn sign_in_location(params: &Params) -> String {
    let back = format!("/oauth/authorize?{}", params.to_query());
    format!("/signin?{}", Serializer::new(String::new()).append_pair("return_to", &back).finish())
}

/// Checks a request, first what decides whether the client may be told of the rest.
pub(super) async fn check(app: &App, params: &Params) -> Result<AuthorizationRequest, Refusal> {
    let client_id = params.one("client_id").map_err(|Repeated| REPEATED)?.ok_or(NO_CLIENT)?;
    let client = client::find(app, client_id).await?.ok_or(Refusal::UnknownClient)?;
    let redirect_uri = choose_redirect_uri(&client, params)?;
    let state = params.one("state");
    let reply_to = ReplyTo {
        redirect_uri,
        state: state.as_ref().ok().copied().flatten().map(str::to_owned),
        issuer: app.config.public_url.issuer().to_owned(),
    };
    // Security: only from here on are errors sent to the redirect URI; before, this would be an open redirector.
    match state.map_err(Problem::from).and_then(|_| Details::check(app, params)) {
        Ok(details) => Ok(AuthorizationRequest {
            client,
            reply_to,
            code_challenge: details.code_challenge.to_owned(),
            requested: details.requested,
            is_silent: details.is_silent,
        }),
        Err(Problem(error, description)) => Err(Refusal::Reply { reply_to, error, description }),
    }
}

const REPEATED: Refusal = Refusal::Page {
    title: "This link is malformed",
    text: "The application sent client_id or redirect_uri more than once. Start again from the application.",
};

const NO_CLIENT: Refusal = Refusal::Page {
    title: "This link is incomplete",
    text: "It names no client_id. Start again from the application that you want to connect.",
};

const WRONG_REDIRECT_URI: Refusal = Refusal::Page {
    title: "This application asks to be sent somewhere else",
    text: "Its redirect_uri is not one that it registered, so nothing was sent there. Start again from the \
           application; if that does not help, let it register again.",
};

fn choose_redirect_uri(client: &Client, params: &Params) -> Result<String, Refusal> {
    let registered = &client.metadata.redirect_uris;
    match params.one("redirect_uri").map_err(|Repeated| REPEATED)? {
        Some(requested) if registered.iter().any(|registered| redirect_uri::matches(registered, requested)) => {
            Ok(requested.to_owned())
        }
        Some(_) => Err(WRONG_REDIRECT_URI),
        None => match registered.as_slice() {
            [only] => Ok(only.clone()),
            _ => Err(WRONG_REDIRECT_URI),
        },
    }
}

/// An `error` with its `error_description`.
struct Problem(&'static str, &'static str);

impl From<Repeated> for Problem {
    fn from(_: Repeated) -> Self {
        Self("invalid_request", "a parameter was sent more than once")
    }
}

/// The parameters of which the client may be told what is wrong with them.
struct Details<'a> {
    code_challenge: &'a str,
    requested: PermissionSet,
    is_silent: bool,
}

impl<'a> Details<'a> {
    fn check(app: &App, params: &'a Params) -> Result<Self, Problem> {
        match params.one("response_type")? {
            Some("code") => {}
            Some(_) => return Err(Problem("unsupported_response_type", "response_type must be code")),
            None => return Err(Problem("invalid_request", "response_type is missing")),
        }
        if params.one("code_challenge_method")? != Some("S256") {
            return Err(Problem("invalid_request", "code_challenge_method must be S256"));
        }
        let code_challenge = params.one("code_challenge")?.filter(|challenge| pkce::is_challenge(challenge));
        let code_challenge =
            code_challenge.ok_or(Problem("invalid_request", "code_challenge must be an S256 challenge (RFC 7636)"))?;
        // A missing resource means ours: clients of 2025-03-26 send none.
        if params.one("resource")?.is_some_and(|resource| !resource::is_ours(&app.config.public_url, resource)) {
            return Err(Problem("invalid_target", "tokens are issued for this server's MCP endpoint alone"));
        }
        let requested = scopes::requested(params.one("scope")?)
            .ok_or(Problem("invalid_scope", "none of the scopes can be granted; leave scope out for the default"))?;
        let prompt = params.one("prompt")?.unwrap_or_default();
        let is_silent = prompt.split_ascii_whitespace().any(|word| word == "none");
        Ok(Self { code_challenge, requested, is_silent })
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<AuditError> for Refusal {
    fn from(error: AuditError) -> Self {
        Self::Audit(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::UnknownClient => pages::unknown_client(),
            Self::Page { title, text } => pages::message(StatusCode::BAD_REQUEST, title, text),
            Self::Reply { reply_to, error, description } => reply_to.with_error(error, description),
            Self::Store(error) => {
                tracing::error!(error = %Chain(&error), "an authorization page failed");
                pages::unavailable()
            }
            Self::Audit(error) => {
                tracing::error!(error = %Chain(&error), "an authorization could not be audited");
                pages::unavailable()
            }
        }
    }
}
