//! Reading what GitHub answers.

use reqwest::Response;
use serde::de::DeserializeOwned;

use super::error::GithubError;

/// The body, if it has `max` bytes at most.
pub(super) async fn read_body(
    endpoint: &'static str,
    mut response: Response,
    max: usize,
) -> Result<Vec<u8>, GithubError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(GithubError::unreachable)? {
        if body.len() + chunk.len() > max {
            return Err(GithubError::Unreadable { endpoint });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Security: the parser's error is dropped, because it quotes what it could not read.
pub(super) fn read_json<T: DeserializeOwned>(endpoint: &'static str, body: &[u8]) -> Result<T, GithubError> {
    serde_json::from_slice(body).map_err(|_| GithubError::Unreadable { endpoint })
}
