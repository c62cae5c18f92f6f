//! When things were first seen in a workspace, and what is there now. Each is the first or last row of an
//! index, or a count that stops somewhere.

use std::time::Duration;

use super::{Reader, StoreError, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;

/// One day.
const DAY: Duration = Duration::from_hours(24);

/// Rows that a count looks at.
const MAX_COUNTED: i64 = 10_000;

/// Drift detections that are looked at for one that GitHub knows.
const MAX_DETECTIONS: i64 = 1_000;

/// First times, in microseconds since the Unix epoch.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct MilestonesRow {
    pub(crate) member: Option<i64>,
    pub(crate) workspace: i64,
    pub(crate) installation: Option<i64>,
    pub(crate) repository: Option<i64>,
    pub(crate) repository_permission: Option<i64>,
    pub(crate) exchange: Option<i64>,
    pub(crate) instance: Option<i64>,
    pub(crate) plan: Option<i64>,
    pub(crate) apply: Option<i64>,
    pub(crate) remediation: Option<i64>,
    pub(crate) push: Option<i64>,
    pub(crate) known_detection: Option<i64>,
    pub(crate) approval: Option<i64>,
    pub(crate) rejection: Option<i64>,
    pub(crate) held: Option<i64>,
    pub(crate) affected: Option<i64>,
    pub(crate) affected_audited: Option<i64>,
    pub(crate) schedule: Option<i64>,
    pub(crate) detection: Option<i64>,
}

/// What is there now.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct HousekeepingRow {
    pub(crate) members: i64,
    pub(crate) invitations: i64,
    pub(crate) unused_grants: i64,
    pub(crate) old_badge_tokens: i64,
    pub(crate) lasting_tokens: i64,
    pub(crate) production_stacks: i64,
    pub(crate) unwatched_instances: i64,
    pub(crate) pending_approvals: i64,
    pub(crate) schedules: i64,
    /// Microseconds since the Unix epoch.
    pub(crate) last_detection: Option<i64>,
}

/// When things were first seen; nothing if the workspace is gone.
///
/// Ids sort by time, so the first row by id is the first in time. COALESCE keeps SQLite from looking a
/// conclusion up by its own index, which has the runs of all commands; that no tool call is wanted is in the words
/// of the audit log's index.
pub(crate) async fn find_milestones(
    reader: &Reader,
    scope: &WorkspaceScope,
) -> Result<Option<MilestonesRow>, StoreError> {
    let run = |condition: &str| {
        format!(
            "(SELECT t.created_at FROM workflow_runs t WHERE t.workspace_id = $1 AND {condition} ORDER BY t.id LIMIT 1)"
        )
    };
    let success = |command: &str| run(&format!("t.command = '{command}' AND COALESCE(t.conclusion, '') = 'success'"));
    let approval = |state: &str| run(&format!("t.approval_state = '{state}'"));
    let audited = |action: &str| {
        format!(
            "(SELECT a.at FROM audit_log a WHERE a.workspace_id = $1 AND a.action = '{action}' \
             AND a.action <> 'tool_called' ORDER BY a.id LIMIT 1)"
        )
    };
    let runs = format!(
        "{} AS plan, {} AS apply, {} AS remediation, {} AS push, {} AS approval, {} AS rejection, {} AS held, \
         {} AS detection, {} AS exchange, {} AS affected_audited",
        success("plan"),
        success("apply"),
        success("remediate"),
        run("t.trigger_kind = 'push'"),
        approval("approved"),
        approval("rejected"),
        run("t.approval_state = 'pending' AND t.approval_environment IS NOT NULL"),
        run("t.trigger_kind = 'drift_detection'"),
        audited("oidc_token_exchange_success"),
        audited("affected_uploaded"),
    );
    let query = sql(format!("SELECT {runs}, {OTHER_MILESTONES} FROM workspaces w WHERE w.id = $1"))
        .bind(scope.workspace_id())
        .bind(MAX_DETECTIONS);
    reader.fetch_optional(query).await
}

