//! Repositories that are no longer connected to GitHub.

use super::page::Page;
use super::{Reader, StoreError, sql};
use crate::authz::WorkspaceScope;

/// A repository with the installation that connected it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct BrokenRow {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    /// `suspended` or `uninstalled`.
    pub(crate) status: String,
    pub(crate) installation_github_id: Option<i64>,
    pub(crate) installation_account: Option<String>,
    pub(crate) installation_status: Option<String>,
    pub(crate) installation_status_since: Option<i64>,
}

/// Suspended and uninstalled repositories of the workspace, newest import first.
pub(crate) async fn list_broken(
    reader: &Reader,
    scope: &WorkspaceScope,
    page: &Page,
) -> Result<Vec<BrokenRow>, StoreError> {
    let mut query = sql("SELECT r.id, r.owner, r.name, r.status, g.github_id AS installation_github_id, \
             g.account AS installation_account, g.status AS installation_status, \
             g.status_since AS installation_status_since \
             FROM repositories r LEFT JOIN github_installations g \
             ON g.id = r.installation_id AND g.workspace_id = r.workspace_id \
             WHERE r.workspace_id = $1 AND r.status IN ('suspended', 'uninstalled')")
    .bind(scope.workspace_id());
    if let Some(after) = page.after() {
        query.push(" AND r.id < ");
        query.push_bind(after);
    }
    query.push(" ORDER BY r.id DESC LIMIT ");
    query.push_bind(page.fetch_limit());
    reader.fetch_all(query).await
}
