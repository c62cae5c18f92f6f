//! Who uploads: `Authorization: Bearer`, and a workspace's static token (`atmos_wt_…`) or the session of a
//! workflow (`atmos_cs_…`).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::envelope::IngestError;
use crate::app::App;
use crate::audit::Actor;
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::http::RequestId;
use crate::oauth::{PlainToken, TokenKind};
use crate::store::ci::Upload;
use crate::store::ci::permissions::CiPermission;
use crate::store::ci::sessions::{self, CiSession};
use crate::store::workspace_tokens;

/// A workflow that has shown a live token. Extracted before the body is read.
#[derive(Debug)]
pub(super) struct Uploader {
    /// What stands for the workflow in the audit log: the token's id, or the run that opened the session.
    pub(super) actor_id: String,
    /// The token's workspace.
    pub(super) scope: WorkspaceScope,
    /// None with a static token, which may do everything in its workspace.
    pub(super) session: Option<CiSession>,
}

impl Uploader {
    fn from_session(session: CiSession) -> Self {
        let repository = format!("{}/{}", session.owner, session.name);
        let actor_id = match session.github_run_id {
            Some(run) => format!("{repository}/actions/runs/{run}"),
            None => repository,
        };
        // Security: the scope comes from the session's own row, read in this request.
        Self { actor_id, scope: WorkspaceScope::from_record(session.workspace_id.as_str()), session: Some(session) }
    }

    /// For the audit log.
    pub(super) fn actor(&self) -> Actor {
        Actor::GithubAction { id: self.actor_id.clone() }
    }

    /// What the store needs to know of an upload.
    pub(super) fn upload<'a>(&'a self, app: &'a App, now: Timestamp) -> Upload<'a> {
        Upload { scope: &self.scope, session: self.session.as_ref(), now, entropy: &app.entropy }
    }

    /// Refuses a session that was opened without the permission.
    pub(super) fn require(&self, permission: CiPermission) -> Result<(), IngestError> {
        match &self.session {
            Some(session) if !session.allows(permission) => {
                let repository = format!("{}/{}", session.owner, session.name);
                Err(IngestError::NotPermitted { permission, repository })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses a session of another repository.
    ///
    /// Security: a workflow of one repository writes nothing about another, though both are in the workspace.
    pub(super) fn require_repository(&self, owner: &str, name: &str) -> Result<(), IngestError> {
        match &self.session {
            Some(session) if !session.is_of(owner, name) => Err(IngestError::OtherRepository {
                session: format!("{}/{}", session.owner, session.name),
                asked: format!("{owner}/{name}"),
            }),
            Some(_) | None => Ok(()),
        }
    }
}

impl FromRequestParts<App> for Uploader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Ok(RequestId(request_id)) = RequestId::from_request_parts(parts, app).await;
        authenticate(app, &parts.headers).await.map_err(|error| error.respond(request_id))
    }
}

async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Uploader, IngestError> {
    let text = bearer(headers).ok_or(IngestError::MissingToken)?;
    let (reader, now) = (&app.store.read, app.clock.now());
    if let Some(token) = PlainToken::parse(TokenKind::CiSession, text) {
        let session = sessions::find_live_session(reader, token.hash().as_bytes(), now).await?;
        return session.map(Uploader::from_session).ok_or(IngestError::UnknownSession);
    }
    let token = PlainToken::parse(TokenKind::Workspace, text).ok_or(IngestError::UnknownToken)?;
    let found = workspace_tokens::find_live_token(reader, token.hash().as_bytes(), now).await?;
    let (actor_id, workspace_id) = found.ok_or(IngestError::UnknownToken)?;
    // Security: the scope comes from the token's own row, read in this request.
    Ok(Uploader { actor_id, scope: WorkspaceScope::from_record(workspace_id), session: None })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        for (value, token) in [
            ("Bearer atmos_wt_1", Some("atmos_wt_1")),
            ("bearer  atmos_wt_1 ", Some("atmos_wt_1")),
            ("Basic YTpi", None),
            ("atmos_wt_1", None),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            assert_eq!(bearer(&headers), token, "{value}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
