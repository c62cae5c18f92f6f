//! Counts of what may be broken. Each is read from an index, and those without a bound stop somewhere.

use std::time::Duration;

use super::words::{FAILED, LIVE};
use super::{Reader, StoreError, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;

/// One day.
const DAY: Duration = Duration::from_hours(24);

/// Refused exchanges that are counted at most.
const MAX_EXCHANGES: i64 = 1_000;

/// Drifted instances that are looked at.
const MAX_DRIFTED: i64 = 10_000;

/// Kinds of dispatch errors that are told.
const MAX_ERRORS: i64 = 20;

/// Repositories by connection.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ConnectionRow {
    pub(crate) active: i64,
    pub(crate) suspended: i64,
    pub(crate) uninstalled: i64,
    pub(crate) unseen_instances: i64,
}

/// What cannot upload.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct AccessRow {
    pub(crate) never_uploaded: i64,
    pub(crate) silent: i64,
    pub(crate) refused_exchanges: i64,
}

/// Deployments that went wrong, or wait.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct FailureRow {
    pub(crate) failed_deployments: i64,
    pub(crate) last_failed_deployment: Option<String>,
    pub(crate) stale_approvals: i64,
}

/// Dispatches that went wrong alike.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct DispatchErrorRow {
    pub(crate) error: String,
    pub(crate) count: i64,
    pub(crate) last_run_id: String,
}

/// When "lately" begins.
pub(crate) fn lately(now: Timestamp) -> Timestamp {
    now.minus(DAY * 7)
}

/// Repositories by connection, and the live instances of those that have none; nothing if the workspace is
/// gone.
pub(crate) async fn count_connections(
    reader: &Reader,
    scope: &WorkspaceScope,
) -> Result<Option<ConnectionRow>, StoreError> {
    let of = |status: &str| {
        format!("(SELECT COUNT(*) FROM repositories r WHERE r.workspace_id = $1 AND r.status = '{status}')")
    };
    let query = sql(format!(
        "SELECT {} AS active, {} AS suspended, {} AS uninstalled, \
         (SELECT CAST(COALESCE(SUM({LIVE}), 0) AS BIGINT) FROM instance_rollups u \
         WHERE u.workspace_id = $1 AND u.kind = 'repo' \
         AND u.repository_id IN (SELECT r.id FROM repositories r WHERE r.workspace_id = $1 \
         AND r.status IN ('suspended', 'uninstalled'))) AS unseen_instances FROM workspaces w WHERE w.id = $1",
        of("active"),
        of("suspended"),
        of("uninstalled"),
    ));
    reader.fetch_optional(query.bind(scope.workspace_id())).await
}

/// A repository has a row of counters once it has uploaded an instance.
const UPLOADED: &str = "(SELECT u.repository_id FROM instance_rollups u WHERE u.workspace_id = $1 \
     AND u.kind = 'repo')";

/// Repositories and workflows that do not reach the server; nothing if the workspace is gone. That it wants no tool
/// call is in the words of the audit log's index.
pub(crate) async fn count_access(
    reader: &Reader,
    scope: &WorkspaceScope,
    now: Timestamp,
) -> Result<Option<AccessRow>, StoreError> {
    let query = sql(format!(
        "SELECT (SELECT COUNT(*) FROM repositories r WHERE r.workspace_id = $1 AND r.status = 'active' \
         AND r.created_at < $2 AND r.id NOT IN {UPLOADED}) AS never_uploaded, \
         (SELECT COUNT(*) FROM repositories r WHERE r.workspace_id = $1 AND r.status = 'active' \
         AND COALESCE(r.last_activity_at, r.created_at) < $3 AND r.id IN {UPLOADED}) AS silent, \
         (SELECT COUNT(*) FROM (SELECT a.at FROM audit_log a WHERE a.workspace_id = $1 \
         AND a.action = 'oidc_token_exchange_failure' AND a.action <> 'tool_called' ORDER BY a.id DESC LIMIT $5) e \
         WHERE e.at >= $4) \
         AS refused_exchanges FROM workspaces w WHERE w.id = $1"
    ))
    .bind(scope.workspace_id())
    .bind(now.minus(DAY))
    .bind(now.minus(DAY * 14))
    .bind(lately(now))
    .bind(MAX_EXCHANGES);
    reader.fetch_optional(query).await
}

/// Drifted instances whose status has not changed lately.
pub(crate) async fn count_old_drift(
    reader: &Reader,
    scope: &WorkspaceScope,
    now: Timestamp,
) -> Result<i64, StoreError> {
    // An index gives the newest change of each instance. Written as a join, PostgreSQL may read all changes.
    let query = sql("SELECT COUNT(*) FROM (SELECT i.id FROM instances i WHERE i.workspace_id = $1 \
             AND i.status = 'drifted' ORDER BY i.id LIMIT $3) d \
             WHERE COALESCE((SELECT MAX(c.at) FROM instance_status_changes c WHERE c.instance_id = d.id), 0) < $2")
    .bind(scope.workspace_id())
    .bind(lately(now))
    .bind(MAX_DRIFTED);
    let count: Option<(i64,)> = reader.fetch_optional(query).await?;
    Ok(count.map_or(0, |(count,)| count))
}

/// Failed deployments of instances that are still in error, with no success since.
fn not_recovered() -> String {
    format!(
        "FROM workflow_runs t JOIN instances i ON i.id = t.instance_id \
         WHERE t.workspace_id = $1 AND i.workspace_id = $1 AND t.created_at >= $2 \
         AND t.command IN ('apply', 'remediate') AND t.conclusion IN {FAILED} \
         AND i.status = 'error' AND COALESCE((SELECT s.id FROM workflow_runs s WHERE s.instance_id = t.instance_id \
         AND s.conclusion = 'success' ORDER BY s.id DESC LIMIT 1), '') < t.id"
    )
}

/// Failed deployments and waiting runs; nothing if the workspace is gone. COALESCE keeps SQLite from reading all old
/// runs for the few that wait.
pub(crate) async fn count_failures(
    reader: &Reader,
    scope: &WorkspaceScope,
    now: Timestamp,
) -> Result<Option<FailureRow>, StoreError> {
    let not_recovered = not_recovered();
    let query = sql(format!(
        "SELECT (SELECT COUNT(DISTINCT t.instance_id) {not_recovered}) AS failed_deployments, \
         (SELECT t.id {not_recovered} ORDER BY t.id DESC LIMIT 1) AS last_failed_deployment, \
         (SELECT COUNT(*) FROM workflow_runs t WHERE t.workspace_id = $1 AND t.approval_state = 'pending' \
         AND COALESCE(t.created_at, 0) < $3) AS stale_approvals FROM workspaces w WHERE w.id = $1"
    ))
    .bind(scope.workspace_id())
    .bind(lately(now))
    .bind(now.minus(DAY));
    reader.fetch_optional(query).await
}

/// Dispatch errors of late, most first.
pub(crate) async fn count_dispatch_errors(
    reader: &Reader,
    scope: &WorkspaceScope,
    now: Timestamp,
) -> Result<Vec<DispatchErrorRow>, StoreError> {
    let query = sql("SELECT t.dispatch_error AS error, COUNT(*) AS count, MAX(t.id) AS last_run_id \
             FROM workflow_runs t WHERE t.workspace_id = $1 AND t.created_at >= $2 AND t.dispatch_error IS NOT NULL \
             GROUP BY t.dispatch_error ORDER BY COUNT(*) DESC, t.dispatch_error LIMIT $3")
    .bind(scope.workspace_id())
    .bind(lately(now))
    .bind(MAX_ERRORS);
    reader.fetch_all(query).await
}
