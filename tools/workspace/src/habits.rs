//! Recommendations about what works, and could work better.

use crate::Severity;
use crate::health::live;
use crate::recommendations::{Recommendation, Rule, Signals, advise};
use crate::setup::{DOCS, ENVIRONMENTS, checklist};
use crate::words::{capped, counted, percent};

/// Where the host stops counting instances without drift detection.
const MAX_UNWATCHED: u32 = 10_000;

/// All of them.
pub(crate) const RULES: &[Rule] = &[
    finish_setup,
    enable_drift_detection,
    schedule_drift_detection,
    protect_production,
    upload_instances,
    remove_orphaned_instances,
    invite_team,
    revoke_unused_clients,
    rotate_badge_tokens,
    replace_lasting_tokens,
];

fn finish_setup(signals: &Signals) -> Option<Recommendation> {
    let checklist = checklist(&signals.milestones, &signals.links);
    let next = checklist.steps.iter().find(|step| !step.achieved)?;
    let left = u32::try_from(checklist.total - checklist.achieved_count).unwrap_or(u32::MAX);
    let reason = format!("{left} of {} steps left; the next one: {}", checklist.total, next.title);
    let name = ("finish_setup", "Finish the setup");
    advise(name, Severity::Warning, &["setupChecklist"], left, reason, &next.cta_href)
}

fn enable_drift_detection(signals: &Signals) -> Option<Recommendation> {
    let (count, live) = (signals.housekeeping.unwatched_instances, live(&signals.drift.statuses));
    let share = percent(count, live);
    let severity = if share >= 50 { Severity::Warning } else { Severity::Info };
    let reason = format!(
        "{} no drift detection: {share} % of {live} live ones",
        capped(count, MAX_UNWATCHED, "enabled instance has", "enabled instances have"),
    );
    let name = ("enable_drift_detection", "Watch more instances for drift");
    let derived_from = &["driftSettings", "instanceStatuses"];
    advise(name, severity, derived_from, count, reason, format!("{DOCS}/configure/drift-detection"))
}

fn schedule_drift_detection(signals: &Signals) -> Option<Recommendation> {
    let housekeeping = &signals.housekeeping;
    if housekeeping.schedules > 0 || housekeeping.drift_detected_lately {
        return None;
    }
    let enabled = live(&signals.drift.statuses).saturating_sub(signals.drift.statuses.disabled);
    let watched = enabled.saturating_sub(housekeeping.unwatched_instances);
    let reason = format!(
        "{} drift detection, but none has run in the last 7 days and there is no schedule",
        counted(watched, "instance has", "instances have"),
    );
    let name = ("schedule_drift_detection", "Schedule drift detection");
    let derived_from = &["schedules", "driftSettings", "workflowRuns"];
    advise(name, Severity::Warning, derived_from, watched, reason, format!("{DOCS}/configure/drift-detection"))
}

fn protect_production(signals: &Signals) -> Option<Recommendation> {
    if signals.milestones.environment.is_some() {
        return None;
    }
    let count = signals.housekeeping.production_stacks;
    let reason = format!(
        "{} `prod` in the name, and no run was ever held for an approval",
        counted(count, "stack has", "stacks have"),
    );
    let name = ("protect_production", "Protect production with GitHub environments");
    advise(name, Severity::Warning, &["stacks", "approvals"], count, reason, ENVIRONMENTS)
}

fn upload_instances(signals: &Signals) -> Option<Recommendation> {
    let count = signals.access.never_uploaded;
    let reason = format!(
        "{} connected for more than a day, without an upload of instances",
        counted(count, "repository", "repositories"),
    );
    let name = ("upload_instances", "Upload the instances of all repositories");
    advise(name, Severity::Info, &["repositories"], count, reason, format!("{DOCS}/configure/github-workflows"))
}

fn remove_orphaned_instances(signals: &Signals) -> Option<Recommendation> {
    let count = signals.drift.statuses.orphaned;
    let reason = format!(
        "{} no longer in the configuration; what they deployed may still be there",
        counted(count, "instance is", "instances are"),
    );
    let name = ("remove_orphaned_instances", "Clean up orphaned instances");
    advise(name, Severity::Info, &["instanceStatuses"], count, reason, signals.page("/repos"))
}

fn invite_team(signals: &Signals) -> Option<Recommendation> {
    let alone = signals.housekeeping.members + signals.housekeeping.invitations == 1;
    let reason = "the workspace has one member, and nobody is invited".to_owned();
    let name = ("invite_team", "Invite your team");
    advise(name, Severity::Info, &["members"], u32::from(alone), reason, signals.page("/"))
}

fn revoke_unused_clients(signals: &Signals) -> Option<Recommendation> {
    let count = signals.housekeeping.unused_grants;
    let reason = format!("{} used for 30 days", counted(count, "MCP client was not", "MCP clients were not"));
    let name = ("revoke_unused_clients", "Revoke MCP clients that nobody uses");
    advise(name, Severity::Info, &["mcpClients"], count, reason, signals.page("/settings/mcp-clients"))
}

fn rotate_badge_tokens(signals: &Signals) -> Option<Recommendation> {
    let count = signals.housekeeping.old_badge_tokens;
    let reason = format!("{} older than a year", counted(count, "badge token is", "badge tokens are"));
    let name = ("rotate_badge_tokens", "Rotate badge tokens");
    advise(name, Severity::Info, &["badgeTokens"], count, reason, signals.page("/repos"))
}

fn replace_lasting_tokens(signals: &Signals) -> Option<Recommendation> {
    let count = signals.housekeeping.lasting_tokens;
    let reason = format!(
        "{} for uploads without an end; workflows need none, because they exchange GitHub's OIDC token",
        counted(count, "token", "tokens"),
    );
    let name = ("replace_lasting_tokens", "Replace tokens that never expire");
    advise(name, Severity::Info, &["workspaceTokens"], count, reason, format!("{DOCS}/learn/authentication"))
}
