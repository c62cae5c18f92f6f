//! Uploads, as the atmos CLI makes them.

use anyhow::Result;
use atmos_mcp::id::base62;
use reqwest::Client;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::agent::Reply;
use super::app::TestApp;
use super::fixtures::hex;

impl TestApp {
    /// A live token of a workspace, as `atmos-mcp token create` makes it: the database has its hash alone.
    /// One per workspace.
    pub async fn workspace_token(&self, slug: &str) -> Result<String> {
        let token = workspace_token(slug);
        let hash = hex(&Sha256::digest(&token));
        let hash = if self.database_url().starts_with("sqlite:") {
            format!("X'{hash}'")
        } else {
            format!("decode('{hash}', 'hex')")
        };
        let sql = format!(
            "INSERT INTO workspace_tokens (id, workspace_id, name, token_hash, created_at) \
             SELECT 'wt_{slug}', w.id, 'ci', {hash}, 0 FROM workspaces w WHERE w.slug = '{slug}'"
        );
        self.db_execute(&sql).await?;
        Ok(token)
    }

    /// Uploads an inventory.
    pub async fn upload(&self, token: &str, body: &Value) -> Result<Reply> {
        self.upload_text(token, body.to_string()).await
    }

    /// Uploads a body that may be no inventory at all.
    pub async fn upload_text(&self, token: &str, body: String) -> Result<Reply> {
        let request = Client::new()
            .post(self.url("/api/v1/instances"))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .header("user-agent", "atmos/1.220.0 (linux; amd64)")
            .body(body);
        Reply::read(request).await
    }
}

/// A well-formed workspace token: prefix, 256 bits and CRC-32. It is known to a server only after
/// [`TestApp::workspace_token`] for the same text.
pub fn workspace_token(seed: &str) -> String {
    let text = format!("atmos_wt_{}", base62(&Sha256::digest(seed), 43));
    let checksum = base62(&crc32fast::hash(text.as_bytes()).to_be_bytes(), 6);
    text + &checksum
}

/// The value of `X-Hub-Signature-256`: HMAC-SHA256 as RFC 2104 has it, with a key of less than 64 bytes.
pub fn sign_webhook(secret: &str, body: &str) -> String {
    let mut key = [0_u8; 64];
    for (to, from) in key.iter_mut().zip(secret.bytes()) {
        *to = from;
    }
    let padded = |pad: u8| key.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(body).finalize();
    let outer = Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize();
    outer.iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}
