//! Counts and durations over a stretch of time.

use super::repositories::StatusCountRow;
use super::{Query, Reader, StoreError, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;

/// Merges and approvals that are listed at most.
const MAX_DURATIONS: i64 = 1_000;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// What is counted: from `since` to before `until`, in one repository or all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent<'a> {
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
    /// Owner and name.
    pub(crate) repo: Option<(&'a str, &'a str)>,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RunCountRow {
    pub(crate) command: String,
    pub(crate) trigger_kind: String,
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) count: i64,
    pub(crate) changed: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct OutcomeRow {
    pub(crate) name: String,
    pub(crate) completed: i64,
    pub(crate) succeeded: i64,
    pub(crate) failed: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct DayRow {
    /// Days since the Unix epoch, UTC.
    pub(crate) day: i64,
    pub(crate) plans: i64,
    pub(crate) deployments: i64,
    pub(crate) failed_deployments: i64,
    pub(crate) drift_detections: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct MergeRow {
    pub(crate) author: String,
    pub(crate) micros: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct AuthorRow {
    pub(crate) author: String,
    pub(crate) count: i64,
}

#[derive(Debug, sqlx::FromRow)]
struct MicrosRow {
    micros: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TransitionCountRow {
    pub(crate) from_status: Option<String>,
    pub(crate) to_status: String,
    pub(crate) count: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TransitionRow {
    pub(crate) instance_id: String,
    pub(crate) from_status: Option<String>,
    pub(crate) to_status: String,
    pub(crate) at: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct InstanceChangesRow {
    pub(crate) id: String,
    pub(crate) component: String,
    pub(crate) stack: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) changes: i64,
}

/// Names of one kind.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Dimension {
    Stack,
    Component,
}

const RUN_COUNTS: &str = "SELECT t.command, t.trigger_kind, t.status, t.conclusion, COUNT(*) AS count, \
     CAST(SUM(CASE WHEN t.plan_exit_code = 2 THEN 1 ELSE 0 END) AS BIGINT) AS changed FROM workflow_runs t";

/// Runs by command, trigger, status and conclusion.
pub(crate) async fn count_runs(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
) -> Result<Vec<RunCountRow>, StoreError> {
    let mut query = within(RUN_COUNTS, "t.created_at", scope, extent);
    query.push(" GROUP BY t.command, t.trigger_kind, t.status, t.conclusion");
    query.push(" ORDER BY t.command, t.trigger_kind, t.status, t.conclusion");
    reader.fetch_all(query).await
}

/// Completed runs by stack or component: most failed first.
pub(crate) async fn count_outcomes(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
    (by, deployments_only): (Dimension, bool),
    limit: u32,
) -> Result<Vec<OutcomeRow>, StoreError> {
    let column = match by {
        Dimension::Stack => "t.stack",
        Dimension::Component => "t.component",
    };
    let select = format!(
        "SELECT {column} AS name, COUNT(*) AS completed, \
         CAST(SUM(CASE WHEN t.conclusion = 'success' THEN 1 ELSE 0 END) AS BIGINT) AS succeeded, \
         CAST(SUM(CASE WHEN t.conclusion IN {FAILED} THEN 1 ELSE 0 END) AS BIGINT) AS failed FROM workflow_runs t"
    );
    let mut query = within(&select, "t.created_at", scope, extent);
    query.push(&format!(" AND t.status = 'completed' AND {column} IS NOT NULL"));
    if deployments_only {
        query.push(" AND t.command IN ('apply', 'remediate')");
    }
    query.push(&format!(" GROUP BY {column} ORDER BY failed DESC, completed DESC, name LIMIT "));
    query.push_bind(limit);
    reader.fetch_all(query).await
}

/// Conclusions that count as a failure: what was cancelled or skipped says nothing about the change.
const FAILED: &str = "('failure', 'timed_out', 'startup_failure')";

/// Runs by UTC day, oldest first.
pub(crate) async fn count_runs_by_day(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
) -> Result<Vec<DayRow>, StoreError> {
    let sum = |condition: &str| format!("CAST(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) AS BIGINT)");
    let select = format!(
        "SELECT t.created_at / {DAY} AS day, {} AS plans, {} AS deployments, {} AS failed_deployments, \
         {} AS drift_detections FROM workflow_runs t",
        sum("t.command = 'plan'"),
        sum("t.command IN ('apply', 'remediate')"),
        sum(&format!("t.command IN ('apply', 'remediate') AND t.conclusion IN {FAILED}")),
        sum("t.command = 'plan' AND t.trigger_kind = 'drift_detection'"),
    );
    let mut query = within(&select, "t.created_at", scope, extent);
    query.push(&format!(" GROUP BY t.created_at / {DAY} ORDER BY day"));
    reader.fetch_all(query).await
}

/// Pull requests that were merged, newest merge first, and one more than are shown.
pub(crate) async fn list_merges(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
) -> Result<Vec<MergeRow>, StoreError> {
    let select = "SELECT t.author, t.merged_at - t.created_at AS micros FROM pull_requests t";
    let mut query = within(select, "t.merged_at", scope, extent);
    query.push(" ORDER BY t.merged_at DESC LIMIT ");
    query.push_bind(MAX_DURATIONS + 1);
    reader.fetch_all(query).await
}

/// Commits by author, most first.
pub(crate) async fn count_commits(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
    limit: u32,
) -> Result<Vec<AuthorRow>, StoreError> {
    let select = "SELECT t.author, COUNT(*) AS count FROM commits t";
    let mut query = within(select, "t.committed_at", scope, extent);
    query.push(" AND t.author <> '' GROUP BY t.author ORDER BY count DESC, t.author LIMIT ");
    query.push_bind(limit);
    reader.fetch_all(query).await
}

/// Microseconds from creation to approval of the runs that were approved, newest first.
pub(crate) async fn list_approval_waits(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
) -> Result<Vec<i64>, StoreError> {
    let select = "SELECT t.approval_decided_at - t.created_at AS micros FROM workflow_runs t";
    let mut query = within(select, "t.approval_decided_at", scope, extent);
    query.push(" AND t.approval_state = 'approved' ORDER BY t.approval_decided_at DESC LIMIT ");
    query.push_bind(MAX_DURATIONS);
    Ok(reader.fetch_all::<MicrosRow>(query).await?.into_iter().map(|row| row.micros).collect())
}

/// Instances by status as they are now.
pub(crate) async fn count_statuses(
    reader: &Reader,
    scope: &WorkspaceScope,
    repo: Option<(&str, &str)>,
) -> Result<Vec<StatusCountRow>, StoreError> {
    // The counters have a column per status; the answer has a row.
    let words = ["unknown", "in_sync", "drifted", "remediating", "remediated", "error", "disabled", "orphaned"];
    let mut query = sql("WITH c AS (SELECT u.* FROM instance_rollups u WHERE u.kind = 'repo' AND u.workspace_id = ");
    query.push_bind(scope.workspace_id());
    if repo.is_some() {
        query.push(" AND u.repository_id = ");
        push_repository(&mut query, scope, repo);
    }
    query.push(")");
    for (index, word) in words.into_iter().enumerate() {
        query.push(if index == 0 { " " } else { " UNION ALL " });
        query.push(&format!("SELECT '{word}' AS status, CAST(COALESCE(SUM(c.{word}), 0) AS BIGINT) AS count FROM c"));
    }
    reader.fetch_all(query).await
}

/// Changes of status by kind.
pub(crate) async fn count_transitions(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
) -> Result<Vec<TransitionCountRow>, StoreError> {
    let select = "SELECT t.from_status, t.to_status, COUNT(*) AS count FROM instance_status_changes t";
    let mut query = within_instances(select, scope, extent);
    query.push(" GROUP BY t.from_status, t.to_status ORDER BY t.from_status, t.to_status");
    reader.fetch_all(query).await
}

/// Changes of status, newest first, at most `limit`.
pub(crate) async fn list_transitions(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
    limit: u32,
) -> Result<Vec<TransitionRow>, StoreError> {
    let select = "SELECT t.instance_id, t.from_status, t.to_status, t.at FROM instance_status_changes t";
    let mut query = within_instances(select, scope, extent);
    query.push(" ORDER BY t.at DESC, t.id DESC LIMIT ");
    query.push_bind(limit);
    reader.fetch_all(query).await
}

/// How often instances changed their status, most first.
pub(crate) async fn count_changes(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
    at_least: u32,
    limit: u32,
) -> Result<Vec<InstanceChangesRow>, StoreError> {
    let select = "SELECT i.id, i.component, i.stack, r.owner, r.name, i.status, c.changes FROM \
         (SELECT t.instance_id, COUNT(*) AS changes FROM instance_status_changes t";
    let mut query = within_instances(select, scope, extent);
    query.push(" AND t.from_status IS NOT NULL GROUP BY t.instance_id HAVING COUNT(*) >= ");
    query.push_bind(at_least);
    query.push(" ORDER BY COUNT(*) DESC, t.instance_id LIMIT ");
    query.push_bind(limit);
    query.push(") c JOIN instances i ON i.id = c.instance_id JOIN repositories r ON r.id = i.repository_id");
    query.push(" ORDER BY c.changes DESC, i.id");
    reader.fetch_all(query).await
}

/// Rows of the workspace, and of the repository if one is given, whose `time` is in the stretch.
fn within(select: &str, time: &str, scope: &WorkspaceScope, extent: &Extent<'_>) -> Query {
    let mut query = bounded(select, time, scope, extent);
    if extent.repo.is_some() {
        query.push(" AND t.repository_id = ");
        push_repository(&mut query, scope, extent.repo);
    }
    query
}

/// The same for changes of status, which name their instance alone.
fn within_instances(select: &str, scope: &WorkspaceScope, extent: &Extent<'_>) -> Query {
    let mut query = bounded(select, "t.at", scope, extent);
    if extent.repo.is_some() {
        query.push(" AND EXISTS (SELECT 1 FROM instances i WHERE i.id = t.instance_id AND i.repository_id = ");
        push_repository(&mut query, scope, extent.repo);
        query.push(")");
    }
    query
}

fn bounded(select: &str, time: &str, scope: &WorkspaceScope, extent: &Extent<'_>) -> Query {
    let mut query = sql(format!("{select} WHERE t.workspace_id = "));
    query.push_bind(scope.workspace_id());
    query.push(&format!(" AND {time} >= "));
    query.push_bind(extent.since);
    query.push(&format!(" AND {time} < "));
    query.push_bind(extent.until);
    query
}

fn push_repository(query: &mut Query, scope: &WorkspaceScope, repo: Option<(&str, &str)>) {
    let (owner, name) = repo.unwrap_or_default();
    query.push("(SELECT r.id FROM repositories r WHERE r.workspace_id = ");
    query.push_bind(scope.workspace_id());
    query.push(" AND r.owner = ");
    query.push_bind(owner);
    query.push(" AND r.name = ");
    query.push_bind(name);
    query.push(")");
}
