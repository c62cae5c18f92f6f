//! The exchange of OIDC tokens: which repository it is for, and that a token counts once.

use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::store::{Reader, StoreError, Tx, sql};

/// Where a workflow may upload to.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) scope: WorkspaceScope,
    pub(crate) repository_id: String,
    pub(crate) default_branch: Option<String>,
}

/// A repository as the issuer names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IssuedName<'a> {
    pub(crate) host: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) name: &'a str,
    /// GitHub's id, which stays when the name changes.
    pub(crate) github_id: Option<i64>,
}

/// The repository in a workspace, if the workspace exists and the repository is connected to it. The name counts as
/// long as no id of the row is known: a new repository does not speak for one that had its name before.
///
/// Security: the scope comes from the repository's own row. The id of the workspace comes from the request,
/// and proves nothing; that the repository belongs to it does.
pub(crate) async fn find_imported(
    reader: &Reader,
    workspace_id: &str,
    repository: IssuedName<'_>,
) -> Result<Option<Imported>, StoreError> {
    let row: Option<(String, String, Option<String>)> = reader
        .fetch_optional(
            sql("SELECT r.workspace_id, r.id, r.default_branch FROM repositories r \
                 JOIN workspaces w ON w.id = r.workspace_id WHERE r.workspace_id = $1 \
                 AND (r.github_id = $5 OR LOWER(r.owner) = LOWER($2) AND LOWER(r.name) = LOWER($3) \
                 AND (r.github_id IS NULL OR $5 IS NULL)) \
                 AND LOWER(r.host) = LOWER($4) AND r.status = 'active' AND w.status = 'active' \
                 ORDER BY CASE WHEN r.github_id = $5 THEN 0 ELSE 1 END, r.id LIMIT 1")
            .bind(workspace_id)
            .bind(repository.owner)
            .bind(repository.name)
            .bind(repository.host)
            .bind(repository.github_id),
        )
        .await?;
    Ok(row.map(|(workspace_id, repository_id, default_branch)| Imported {
        scope: WorkspaceScope::from_record(workspace_id),
        repository_id,
        default_branch,
    }))
}

/// Uses up an OIDC token; false if it was used before. Forgets tokens that have expired: those are refused
/// anyway.
pub(crate) async fn use_token(
    tx: &mut Tx,
    token_id: &str,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(sql("DELETE FROM used_oidc_tokens WHERE expires_at < $1").bind(now)).await?;
    let inserted = tx
        .execute(
            sql(
                "INSERT INTO used_oidc_tokens (token_id, expires_at) VALUES ($1, $2) ON CONFLICT (token_id) DO NOTHING",
            )
            .bind(token_id)
            .bind(expires_at),
        )
        .await?;
    Ok(inserted > 0)
}
