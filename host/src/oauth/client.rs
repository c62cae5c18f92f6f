//! Registered OAuth clients. All are public: none has a secret.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::redirect_uri;
use crate::app::App;
use crate::store::{StoreError, oauth_clients};

/// What a client registered, as far as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ClientMetadata {
    /// The name that the client claims.
    pub(super) client_name: String,
    /// Where codes may be sent.
    pub(super) redirect_uris: Vec<String>,
}

/// A registered client.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) metadata: ClientMetadata,
}

impl ClientMetadata {
    /// SHA-256 over what makes a client the same one: its name and its redirect URIs, without their order
    /// and loopback ports. Many clients register anew at every start.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut uris: Vec<_> = self.redirect_uris.iter().map(|uri| redirect_uri::without_loopback_port(uri)).collect();
        uris.sort_unstable();
        uris.dedup();
        Sha256::digest(serde_json::json!([self.client_name, uris]).to_string()).into()
    }
}

/// The client with this id.
pub(super) async fn find(app: &App, client_id: &str) -> Result<Option<Client>, StoreError> {
    let Some(row) = oauth_clients::find_client(&app.store.read, client_id).await? else { return Ok(None) };
    let metadata = serde_json::from_str(&row.metadata).map_err(|_| StoreError::Inconsistent {
        table: "oauth_clients",
        id: row.client_id.clone(),
        what: "metadata is not a client's",
    })?;
    Ok(Some(Client { id: row.client_id, metadata }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(name: &str, uris: &[&str]) -> [u8; 32] {
        let redirect_uris = uris.iter().map(|uri| (*uri).to_owned()).collect();
        ClientMetadata { client_name: name.to_owned(), redirect_uris }.digest()
    }

    #[test]
    fn order_and_loopback_ports_do_not_make_another_client() {
        let first = digest("Codex", &["http://127.0.0.1:1/cb", "https://a.example/cb"]);
        assert_eq!(first, digest("Codex", &["https://a.example/cb", "http://127.0.0.1:2/cb"]));
        assert_ne!(first, digest("Codex", &["https://a.example:2/cb", "http://127.0.0.1:1/cb"]));
        assert_ne!(first, digest("Other", &["https://a.example/cb", "http://127.0.0.1:1/cb"]));
    }
}
