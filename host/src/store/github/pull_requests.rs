//! Pull requests.

use super::Target;
use crate::clock::Timestamp;
use crate::store::{StoreError, Tx, sql};

/// A pull request as an event tells it.
#[derive(Debug, Clone)]
pub(crate) struct PullRequest<'a> {
    pub(crate) number: i64,
    pub(crate) title: &'a str,
    /// GitHub login.
    pub(crate) author: &'a str,
    /// `open`, `closed` or `merged`.
    pub(crate) state: &'static str,
    pub(crate) draft: bool,
    pub(crate) head_sha: &'a str,
    pub(crate) head_ref: &'a str,
    pub(crate) base_ref: &'a str,
    pub(crate) url: &'a str,
    pub(crate) created_at: Timestamp,
    pub(crate) merged_at: Option<Timestamp>,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) updated_at: Timestamp,
}

/// GitHub's times are whole seconds: of two events of one second, the one that closes is the later.
const UPSERT: &str = "INSERT INTO pull_requests (id, workspace_id, repository_id, number, title, author, state, draft, \
     head_sha, head_ref, base_ref, url, created_at, merged_at, closed_at, github_updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
     ON CONFLICT (repository_id, number) DO UPDATE SET title = excluded.title, author = excluded.author, \
     state = excluded.state, draft = excluded.draft, head_sha = excluded.head_sha, head_ref = excluded.head_ref, \
     base_ref = excluded.base_ref, url = excluded.url, created_at = excluded.created_at, \
     merged_at = excluded.merged_at, closed_at = excluded.closed_at, github_updated_at = excluded.github_updated_at \
     WHERE excluded.github_updated_at > pull_requests.github_updated_at \
     OR (excluded.github_updated_at = pull_requests.github_updated_at \
     AND pull_requests.state = 'open' AND excluded.state <> 'open') RETURNING id";

/// Writes a pull request; its id, or none if a newer state is known. `id` is for a new one.
pub(crate) async fn upsert(
    tx: &mut Tx,
    target: &Target,
    id: String,
    pull_request: &PullRequest<'_>,
) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = tx
        .fetch_optional(
            sql(UPSERT)
                .bind(id)
                .bind(target.scope.workspace_id())
                .bind(&target.repository_id)
                .bind(pull_request.number)
                .bind(pull_request.title)
                .bind(pull_request.author)
                .bind(pull_request.state)
                .bind(pull_request.draft)
                .bind(pull_request.head_sha)
                .bind(pull_request.head_ref)
                .bind(pull_request.base_ref)
                .bind(pull_request.url)
                .bind(pull_request.created_at)
                .bind(pull_request.merged_at)
                .bind(pull_request.closed_at)
                .bind(pull_request.updated_at),
        )
        .await?;
    Ok(row.map(|(id,)| id))
}
