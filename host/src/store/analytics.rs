//! Counts and durations over a stretch of days.
//!
//! What is counted by day comes from the rollups of migration 0019; what needs single rows has a limit. So no answer
//! takes longer because the fleet is larger.

use std::ops::Range;

use super::repositories;
use super::rollups::Counts;
use super::words::{FAILED, STATUSES};
use super::{Query, Reader, StoreError, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;

/// Merges and approvals that are listed at most.
const MAX_DURATIONS: i64 = 1_000;

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// Changes of status among which [`count_changes`] counts: the newest.
const MAX_CHANGES: i64 = 20_000;

/// What is counted, in one repository or all.
#[derive(Debug, Clone)]
pub(crate) struct Extent<'a> {
    /// Days since the Unix epoch, UTC.
    pub(crate) days: Range<i64>,
    /// Owner and name.
    pub(crate) repo: Option<(&'a str, &'a str)>,
}

impl Extent<'_> {
    /// The first moment.
    pub(crate) const fn since(&self) -> Timestamp {
        Timestamp::from_micros(self.days.start * DAY)
    }

    /// The moment after the last.
    pub(crate) const fn until(&self) -> Timestamp {
        Timestamp::from_micros(self.days.end * DAY)
    }
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
    pub(crate) completed_deployments: i64,
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

/// Whose outcomes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dimension {
    /// Of one repository.
    Stack,
    /// Of all repositories.
    Component,
}

const RUN_COUNTS: &str = "SELECT u.command, u.trigger_kind, u.status, NULLIF(u.conclusion, '') AS conclusion, \
     CAST(SUM(u.runs) AS BIGINT) AS count, CAST(SUM(u.changed) AS BIGINT) AS changed FROM run_rollups u";

/// Runs by command, trigger, status and conclusion.
pub(crate) async fn count_runs(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
) -> Result<Vec<RunCountRow>, StoreError> {
    let mut query = rolled_up(RUN_COUNTS, runs_of(extent), scope, extent);
    query.push(" GROUP BY u.command, u.trigger_kind, u.status, u.conclusion");
    query.push(" ORDER BY u.command, u.trigger_kind, u.status, u.conclusion");
    reader.fetch_all(query).await
}

/// Completed runs by stack or component: most failed first. Stacks need a repository; components are those of all.
pub(crate) async fn count_outcomes(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
    (by, deployments_only): (Dimension, bool),
    limit: u32,
) -> Result<Vec<OutcomeRow>, StoreError> {
    let kind = match by {
        Dimension::Stack => "stack",
        Dimension::Component => "component",
    };
    let select = format!(
        "SELECT u.name, {} AS completed, {} AS succeeded, {} AS failed FROM run_rollups u",
        runs_where("TRUE"),
        runs_where("u.conclusion = 'success'"),
        runs_where(&format!("u.conclusion IN {FAILED}")),
    );
    let mut query = rolled_up(&select, kind, scope, extent);
    if deployments_only {
        query.push(" AND u.command IN ('apply', 'remediate')");
    }
    query.push(" GROUP BY u.name ORDER BY failed DESC, completed DESC, u.name LIMIT ");
    query.push_bind(limit);
    reader.fetch_all(query).await
}

/// Runs by UTC day, oldest first.
pub(crate) async fn count_runs_by_day(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
) -> Result<Vec<DayRow>, StoreError> {
    let select = format!(
        "SELECT u.day, {} AS plans, {} AS completed_deployments, {} AS failed_deployments, {} AS drift_detections \
         FROM run_rollups u",
        runs_where("u.command = 'plan'"),
        runs_where("u.command IN ('apply', 'remediate') AND u.status = 'completed'"),
        runs_where(&format!("u.command IN ('apply', 'remediate') AND u.conclusion IN {FAILED}")),
        runs_where("u.command = 'plan' AND u.trigger_kind = 'drift_detection'"),
    );
    let mut query = rolled_up(&select, runs_of(extent), scope, extent);
    query.push(" GROUP BY u.day ORDER BY u.day");
    reader.fetch_all(query).await
}

