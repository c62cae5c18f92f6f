//! Who uploads: `Authorization: Bearer atmos_wt_…`, a workspace's static token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::envelope::IngestError;
use crate::app::App;
use crate::authz::WorkspaceScope;
use crate::http::RequestId;
use crate::oauth::{PlainToken, TokenKind};
use crate::store::workspace_tokens;

/// A workflow that has shown a live workspace token. Extracted before the body is read.
#[derive(Debug)]
pub(super) struct Uploader {
    /// The token's id, which stands for the workflow in the audit log.
    pub(super) token_id: String,
    /// The token's workspace.
    pub(super) scope: WorkspaceScope,
}

impl FromRequestParts<App> for Uploader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Ok(RequestId(request_id)) = RequestId::from_request_parts(parts, app).await;
        authenticate(app, &parts.headers).await.map_err(|error| error.respond(request_id))
    }
}

async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Uploader, IngestError> {
    let token = bearer(headers).ok_or(IngestError::MissingToken)?;
    let token = PlainToken::parse(TokenKind::Workspace, token).ok_or(IngestError::UnknownToken)?;
    let found = workspace_tokens::find_live_token(&app.store.read, token.hash().as_bytes(), app.clock.now()).await?;
    let (token_id, workspace_id) = found.ok_or(IngestError::UnknownToken)?;
    // Security: the scope comes from the token's own row, read in this request.
    Ok(Uploader { token_id, scope: WorkspaceScope::from_record(workspace_id) })
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
