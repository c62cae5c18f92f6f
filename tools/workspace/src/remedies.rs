//! Recommendations about what is broken or waits.

use crate::Severity;
use crate::health::is_denied;
use crate::recommendations::{Recommendation, Rule, Signals, advise};
use crate::setup::DOCS;
use crate::words::{capped, counted};

/// Where the host stops looking at drifted instances.
const MAX_DRIFTED: u32 = 10_000;

/// Where the host stops counting refused exchanges.
const MAX_EXCHANGES: u32 = 1_000;

/// How many instances that flap the tool asks for.
const MAX_FLAPPING: u32 = 100;

/// How GitHub lets people decide about waiting runs.
const REVIEWS: &str = "https://docs.github.com/actions/managing-workflow-runs/reviewing-deployments";

/// All of them.
pub(crate) const RULES: &[Rule] = &[
    reconnect_repositories,
    restore_dispatch_access,
    fix_failed_deployments,
    fix_dispatch_errors,
    fix_refused_exchanges,
    look_after_silent_repositories,
    remediate_old_drift,
    steady_flapping_instances,
    approve_waiting_runs,
];

fn reconnect_repositories(signals: &Signals) -> Option<Recommendation> {
    let connections = &signals.connections;
    let severity = if connections.unseen_instances > 0 { Severity::Critical } else { Severity::Warning };
    let broken = connections.suspended + connections.uninstalled;
    let reason = format!(
        "{} suspended or uninstalled, with {} out of sight",
        counted(broken, "repository is", "repositories are"),
        counted(connections.unseen_instances, "live instance", "live instances"),
    );
    let name = ("reconnect_repositories", "Reconnect repositories to the GitHub App");
    advise(name, severity, &["connections", "instanceStatuses"], broken, reason, &signals.links.install_url)
}

fn restore_dispatch_access(signals: &Signals) -> Option<Recommendation> {
    let denied = signals.dispatch_errors.iter().filter(|error| is_denied(error));
    let denied: u32 = denied.map(|error| error.count).sum();
    let reason = format!(
        "GitHub refused {} in the last 7 days: the App lacks a permission, or its installation is suspended",
        counted(denied, "dispatch", "dispatches"),
    );
    let name = ("restore_dispatch_access", "Let the GitHub App start workflows again");
    advise(name, Severity::Critical, &["dispatchErrors"], denied, reason, &signals.links.install_url)
}

fn fix_failed_deployments(signals: &Signals) -> Option<Recommendation> {
    let count = signals.failures.failed_deployments;
    let run = signals.failures.last_failed_deployment.as_deref()?;
    let reason = format!(
        "{} in error since a deployment failed in the last 7 days; the newest is {run}",
        counted(count, "instance is", "instances are"),
    );
    let name = ("fix_failed_deployments", "Fix failed deployments");
    advise(name, Severity::Critical, &["deployments"], count, reason, signals.page(&format!("/runs/{run}")))
}

fn fix_dispatch_errors(signals: &Signals) -> Option<Recommendation> {
    let others = || signals.dispatch_errors.iter().filter(|error| !is_denied(error));
    let worst = others().next()?;
    let count: u32 = others().map(|error| error.count).sum();
    let reason = format!(
        "{} had no run or no result in the last 7 days; {} of them: {}",
        counted(count, "dispatch", "dispatches"),
        worst.count,
        worst.error,
    );
    let name = ("fix_dispatch_errors", "Find out why dispatches come to nothing");
    let page = signals.page(&format!("/runs/{}", worst.last_run_id));
    advise(name, Severity::Warning, &["dispatchErrors"], count, reason, page)
}

fn fix_refused_exchanges(signals: &Signals) -> Option<Recommendation> {
    let count = signals.access.refused_exchanges;
    let reason = format!(
        "{} of workflows refused in the last 7 days: a repository's permissions may not fit, or a token came twice",
        capped(count, MAX_EXCHANGES, "OIDC token", "OIDC tokens"),
    );
    let name = ("fix_refused_exchanges", "Find out why workflows are refused");
    advise(name, Severity::Warning, &["auditLog"], count, reason, format!("{DOCS}/learn/permissions"))
}

fn look_after_silent_repositories(signals: &Signals) -> Option<Recommendation> {
    let count = signals.access.silent;
    let reason = format!(
        "nothing was heard of {} for 14 days: workflows may be off, or fail before they upload",
        counted(count, "repository", "repositories"),
    );
    let name = ("look_after_silent_repositories", "Look after silent repositories");
    advise(name, Severity::Warning, &["repositories"], count, reason, signals.page("/repos"))
}

fn remediate_old_drift(signals: &Signals) -> Option<Recommendation> {
    let drift = &signals.drift;
    let reason = format!(
        "{} drifted for more than 7 days, of {} drifted now",
        capped(drift.old_drift, MAX_DRIFTED, "instance", "instances"),
        drift.statuses.drifted,
    );
    let name = ("remediate_old_drift", "Remediate drift that stays");
    let derived_from = &["instanceStatuses", "statusChanges"];
    advise(name, Severity::Warning, derived_from, drift.old_drift, reason, format!("{DOCS}/configure/drift-detection"))
}

fn steady_flapping_instances(signals: &Signals) -> Option<Recommendation> {
    let worst = signals.flapping.first()?;
    let count = u32::try_from(signals.flapping.len()).unwrap_or(u32::MAX);
    let reason = format!(
        "{} with four changes of status or more in the last 7 days; {} in {} has {}",
        capped(count, MAX_FLAPPING, "instance", "instances"),
        worst.component,
        worst.stack,
        worst.changes,
    );
    let name = ("steady_flapping_instances", "Steady instances that flap");
    let page = signals.page(&format!("/instances/{}", worst.instance_id));
    advise(name, Severity::Warning, &["statusChanges"], count, reason, page)
}

fn approve_waiting_runs(signals: &Signals) -> Option<Recommendation> {
    let (pending, stale) = (signals.housekeeping.pending_approvals, signals.failures.stale_approvals);
    let severity = if stale > 0 { Severity::Warning } else { Severity::Info };
    let reason =
        format!("{} for an approval, {stale} of them for more than a day", counted(pending, "run waits", "runs wait"));
    advise(("approve_waiting_runs", "Decide about waiting runs"), severity, &["approvals"], pending, reason, REVIEWS)
}
