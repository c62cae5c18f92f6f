//! `POST /api/v1/auth/github-oidc`: a workflow's OIDC token for an upload session.
//!
//! The checks stand in this order: GitHub signed the token for us and it holds now ([`verify`]); its
//! repository is connected to the workspace; the repository lets this workflow upload ([`patterns`]); the
//! token was not used before.

mod claims;
mod error;
mod jwks;
mod patterns;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::envelope::{self, IngestError};
use super::fields::name;
use crate::app::App;
use crate::audit::{Actor, Entry};
use crate::clock::Timestamp;
use crate::http::RequestId;
use crate::oauth::{PlainToken, TokenKind};
use crate::store::audit_log::insert_entries;
use crate::store::ci::oidc::{Imported, IssuedName, find_imported, use_token};
use crate::store::ci::permissions::{CiPermission, list_permissions};
use crate::store::ci::sessions::{NewSession, insert_session};
use crate::store::github::identity::Told;
use crate::store::github::{FullName, Target, repositories};
use crate::store::{StoreError, Tx};

use claims::Claims;
pub(super) use error::OidcError;
pub(super) use jwks::Jwks;
use patterns::granted;
pub(crate) use patterns::is_pattern;

/// Larger bodies are refused: anybody may send one. GitHub's tokens have about 2 kB.
pub(super) const MAX_BODY: usize = 64 << 10;

/// How long a session lives. A job that takes longer exchanges again: the CLI does so when it sees 401.
const LIFETIME: Duration = Duration::from_hours(1);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    token: Value,
    #[serde(default)]
    workspace_id: Value,
}

