//! What workflows may upload, and what they upload besides the inventory: affected instances, results,
//! locks and job summaries.

pub(crate) mod affected;
pub(crate) mod locks;
pub(crate) mod oidc;
pub(crate) mod permissions;
pub(crate) mod results;
pub(crate) mod sessions;
pub(crate) mod summaries;

mod change;
mod runs;
mod told;
pub(in crate::store) mod verdict;

use super::{StoreError, Tx, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::id::Entropy;
use sessions::CiSession;

pub(crate) use verdict::command_named;

/// Who uploads, whereto and when.
pub(crate) struct Upload<'a> {
    pub(crate) scope: &'a WorkspaceScope,
    /// None with a static token.
    pub(crate) session: Option<&'a CiSession>,
    pub(crate) now: Timestamp,
    pub(crate) entropy: &'a Entropy,
}

/// What all steps of one upload share.
struct Target<'a> {
    upload: &'a Upload<'a>,
    repository_id: &'a str,
    /// The commit, as far as it is known.
    sha: Option<&'a str>,
}

/// A repository that something is uploaded to.
#[derive(Debug, sqlx::FromRow)]
struct RepositoryRow {
    id: String,
    default_branch: Option<String>,
}

/// Notes activity in the repository, which locks its row until `tx` ends: uploads of one repository take
/// turns. None if the workspace does not have it. GitHub's names do not differ by case.
async fn touch_repository(
    tx: &mut Tx,
    upload: &Upload<'_>,
    (owner, name): (&str, &str),
) -> Result<Option<RepositoryRow>, StoreError> {
    tx.fetch_optional(
        sql("UPDATE repositories SET last_activity_at = $4 WHERE id = (SELECT id FROM repositories \
             WHERE workspace_id = $1 AND LOWER(owner) = LOWER($2) AND LOWER(name) = LOWER($3) \
             ORDER BY id LIMIT 1) RETURNING id, default_branch")
        .bind(upload.scope.workspace_id())
        .bind(owner)
        .bind(name)
        .bind(upload.now),
    )
    .await
}
