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
    /// Which of two states of one second is the later: the one of the higher rank.
    pub(crate) rank: i64,
    /// The head before, if the event moved it.
    pub(crate) before: Option<&'a str>,
}

/// GitHub's times are whole seconds: of two states of one second, the one of the higher rank is the later; of two
/// moves of the head, the one that begins where the other ended. Of others, one and the same wins whichever comes
/// first. What an event leaves out stays as it is known.
const UPSERT: &str = "INSERT INTO pull_requests (id, workspace_id, repository_id, number, title, author, state, draft, \
     head_sha, head_ref, base_ref, url, created_at, merged_at, closed_at, github_updated_at, github_rank) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
     ON CONFLICT (repository_id, number) DO UPDATE SET state = excluded.state, draft = excluded.draft, \
     title = COALESCE(NULLIF(excluded.title, ''), pull_requests.title), \
     author = COALESCE(NULLIF(excluded.author, ''), pull_requests.author), \
     head_sha = COALESCE(NULLIF(excluded.head_sha, ''), pull_requests.head_sha), \
     head_ref = COALESCE(NULLIF(excluded.head_ref, ''), pull_requests.head_ref), \
     base_ref = COALESCE(NULLIF(excluded.base_ref, ''), pull_requests.base_ref), \
     url = COALESCE(NULLIF(excluded.url, ''), pull_requests.url), \
     created_at = CASE WHEN excluded.created_at < pull_requests.created_at THEN excluded.created_at \
     ELSE pull_requests.created_at END, merged_at = excluded.merged_at, closed_at = excluded.closed_at, \
     github_updated_at = excluded.github_updated_at, github_rank = excluded.github_rank \
     WHERE excluded.github_updated_at > pull_requests.github_updated_at \
     OR (excluded.github_updated_at = pull_requests.github_updated_at \
     AND (excluded.github_rank > pull_requests.github_rank \
     OR (excluded.github_rank = pull_requests.github_rank AND CASE WHEN $18 IS NULL \
     THEN (excluded.title, excluded.head_sha) > (pull_requests.title, pull_requests.head_sha) \
     ELSE pull_requests.head_sha = $18 END))) RETURNING id";

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
                .bind(pull_request.updated_at)
                .bind(pull_request.rank)
                .bind(pull_request.before),
        )
        .await?;
    Ok(row.map(|(id,)| id))
}