/// Opens a session. The reply leaves when the use of the token, the session and its audit row are committed together:
/// a token whose exchange failed can be exchanged again.
#[tracing::instrument(name = "ingest.oidc", skip_all)]
pub(super) async fn exchange(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    Extension(jwks): Extension<Arc<Jwks>>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match receive(&app, &jwks, &request_id, body).await {
        Ok(session) => {
            let data = Map::from_iter([("token".to_owned(), session.expose().into())]);
            let mut response = envelope::success(request_id, data);
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => error.respond(request_id),
    }
}

async fn receive(
    app: &App,
    jwks: &Jwks,
    request_id: &str,
    body: Result<Bytes, BytesRejection>,
) -> Result<PlainToken, IngestError> {
    let (token, workspace_id) = parse(&body.map_err(|_| {
        IngestError::InvalidField(format!("the body did not arrive in full, or has more than {} KiB", MAX_BODY >> 10))
    })?)?;
    let (claims, imported) = match identify(app, jwks, &token, &workspace_id).await {
        Ok(found) => found,
        Err(error) => return Err(note_failure(app, request_id, None, error).await?.into()),
    };
    match open_session(app, request_id, &token, (&claims, &imported)).await {
        Ok(session) => Ok(session),
        Err(error) => Err(note_failure(app, request_id, Some((&claims, &imported)), error).await?.into()),
    }
}

/// The token, which is longer than a name may be, and the workspace's id.
fn parse(body: &[u8]) -> Result<(String, String), IngestError> {
    let body: Body = serde_json::from_slice(body).map_err(|error| IngestError::InvalidJson(error.to_string()))?;
    let token = match body.token {
        Value::String(token) if !token.is_empty() => token,
        _ => return Err(IngestError::InvalidField("`token` must be the OIDC token that GitHub gave".to_owned())),
    };
    Ok((token, name("workspaceId", body.workspace_id)?))
}

/// What the token says, and the repository that it speaks for.
async fn identify(app: &App, jwks: &Jwks, token: &str, workspace_id: &str) -> Result<(Claims, Imported), OidcError> {
    let claims = verify::verify(app, jwks, token).await?;
    let (owner, name) = claims.repository_name().ok_or(OidcError::Malformed)?;
    let repository = IssuedName { host: &app.config.oidc.host, owner, name, github_id: claims.repository_id() };
    let imported = find_imported(&app.store.read, workspace_id, repository).await?;
    match imported {
        Some(imported) => Ok((claims, imported)),
        None => Err(OidcError::NotImported { workspace: workspace_id.to_owned(), repository: claims.repository }),
    }
}

/// Uses the token up, and opens the session with what the repository grants to this workflow.
async fn open_session(
    app: &App,
    request_id: &str,
    token: &str,
    (claims, imported): (&Claims, &Imported),
) -> Result<PlainToken, OidcError> {
    let rows = list_permissions(&app.store.read, &imported.scope, &imported.repository_id).await?;
    let permissions = granted(&rows, claims, imported.default_branch.as_deref());
    if permissions.is_empty() {
        return Err(OidcError::NotPermitted {
            repository: claims.repository.clone(),
            workflow: claims.workflow_file().unwrap_or_default().to_owned(),
            branch: claims.branch().to_owned(),
            environment: claims.environment.clone().unwrap_or_default(),
        });
    }
    let permissions: Vec<&str> = permissions.into_iter().map(CiPermission::name).collect();
    let permissions = permissions.join(" ");
    let now = app.clock.now();
    let session = PlainToken::generate(TokenKind::CiSession, &app.entropy);
    let hash = session.hash();
    let mut tx = app.store.write.begin().await?;
    if !use_token(&mut tx, &claims.token_id(token), claims.forgotten_at(), now).await? {
        return Err(OidcError::Replayed);
    }
    note_identity(&mut tx, claims, imported).await?;
    let new = NewSession {
        token_hash: hash.as_bytes(),
        repository_id: &imported.repository_id,
        permissions: &permissions,
        github_run_id: claims.run_id(),
        run_attempt: claims.run_attempt(),
        sha: claims.sha.as_deref(),
        git_ref: claims.git_ref.as_deref(),
        workflow_file: claims.workflow_file(),
        environment: claims.environment.as_deref(),
        actor: claims.actor.as_deref(),
        created_at: now,
        expires_at: now.plus(LIFETIME),
    };
    insert_session(&mut tx, &imported.scope, &new).await?;
    let entry = success((now, request_id), (claims, imported), &permissions);
    insert_entries(&mut tx, &app.entropy, &[&entry]).await?;
    tx.commit().await?;
    Ok(session)
}

/// Notes the repository's id; and its name, if no webhook has told one. They say when it changed, and a token does not.
async fn note_identity(tx: &mut Tx, claims: &Claims, imported: &Imported) -> Result<(), StoreError> {
    let (Some(github_id), Some((owner, name))) = (claims.repository_id(), claims.repository_name()) else {
        return Ok(());
    };
    let target = Target { scope: imported.scope.clone(), repository_id: imported.repository_id.clone() };
    let name = FullName { owner, name };
    let told = Told { github_id: Some(github_id), name, default_branch: None, at: None };
    repositories::settle(tx, &target, &told).await
}

/// The audit row of a session that was opened.
fn success((now, request_id): (Timestamp, &str), (claims, imported): (&Claims, &Imported), permissions: &str) -> Entry {
    let metadata = json!({
        "repository": claims.repository,
        "workflow": claims.workflow_file(),
        "ref": claims.git_ref,
        "environment": claims.environment,
        "actor": claims.actor,
        "run": claims.run_id(),
        "permissions": permissions,
    });
    Entry::new(now, actor(claims), ("auth", "oidc_token_exchange_success"), request_id)
        .with_workspace(imported.scope.workspace_id())
        .with_target("repository", imported.repository_id.as_str())
        .with_metadata(&metadata)
}

/// Notes why no session was opened, and gives the reason back.
///
/// Security: a token that GitHub did not sign for us leaves no row, or anybody could fill the log; and only a
/// repository of the workspace leaves one in the workspace's log.
async fn note_failure(
    app: &App,
    request_id: &str,
    known: Option<(&Claims, &Imported)>,
    error: OidcError,
) -> Result<OidcError, IngestError> {
    let Some(reason) = error.audited_reason() else { return Ok(error) };
    let action = ("auth", "oidc_token_exchange_failure");
    let mut entry =
        Entry::new(app.clock.now(), known.map_or(Actor::Anonymous, |(claims, _)| actor(claims)), action, request_id)
            .with_outcome("refused", Some(reason.to_owned()));
    if let Some((_, imported)) = known {
        entry = entry
            .with_workspace(imported.scope.workspace_id())
            .with_target("repository", imported.repository_id.as_str());
    }
    app.audit.write(entry).await?;
    Ok(error)
}

/// The run, as sessions name it in the audit log.
fn actor(claims: &Claims) -> Actor {
    let id = match claims.run_id() {
        Some(run) => format!("{}/actions/runs/{run}", claims.repository),
        None => claims.repository.clone(),
    };
    Actor::GithubAction { id }
}
