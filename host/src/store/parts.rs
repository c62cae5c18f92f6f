//! What a stack or a component consists of, and its last run that failed.

use super::repositories::find_repository_id;
use super::rollups::{self, Kind, RollupRow};
use super::words::{FAILED, LIVE_STATUSES};
use super::{Query, Reader, StoreError, sql};
use crate::authz::WorkspaceScope;

/// Parts that are told at most.
const MAX_PARTS: usize = 100;

/// One stack or component with its parts.
#[derive(Debug)]
pub(crate) struct Details {
    pub(crate) rollup: RollupRow,
    /// What is drifted or in error first, then by name. Orphaned instances are left out.
    pub(crate) parts: Vec<PartRow>,
    /// Whether there are more than 100 parts.
    pub(crate) truncated: bool,
    pub(crate) last_failed_run: Option<FailedRunRow>,
}

/// An instance of a stack or component.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct PartRow {
    pub(crate) id: String,
    /// The component in a stack, the stack of a component.
    pub(crate) part: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) drift_status: String,
    pub(crate) last_run_at: Option<i64>,
}

/// A run that failed, timed out or did not start.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct FailedRunRow {
    pub(crate) id: String,
    pub(crate) command: String,
    pub(crate) conclusion: String,
    pub(crate) component: Option<String>,
    pub(crate) stack: Option<String>,
    pub(crate) finished_at: Option<i64>,
}

/// One stack or component, in one repository or in all; none if there is no instance of it.
pub(crate) async fn find_details(
    reader: &Reader,
    scope: &WorkspaceScope,
    kind: Kind,
    name: &str,
    repo: Option<(&str, &str)>,
) -> Result<Option<Details>, StoreError> {
    let mut repository_id = None;
    if let Some(repo) = repo {
        let Some(id) = find_repository_id(reader, scope, repo).await? else { return Ok(None) };
        repository_id = Some(id);
    }
    let repository_id = repository_id.as_deref();
    let Some(rollup) = rollups::find_rollup(reader, scope, kind, name, repository_id).await? else { return Ok(None) };
    let mut parts: Vec<PartRow> = reader.fetch_all(parts_query(scope, kind, name, repository_id)).await?;
    let truncated = parts.len() > MAX_PARTS;
    parts.truncate(MAX_PARTS);
    let last_failed_run = reader.fetch_optional(failed_run_query(scope, kind, name, repository_id)).await?;
    Ok(Some(Details { rollup, parts, truncated, last_failed_run }))
}

/// A walk for each status, because a component may have any number of instances: each walk is in the order of an
/// index and ends after a page.
fn parts_query(scope: &WorkspaceScope, kind: Kind, name: &str, repository_id: Option<&str>) -> Query {
    let (column, other, limit) = (kind.column(), kind.other().column(), MAX_PARTS + 1);
    let repository = if repository_id.is_some() { " AND i.repository_id = $3" } else { "" };
    let walks = LIVE_STATUSES.map(|status| {
        format!(
            "SELECT b.* FROM (SELECT i.id, i.{other} AS part, i.repository_id, i.status, i.drift_status, i.last_run_at \
             FROM instances i WHERE i.workspace_id = $1 AND i.{column} = $2 AND i.status = '{status}'{repository} \
             ORDER BY i.{other}, i.repository_id LIMIT {limit}) b"
        )
    });
    let query = sql(format!(
        "SELECT p.id, p.part, r.owner, r.name, p.status, p.drift_status, p.last_run_at \
         FROM ({}) p CROSS JOIN repositories r WHERE r.id = p.repository_id \
         ORDER BY CASE WHEN p.status IN ('drifted', 'error') THEN 0 ELSE 1 END, p.part, p.repository_id LIMIT {limit}",
        walks.join(" UNION ALL ")
    ));
    bind(query, scope, name, repository_id)
}

/// An index holds these runs alone, by stack and by component, if its condition is named in the same words.
fn failed_run_query(scope: &WorkspaceScope, kind: Kind, name: &str, repository_id: Option<&str>) -> Query {
    let repository = if repository_id.is_some() { " AND CASE WHEN TRUE THEN w.repository_id END = $3" } else { "" };
    let query = sql(format!(
        "SELECT w.id, w.command, w.conclusion, w.component, w.stack, w.finished_at FROM workflow_runs w \
         WHERE w.workspace_id = $1 AND w.{} = $2 AND w.conclusion IN {FAILED}{repository} \
         ORDER BY w.id DESC LIMIT 1",
        kind.column()
    ));
    bind(query, scope, name, repository_id)
}

fn bind(query: Query, scope: &WorkspaceScope, name: &str, repository_id: Option<&str>) -> Query {
    let query = query.bind(scope.workspace_id()).bind(name);
    match repository_id {
        Some(id) => query.bind(id),
        None => query,
    }
}