const OTHER_MILESTONES: &str = "w.created_at AS workspace, \
     (SELECT MIN(m.created_at) FROM memberships m WHERE m.workspace_id = $1) AS member, \
     (SELECT MIN(g.status_since) FROM github_installations g WHERE g.workspace_id = $1 AND g.status = 'active') \
     AS installation, \
     (SELECT r.created_at FROM repositories r WHERE r.workspace_id = $1 ORDER BY r.id LIMIT 1) AS repository, \
     (SELECT MIN(p.created_at) FROM repositories r JOIN repository_permissions p ON p.repository_id = r.id \
     WHERE r.workspace_id = $1) AS repository_permission, \
     (SELECT i.created_at FROM instances i WHERE i.workspace_id = $1 ORDER BY i.id LIMIT 1) AS instance, \
     (SELECT MIN(k.created_at) FROM (SELECT t.created_at, t.github_run_id FROM workflow_runs t \
     WHERE t.workspace_id = $1 AND t.trigger_kind = 'drift_detection' ORDER BY t.id LIMIT $2) k \
     WHERE k.github_run_id IS NOT NULL) AS known_detection, \
     (SELECT x.uploaded_at FROM affected_instances x WHERE x.workspace_id = $1 ORDER BY x.uploaded_at LIMIT 1) \
     AS affected, \
     (SELECT MIN(h.created_at) FROM schedules h WHERE h.workspace_id = $1 AND h.kind = 'drift_detection' \
     AND h.enabled) AS schedule";

const HOUSEKEEPING: &str = "SELECT (SELECT COUNT(*) FROM memberships m WHERE m.workspace_id = $1) AS members, \
     (SELECT COUNT(*) FROM invited_members v WHERE v.workspace_id = $1) AS invitations, \
     (SELECT COUNT(*) FROM oauth_grants o WHERE o.workspace_id = $1 AND o.revoked_at IS NULL \
     AND COALESCE(o.last_used_at, o.created_at) < $3) AS unused_grants, \
     (SELECT COUNT(*) FROM badge_tokens b WHERE b.workspace_id = $1 AND b.revoked_at IS NULL \
     AND b.created_at < $4) AS old_badge_tokens, \
     (SELECT COUNT(*) FROM workspace_tokens k WHERE k.workspace_id = $1 AND k.revoked_at IS NULL \
     AND k.expires_at IS NULL) AS lasting_tokens, \
     (SELECT COUNT(DISTINCT n.name) FROM (SELECT u.name FROM instance_rollups u WHERE u.workspace_id = $1 \
     AND u.kind = 'stack' ORDER BY u.name LIMIT $2) n WHERE LOWER(n.name) LIKE '%prod%') AS production_stacks, \
     (SELECT COUNT(*) FROM (SELECT 1 FROM instances i WHERE i.workspace_id = $1 AND i.enabled \
     AND NOT i.drift_enabled AND i.status <> 'orphaned' LIMIT $2) c) AS unwatched_instances, \
     (SELECT COUNT(*) FROM workflow_runs t WHERE t.workspace_id = $1 AND t.approval_state = 'pending') \
     AS pending_approvals, \
     (SELECT COUNT(*) FROM schedules h WHERE h.workspace_id = $1 AND h.kind = 'drift_detection' AND h.enabled) \
     AS schedules, \
     (SELECT t.created_at FROM workflow_runs t WHERE t.workspace_id = $1 AND t.trigger_kind = 'drift_detection' \
     ORDER BY t.id DESC LIMIT 1) AS last_detection FROM workspaces w WHERE w.id = $1";

/// What is there now; nothing if the workspace is gone.
pub(crate) async fn count_housekeeping(
    reader: &Reader,
    scope: &WorkspaceScope,
    now: Timestamp,
) -> Result<Option<HousekeepingRow>, StoreError> {
    let query = sql(HOUSEKEEPING)
        .bind(scope.workspace_id())
        .bind(MAX_COUNTED)
        .bind(now.minus(DAY * 30))
        .bind(now.minus(DAY * 365));
    reader.fetch_optional(query).await
}
