//! Instances: components deployed to stacks.

use super::page::Page;
use super::{Reader, StoreError, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;

/// Changes of status that [`list_status_changes`] gives at most.
const RECENT_CHANGES: i64 = 10;

/// One instance.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct InstanceRow {
    pub(crate) id: String,
    pub(crate) component: String,
    pub(crate) stack: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) component_type: Option<String>,
    pub(crate) status: String,
    pub(crate) drift_status: String,
    pub(crate) drift_enabled: bool,
    pub(crate) enabled: bool,
    pub(crate) last_run_at: Option<i64>,
    pub(crate) last_drift_run_at: Option<i64>,
    pub(crate) last_run_id: Option<String>,
    pub(crate) last_drift_run_id: Option<String>,
}

/// A workflow run, in short.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RunSummaryRow {
    pub(crate) id: String,
    pub(crate) command: String,
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) plan_exit_code: Option<i64>,
    pub(crate) finished_at: Option<i64>,
}

/// A change of status.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct StatusChangeRow {
    pub(crate) from_status: Option<String>,
    pub(crate) to_status: String,
    pub(crate) at: i64,
    pub(crate) run_id: Option<String>,
}

/// A lock that has not expired.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct LockRow {
    pub(crate) key: String,
    pub(crate) message: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
}

/// Which instances are wanted; an empty field does not restrict.
#[derive(Debug, Default)]
pub(crate) struct InstanceFilter<'a> {
    pub(crate) statuses: Vec<&'static str>,
    pub(crate) stack: Option<&'a str>,
    pub(crate) component: Option<&'a str>,
    /// Owner and name.
    pub(crate) repo: Option<(&'a str, &'a str)>,
    pub(crate) drift_enabled: Option<bool>,
}

const SELECT: &str = "SELECT i.id, i.component, i.stack, r.owner, r.name, i.component_type, i.status, i.drift_status, \
     i.drift_enabled, i.enabled, i.last_run_at, i.last_drift_run_at, i.last_run_id, i.last_drift_run_id \
     FROM instances i JOIN repositories r ON r.id = i.repository_id WHERE i.workspace_id = $1";

/// Instances of the workspace, newest first; without a status filter, orphaned ones are left out.
pub(crate) async fn list_instances(
    reader: &Reader,
    scope: &WorkspaceScope,
    filter: &InstanceFilter<'_>,
    page: &Page,
) -> Result<Vec<InstanceRow>, StoreError> {
    let mut query = sql(SELECT).bind(scope.workspace_id());
    if filter.statuses.is_empty() {
        query.push(" AND i.status <> 'orphaned'");
    } else {
        query.push(" AND i.status IN ");
        query.push_in(filter.statuses.iter().copied());
    }
    for (column, value) in [(" AND i.stack = ", filter.stack), (" AND i.component = ", filter.component)] {
        if let Some(value) = value {
            query.push(column);
            query.push_bind(value);
        }
    }
    if let Some((owner, name)) = filter.repo {
        query.push(" AND r.owner = ");
        query.push_bind(owner);
        query.push(" AND r.name = ");
        query.push_bind(name);
    }
    if let Some(drift_enabled) = filter.drift_enabled {
        query.push(" AND i.drift_enabled = ");
        query.push_bind(drift_enabled);
    }
    if let Some(after) = page.after() {
        query.push(" AND i.id < ");
        query.push_bind(after);
    }
    query.push(" ORDER BY i.id DESC LIMIT ");
    query.push_bind(page.fetch_limit());
    reader.fetch_all(query).await
}

/// One instance by its id.
pub(crate) async fn find_instance(
    reader: &Reader,
    scope: &WorkspaceScope,
    id: &str,
) -> Result<Option<InstanceRow>, StoreError> {
    let mut query = sql(SELECT).bind(scope.workspace_id());
    query.push(" AND i.id = ");
    query.push_bind(id);
    reader.fetch_optional(query).await
}

/// The runs of these ids.
pub(crate) async fn list_run_summaries(
    reader: &Reader,
    scope: &WorkspaceScope,
    ids: &[&str],
) -> Result<Vec<RunSummaryRow>, StoreError> {
    let mut query = sql("SELECT w.id, w.command, w.status, w.conclusion, w.plan_exit_code, w.finished_at \
         FROM workflow_runs w WHERE w.workspace_id = $1 AND w.id IN ")
    .bind(scope.workspace_id());
    query.push_in(ids.iter().copied());
    reader.fetch_all(query).await
}

/// The latest changes of an instance's status, newest first.
pub(crate) async fn list_status_changes(
    reader: &Reader,
    scope: &WorkspaceScope,
    instance_id: &str,
) -> Result<Vec<StatusChangeRow>, StoreError> {
    let query = sql("SELECT c.from_status, c.to_status, c.at, c.run_id FROM instance_status_changes c \
             WHERE c.workspace_id = $1 AND c.instance_id = $2 ORDER BY c.at DESC, c.id DESC LIMIT $3")
    .bind(scope.workspace_id())
    .bind(instance_id)
    .bind(RECENT_CHANGES);
    reader.fetch_all(query).await
}

/// The lock with this key, unless it has expired.
pub(crate) async fn find_lock(
    reader: &Reader,
    scope: &WorkspaceScope,
    key: &str,
    now: Timestamp,
) -> Result<Option<LockRow>, StoreError> {
    let query = sql("SELECT l.key, l.message, l.created_at, l.expires_at FROM locks l \
             WHERE l.workspace_id = $1 AND l.key = $2 AND l.expires_at > $3")
    .bind(scope.workspace_id())
    .bind(key)
    .bind(now);
    reader.fetch_optional(query).await
}
