//! `POST /oauth/authorize/consent`, and the page that posts there: one person lets one client into one
//! workspace, with the scopes they tick.

use std::time::Duration;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::authorize::{self, AuthorizationRequest, Refusal};
use super::params::Params;
use super::redirect_uri::{self, Destination};
use super::scopes::{offered, with_membership};
use super::secret::{PlainToken, TokenKind};
use crate::app::App;
use crate::audit::{Actor, Entry};
use crate::authz::{Permission, PermissionSet};
use crate::http::RequestId;
use crate::store::oauth_codes::{self, NewCode};
use crate::store::oauth_grants::{self, NewGrant};
use crate::store::users::{self, Membership};
use crate::store::{StoreError, oauth_clients};
use crate::web::form_guard;
use crate::web::pages;
use crate::web::session::{self, Session};

/// How long a code is good for (OAuth 2.1 §4.1.2 allows ten minutes; clients need seconds).
const CODE_TTL: Duration = Duration::from_mins(1);

/// What the form's token is for.
const FORM: &str = "consent-form";

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    client_name: &'a str,
    destination: Destination,
    user: &'a str,
    workspaces: &'a [Membership],
    scopes: Vec<ScopeChoice>,
    /// The authorization request, as a query.
    request: &'a str,
    form_token: String,
    switch_user: String,
}

struct ScopeChoice {
    permission: Permission,
    is_ticked: bool,
    /// Every grant includes it.
    is_fixed: bool,
    /// Not every one of the user's roles has it.
    is_limited: bool,
}

/// Shows the consent page.
pub(super) async fn show(
    app: &App,
    session: &Session,
    request: &AuthorizationRequest,
    query: &str,
) -> Result<Response, Refusal> {
    let workspaces = users::list_memberships(&app.store.read, &session.user_id).await?;
    if workspaces.is_empty() {
        let back = request.reply_to.error_location("access_denied", "the user has no workspace");
        return Ok(pages::no_workspace(session.shown_name(), &back));
    }
    let page = ConsentPage {
        client_name: &request.client.metadata.client_name,
        destination: redirect_uri::destination(&request.reply_to.redirect_uri),
        user: session.shown_name(),
        scopes: scope_choices(request.requested, &workspaces),
        workspaces: &workspaces,
        request: query,
        form_token: form_guard::sign(&app.key, FORM, &[session.secret(), query]),
        switch_user: authorize::sign_in_location(&Params::parse(query.as_bytes())),
    };
    Ok(pages::html(StatusCode::OK, &page))
}

/// One checkbox per scope that some role of the user can give.
fn scope_choices(requested: PermissionSet, workspaces: &[Membership]) -> Vec<ScopeChoice> {
    let has = |workspace: &Membership, permission| workspace.role.permissions().contains(permission);
    offered(requested)
        .iter()
        .filter(|permission| workspaces.iter().any(|workspace| has(workspace, *permission)))
        .map(|permission| ScopeChoice {
            permission,
            is_ticked: requested.contains(permission),
            is_fixed: permission == Permission::WorkspaceRead,
            is_limited: !workspaces.iter().all(|workspace| has(workspace, permission)),
        })
        .collect()
}

const STALE_FORM: Refusal = Refusal::Page {
    title: "This page is out of date",
    text: "Your sign-in changed since it was opened. Nothing was granted. Start again from the application.",
};

const NO_CHOICE: Refusal = Refusal::Page {
    title: "Choose a workspace",
    text: "Nothing was granted: the form named no workspace that you belong to. Go back and choose one.",
};

/// Grants or refuses what the person decided, and sends the browser back to the client.
#[tracing::instrument(name = "oauth.consent", skip_all)]
pub(super) async fn decide(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let form = Params::parse(&body);
    let query = form.one("request").ok().flatten().unwrap_or_default();
    let params = Params::parse(query.as_bytes());
    let request = authorize::check(&app, &params).await?;
    let Some(session) = session::find(&app, &headers).await? else { return Ok(authorize::to_sign_in(&params)) };
    // Security: the token binds the form to this session and to the request that the person saw.
    let form_token = form.one("form_token").ok().flatten().unwrap_or_default();
    let is_ours = form_guard::verify(&app.key, FORM, &[session.secret(), query], form_token);
    if !is_ours || form_guard::is_cross_site(&headers) {
        return Err(STALE_FORM);
    }
    match form.one("decision").ok().flatten() {
        Some("allow") => allow(&app, &session, &request, &form, &request_id).await,
        _ => deny(&app, &session, &request, &request_id).await,
    }
}

