//! Repositories.

use super::page::Page;
use super::rollups::Counts;
use super::words::LIVE;
use super::{Query, Reader, StoreError, sql};
use crate::authz::WorkspaceScope;

/// One repository with its counts.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RepoRow {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) default_branch: Option<String>,
    pub(crate) last_activity_at: Option<i64>,
    #[sqlx(flatten)]
    pub(crate) counts: Counts,
}

/// What a repository has beyond [`RepoRow`].
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RepoDetailsRow {
    pub(crate) installation_github_id: Option<i64>,
    pub(crate) installation_account: Option<String>,
    pub(crate) installation_status_since: Option<i64>,
    pub(crate) stack_count: i64,
    pub(crate) component_count: i64,
}

const SELECT: &str = "SELECT r.id, r.owner, r.name, r.status, r.default_branch, r.last_activity_at, \
     COALESCE(u.unknown, 0) AS unknown, COALESCE(u.in_sync, 0) AS in_sync, COALESCE(u.drifted, 0) AS drifted, \
     COALESCE(u.remediating, 0) AS remediating, COALESCE(u.remediated, 0) AS remediated, \
     COALESCE(u.error, 0) AS error, COALESCE(u.disabled, 0) AS disabled, COALESCE(u.orphaned, 0) AS orphaned \
     FROM repositories r LEFT JOIN instance_rollups u ON u.workspace_id = r.workspace_id AND u.kind = 'repo' \
     AND u.name = '' AND u.repository_id = r.id WHERE r.workspace_id = $1";

/// Repositories of the workspace, newest import first; without statuses, those of any.
pub(crate) async fn list_repos(
    reader: &Reader,
    scope: &WorkspaceScope,
    statuses: &[&'static str],
    page: &Page,
) -> Result<Vec<RepoRow>, StoreError> {
    let mut query = sql(SELECT).bind(scope.workspace_id());
    if !statuses.is_empty() {
        query.push(" AND r.status IN ");
        query.push_in(statuses.iter().copied());
    }
    if let Some(after) = page.after() {
        query.push(" AND r.id < ");
        query.push_bind(after);
    }
    query.push(" ORDER BY r.id DESC LIMIT ");
    query.push_bind(page.fetch_limit());
    reader.fetch_all(query).await
}

/// One repository by its name.
pub(crate) async fn find_repo(
    reader: &Reader,
    scope: &WorkspaceScope,
    owner: &str,
    name: &str,
) -> Result<Option<RepoRow>, StoreError> {
    let mut query = sql(SELECT).bind(scope.workspace_id());
    query.push(" AND r.id = ");
    push_id(&mut query, scope, (owner, name));
    reader.fetch_optional(query).await
}

/// The id of a repository of the workspace, by owner and name.
pub(super) async fn find_repository_id(
    reader: &Reader,
    scope: &WorkspaceScope,
    repo: (&str, &str),
) -> Result<Option<String>, StoreError> {
    let mut query =
        sql("SELECT r.id FROM repositories r WHERE r.workspace_id = $1 AND r.id = ").bind(scope.workspace_id());
    push_id(&mut query, scope, repo);
    let row: Option<(String,)> = reader.fetch_optional(query).await?;
    Ok(row.map(|(id,)| id))
}

/// Appends the id of a repository of the workspace, as a subquery that is NULL if it has none of this owner and name.
/// The case of letters does not matter, as with GitHub.
///
/// The workspace is hidden from SQLite, as in `keyset.rs`: the index on the names leaves one row, or one per workspace.
pub(super) fn push_id(query: &mut Query, scope: &WorkspaceScope, (owner, name): (&str, &str)) {
    query.push("(SELECT n.id FROM repositories n WHERE CASE WHEN TRUE THEN n.workspace_id END = ");
    query.push_bind(scope.workspace_id());
    query.push(" AND LOWER(n.owner) = LOWER(");
    query.push_bind(owner);
    query.push(") AND LOWER(n.name) = LOWER(");
    query.push_bind(name);
    query.push(") ORDER BY n.id LIMIT 1)");
}

/// Installation, stack and component counts of one repository.
pub(crate) async fn find_repo_details(
    reader: &Reader,
    scope: &WorkspaceScope,
    repository_id: &str,
) -> Result<Option<RepoDetailsRow>, StoreError> {
    let count = |kind: &str| {
        format!(
            "(SELECT COUNT(*) FROM instance_rollups u WHERE u.repository_id = r.id AND u.kind = '{kind}' \
             AND {LIVE} > 0) AS {kind}_count"
        )
    };
    let query = sql(format!(
        "SELECT g.github_id AS installation_github_id, g.account AS installation_account, \
         g.status_since AS installation_status_since, {}, {} \
         FROM repositories r LEFT JOIN github_installations g ON g.id = r.installation_id \
         WHERE r.workspace_id = $1 AND r.id = $2",
        count("stack"),
        count("component"),
    ))
    .bind(scope.workspace_id())
    .bind(repository_id);
    reader.fetch_optional(query).await
}
