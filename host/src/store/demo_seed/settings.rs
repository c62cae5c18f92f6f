//! What somebody has set, and the audit log.

use crate::clock::Timestamp;
use crate::store::db::Value;

/// A schedule of drift detections.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    /// None if it is of the whole workspace.
    pub(crate) repository_id: Option<String>,
    pub(crate) cron: String,
    pub(crate) enabled: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// A token of a repository's badges.
#[derive(Debug)]
pub(crate) struct BadgeToken {
    pub(crate) id: String,
    pub(crate) repository_id: String,
    pub(crate) generation: u32,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
}

/// An entitlement that differs from the plan.
#[derive(Debug)]
pub(crate) struct Override {
    pub(crate) key: &'static str,
    pub(crate) value: &'static str,
    pub(crate) created_at: Timestamp,
}

/// An entry of the audit log.
#[derive(Debug)]
pub(crate) struct AuditRow {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) actor_type: &'static str,
    pub(crate) actor_id: String,
    pub(crate) category: &'static str,
    pub(crate) action: &'static str,
    pub(crate) target_type: &'static str,
    pub(crate) target_id: String,
    /// JSON.
    pub(crate) metadata: String,
    pub(crate) request_id: String,
    /// None if it ended well.
    pub(crate) denied: Option<Denied>,
}

/// What a client's call lacked.
#[derive(Debug)]
pub(crate) struct Denied {
    pub(crate) client_id: String,
    pub(crate) permission: &'static str,
    pub(crate) side: &'static str,
}

pub(super) const SCHEDULES: &str = "INSERT INTO schedules \
     (id, repository_id, kind, cron, enabled, created_at, updated_at, workspace_id) VALUES ";

pub(super) fn schedule_row(row: Schedule) -> [Value; 7] {
    [
        row.id.into(),
        row.repository_id.into(),
        "drift_detection".into(),
        row.cron.into(),
        row.enabled.into(),
        row.created_at.into(),
        row.updated_at.into(),
    ]
}

pub(super) const BADGE_TOKENS: &str = "INSERT INTO badge_tokens \
     (id, repository_id, generation, created_at, last_used_at, revoked_at, workspace_id) VALUES ";

pub(super) fn badge_token_row(row: BadgeToken) -> [Value; 6] {
    [
        row.id.into(),
        row.repository_id.into(),
        row.generation.into(),
        row.created_at.into(),
        row.last_used_at.into(),
        row.revoked_at.into(),
    ]
}

pub(super) const OVERRIDES: &str = "INSERT INTO entitlement_overrides (key, value, created_at, workspace_id) VALUES ";

pub(super) fn override_row(row: Override) -> [Value; 3] {
    [row.key.into(), row.value.into(), row.created_at.into()]
}

pub(super) const AUDIT: &str = "INSERT INTO audit_log (id, at, actor_type, actor_id, client_id, category, action, \
     target_type, target_id, outcome, detail, denied_side, metadata, request_id, workspace_id) VALUES ";

pub(super) fn audit_row(row: AuditRow) -> [Value; 14] {
    let outcome = if row.denied.is_some() { "denied" } else { "ok" };
    let denied = row.denied.as_ref();
    [
        row.id.into(),
        row.at.into(),
        row.actor_type.into(),
        row.actor_id.into(),
        denied.map(|denied| denied.client_id.as_str()).into(),
        row.category.into(),
        row.action.into(),
        row.target_type.into(),
        row.target_id.into(),
        outcome.into(),
        denied.map(|denied| denied.permission).into(),
        denied.map(|denied| denied.side).into(),
        row.metadata.into(),
        row.request_id.into(),
    ]
}