/// The rollups that have each run once.
const fn runs_of(extent: &Extent<'_>) -> &'static str {
    if extent.repo.is_some() { "repo" } else { "workspace" }
}

/// How many runs the rollups have for which this is true.
fn runs_where(condition: &str) -> String {
    format!("CAST(SUM(CASE WHEN {condition} THEN u.runs ELSE 0 END) AS BIGINT)")
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

/// Microseconds from creation to approval of the runs that were approved, newest first, and one more than are shown.
pub(crate) async fn list_approval_waits(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
) -> Result<Vec<i64>, StoreError> {
    let select = "SELECT t.approval_decided_at - t.created_at AS micros FROM workflow_runs t";
    let mut query = within(select, "t.approval_decided_at", scope, extent);
    query.push(" AND t.approval_state = 'approved' ORDER BY t.approval_decided_at DESC LIMIT ");
    query.push_bind(MAX_DURATIONS + 1);
    Ok(reader.fetch_all::<MicrosRow>(query).await?.into_iter().map(|row| row.micros).collect())
}

/// Instances by status as they are now, of the workspace or of one repository. A sum always has a row.
pub(crate) async fn count_statuses(
    reader: &Reader,
    scope: &WorkspaceScope,
    repo: Option<(&str, &str)>,
) -> Result<Option<Counts>, StoreError> {
    let sums = STATUSES.map(|status| format!("CAST(COALESCE(SUM(u.{status}), 0) AS BIGINT) AS {status}")).join(", ");
    let mut query = sql(format!("SELECT {sums} FROM instance_rollups u WHERE u.kind = 'repo' AND u.workspace_id = "));
    query.push_bind(scope.workspace_id());
    if repo.is_some() {
        query.push(" AND u.repository_id = ");
        push_repository(&mut query, scope, repo);
    }
    reader.fetch_optional(query).await
}

/// Changes of status by kind.
pub(crate) async fn count_transitions(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
) -> Result<Vec<TransitionCountRow>, StoreError> {
    let select = "SELECT NULLIF(u.from_status, '') AS from_status, u.to_status, CAST(SUM(u.changes) AS BIGINT) AS count \
         FROM status_change_rollups u";
    let mut query = by_day(select, scope, extent);
    query.push(" GROUP BY u.from_status, u.to_status ORDER BY u.from_status, u.to_status");
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

/// How often instances changed their status, most first, among the newest [`MAX_CHANGES`].
pub(crate) async fn count_changes(
    reader: &Reader,
    scope: &WorkspaceScope,
    extent: &Extent<'_>,
    at_least: u32,
    limit: u32,
) -> Result<Vec<InstanceChangesRow>, StoreError> {
    let select = "SELECT i.id, i.component, i.stack, r.owner, r.name, i.status, c.changes FROM \
         (SELECT n.instance_id, COUNT(*) AS changes FROM (SELECT t.instance_id FROM instance_status_changes t";
    let mut query = within_instances(select, scope, extent);
    query.push(" AND t.from_status IS NOT NULL ORDER BY t.at DESC, t.id DESC LIMIT ");
    query.push_bind(MAX_CHANGES);
    query.push(") n GROUP BY n.instance_id HAVING COUNT(*) >= ");
    query.push_bind(at_least);
    query.push(" ORDER BY COUNT(*) DESC, n.instance_id LIMIT ");
    query.push_bind(limit);
    query.push(") c JOIN instances i ON i.id = c.instance_id JOIN repositories r ON r.id = i.repository_id");
    query.push(" ORDER BY c.changes DESC, i.id");
    reader.fetch_all(query).await
}

/// Rollups of a kind, of the workspace, and of the repository if one is given.
fn rolled_up(select: &str, kind: &'static str, scope: &WorkspaceScope, extent: &Extent<'_>) -> Query {
    let mut query = by_day(select, scope, extent);
    query.push(" AND u.kind = ");
    query.push_bind(kind);
    query
}

fn by_day(select: &str, scope: &WorkspaceScope, extent: &Extent<'_>) -> Query {
    let mut query = sql(format!("{select} WHERE u.workspace_id = "));
    query.push_bind(scope.workspace_id());
    query.push(" AND u.repository_id = ");
    match extent.repo {
        Some(_) => push_repository(&mut query, scope, extent.repo),
        None => query.push("''"),
    }
    query.push(" AND u.day >= ");
    query.push_bind(extent.days.start);
    query.push(" AND u.day < ");
    query.push_bind(extent.days.end);
    query
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
    query.push_bind(extent.since());
    query.push(&format!(" AND {time} < "));
    query.push_bind(extent.until());
    query
}

fn push_repository(query: &mut Query, scope: &WorkspaceScope, repo: Option<(&str, &str)>) {
    match repo {
        Some(repo) => repositories::push_id(query, scope, repo),
        None => query.push("NULL"),
    }
}
