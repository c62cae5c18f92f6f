//! `POST /oauth/register`: dynamic client registration (RFC 7591).
//!
//! Open to anyone, so it must not grow without bound: the same client gets the same id, and one that nobody
//! ever authorized is forgotten after a while.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::client::ClientMetadata;
use super::error::{OAuthError, no_store};
use super::redirect_uri;
use crate::app::App;
use crate::audit::{Actor, Entry};
use crate::clock::Timestamp;
use crate::http::RequestId;
use crate::store::oauth_clients::{self, ClientRow, NewClient};

/// Redirect URIs of one client.
const MAX_REDIRECT_URIS: usize = 20;

/// Characters of a client's name.
const MAX_NAME: usize = 200;

/// How long a client that was never authorized is kept after it last registered. One that was authorized is
/// kept for ever: agents cannot recover from an id that is gone.
const UNUSED: Duration = Duration::from_hours(168);

/// The fields that matter to us; others are ignored (RFC 7591 §2).
#[derive(Deserialize)]
struct RegistrationRequest {
    redirect_uris: Option<Vec<String>>,
    client_name: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
}

/// Registers a public client, or finds it again.
#[tracing::instrument(name = "oauth.register", skip_all)]
pub(super) async fn register(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthError> {
    let body = body.map_err(|_| OAuthError::InvalidClientMetadata("the body is larger than 16 kB or was cut off"))?;
    let request: RegistrationRequest = serde_json::from_slice(&body)
        .map_err(|_| OAuthError::InvalidClientMetadata("the body is not a JSON object with client metadata"))?;
    let metadata = request.check()?;
    let client = find_or_insert(&app, &metadata, &request_id).await?;
    // RFC 7591 §3.2.1 lets the server replace what the client asked for: every client is public, and gets
    // refresh tokens whether it thought of them or not.
    let reply = json!({
        "client_id": client.client_id,
        "client_id_issued_at": Timestamp::from_micros(client.created_at).seconds(),
        "client_name": metadata.client_name,
        "redirect_uris": metadata.redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    Ok((StatusCode::CREATED, no_store(), Json(reply)).into_response())
}

impl RegistrationRequest {
    fn check(self) -> Result<ClientMetadata, OAuthError> {
        let redirect_uris = self.redirect_uris.unwrap_or_default();
        if redirect_uris.is_empty() || redirect_uris.len() > MAX_REDIRECT_URIS {
            return Err(OAuthError::InvalidRedirectUri("redirect_uris must list between 1 and 20 URIs"));
        }
        for uri in &redirect_uris {
            redirect_uri::check(uri).map_err(OAuthError::InvalidRedirectUri)?;
        }
        if lacks(self.grant_types.as_deref(), "authorization_code") || lacks(self.response_types.as_deref(), "code") {
            return Err(OAuthError::InvalidClientMetadata("only the authorization code grant is offered"));
        }
        let client_name = self.client_name.as_deref().map(clean_name).filter(|name| !name.is_empty());
        Ok(ClientMetadata { client_name: client_name.unwrap_or_else(|| "Unnamed client".to_owned()), redirect_uris })
    }
}

/// Whether a list was sent and has not got `word`.
fn lacks(list: Option<&[String]>, word: &str) -> bool {
    list.is_some_and(|list| !list.is_empty() && list.iter().all(|other| other != word))
}

/// The name without characters that do not show or that turn text around.
///
/// Security: the name stands on the consent page, and is whatever the client says.
fn clean_name(name: &str) -> String {
    let shown: String = name.chars().filter(|character| !is_hidden(*character)).take(MAX_NAME).collect();
    shown.trim().to_owned()
}

fn is_hidden(character: char) -> bool {
    character.is_control() || actions_log::is_invisible(character)
}

async fn find_or_insert(app: &App, metadata: &ClientMetadata, request_id: &str) -> Result<ClientRow, OAuthError> {
    let now = app.clock.now();
    let digest = metadata.digest();
    if let Some(row) = oauth_clients::find_client_by_hash(&app.store.read, &digest).await? {
        oauth_clients::note_registration(&app.store.write, &row, now).await?;
        return Ok(row);
    }
    let client_id = app.entropy.id("cli", now);
    let text = json!(metadata).to_string();
    let mut tx = app.store.write.begin().await?;
    oauth_clients::delete_unused(&mut tx, now.minus(UNUSED)).await?;
    let new = NewClient { client_id: &client_id, metadata: &text, metadata_hash: &digest, now };
    let row = oauth_clients::insert_client(&mut tx, &new).await?;
    tx.commit().await?;
    if row.client_id == client_id {
        let entry = Entry::new(now, Actor::Anonymous, ("mcp", "client_registered"), request_id)
            .with_target("mcp_client", client_id)
            .with_metadata(&json!({ "client_name": metadata.client_name }));
        app.audit.write(entry).await?;
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: serde_json::Value) -> Result<ClientMetadata, String> {
        let request: RegistrationRequest = serde_json::from_value(body).unwrap();
        request.check().map_err(|error| error.to_string())
    }

    #[test]
    fn what_vs_code_cursor_and_zed_register_is_accepted() {
        let vs_code = json!({
            "client_name": "Visual Studio Code",
            "redirect_uris": ["https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "application_type": "native",
        });
        let cursor = json!({
            "redirect_uris": ["cursor://anysphere.cursor-mcp/oauth/callback", "http://localhost:8787/callback"],
            "application_type": "web",
            "token_endpoint_auth_method": "client_secret_post",
        });
        let zed = json!({ "redirect_uris": ["http://127.0.0.1:1/callback"], "grant_types": ["authorization_code"] });
        assert_eq!(check(vs_code).unwrap().client_name, "Visual Studio Code");
        assert_eq!(check(cursor).unwrap().client_name, "Unnamed client");
        assert!(check(zed).is_ok());
    }

    #[test]
    fn a_set_with_a_bad_uri_no_uri_or_another_grant_is_refused() {
        assert!(check(json!({ "redirect_uris": ["https://a.example/cb", "javascript:x"] })).is_err());
        assert!(check(json!({ "redirect_uris": [] })).is_err());
        assert!(check(json!({})).is_err());
        assert!(check(json!({ "redirect_uris": vec!["https://a.example/cb"; 21] })).is_err());
        let machine = json!({ "redirect_uris": ["https://a.example/cb"], "grant_types": ["client_credentials"] });
        assert_eq!(check(machine).unwrap_err(), "only the authorization code grant is offered");
    }

    #[test]
    fn a_name_shows_what_it_is() {
        assert_eq!(clean_name(" Claude\u{202e}\u{200b}\n Code\u{3164}\u{e0150} \u{7}"), "Claude Code");
        assert_eq!(clean_name(&"x".repeat(500)).len(), MAX_NAME);
    }
}