async fn allow(
    app: &App,
    session: &Session,
    request: &AuthorizationRequest,
    form: &Params,
    request_id: &str,
) -> Result<Response, Refusal> {
    let chosen = form.one("workspace").ok().flatten().ok_or(NO_CHOICE)?;
    let memberships = users::list_memberships(&app.store.read, &session.user_id).await?;
    let workspace = memberships.into_iter().find(|workspace| workspace.workspace_id == chosen).ok_or(NO_CHOICE)?;
    // Security: what was ticked counts only as far as it was offered and as the role in this workspace goes.
    let ticked: PermissionSet = form.all("scope").filter_map(Permission::parse).collect();
    let granted = ticked
        .intersection(offered(request.requested))
        .intersection(workspace.role.permissions())
        .intersection(PermissionSet::mcp_reachable());
    let grant = Decision { session, request, workspace: &workspace, scopes: with_membership(granted) };
    let (grant_id, code) = grant.store(app).await?;
    app.audit.write(grant.entry(app, &grant_id, request_id)).await?;
    Ok(request.reply_to.with_code(&code))
}

/// A consent that was given.
struct Decision<'a> {
    session: &'a Session,
    request: &'a AuthorizationRequest,
    workspace: &'a Membership,
    scopes: PermissionSet,
}

impl Decision<'_> {
    /// Stores grant and code; gives the grant's id and the code.
    async fn store(&self, app: &App) -> Result<(String, PlainToken), StoreError> {
        let now = app.clock.now();
        let grant_id = app.entropy.id("grant", now);
        let code = PlainToken::generate(TokenKind::Code, &app.entropy);
        let code_hash = code.hash();
        let client = &self.request.client;
        let grant = NewGrant {
            id: &grant_id,
            client_id: &client.id,
            client_name: &client.metadata.client_name,
            user_id: &self.session.user_id,
            workspace_id: &self.workspace.workspace_id,
            scopes: self.scopes,
            resource: &app.config.public_url.resource(),
            now,
        };
        let new_code = NewCode {
            code_hash: code_hash.as_bytes(),
            grant_id: &grant_id,
            client_id: &client.id,
            redirect_uri: &self.request.reply_to.redirect_uri,
            code_challenge: &self.request.code_challenge,
            expires_at: now.plus(CODE_TTL),
        };
        let mut tx = app.store.write.begin().await?;
        oauth_clients::note_authorization(&mut tx, &client.id, now).await?;
        oauth_grants::insert_grant(&mut tx, &grant).await?;
        oauth_codes::insert_code(&mut tx, &new_code).await?;
        tx.commit().await?;
        Ok((grant_id, code))
    }

    fn entry(&self, app: &App, grant_id: &str, request_id: &str) -> Entry {
        let actor = Actor::User { user_id: self.session.user_id.clone() };
        Entry::new(app.clock.now(), actor, ("mcp", "consent_granted"), request_id)
            .with_workspace(&self.workspace.workspace_id)
            .with_target("mcp_client", &self.request.client.id)
            .with_metadata(&json!({
                "grant": grant_id,
                "client_name": self.request.client.metadata.client_name,
                "scopes": self.scopes.keys(),
            }))
    }
}

async fn deny(
    app: &App,
    session: &Session,
    request: &AuthorizationRequest,
    request_id: &str,
) -> Result<Response, Refusal> {
    let actor = Actor::User { user_id: session.user_id.clone() };
    let entry = Entry::new(app.clock.now(), actor, ("mcp", "consent_denied"), request_id)
        .with_target("mcp_client", &request.client.id)
        .with_metadata(&json!({ "client_name": request.client.metadata.client_name }));
    app.audit.write(entry).await?;
    Ok(request.reply_to.with_error("access_denied", "the user refused"))
}
