//! What to do next, as `list_recommendations` shows it.

use std::cmp::Reverse;

use schemars::JsonSchema;
use sdk::capability::analytics::InstanceChanges;
use sdk::capability::health_signals::{AccessSignals, ConnectionSignals, DispatchError, DriftSignals, FailureSignals};
use sdk::capability::setup_signals::{Housekeeping, Links, Milestones};
use serde::Serialize;

use crate::{Severity, habits, remedies};

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recommendation {
    pub key: &'static str,
    pub title: &'static str,
    pub reason: String,
    pub severity: Severity,
    /// How many things it is about.
    pub count: u32,
    /// Where to do it, or to read how.
    pub cta_href: String,
    /// The signals that it comes from.
    pub derived_from: &'static [&'static str],
}

/// What is known of the workspace.
#[derive(Debug)]
pub struct Signals {
    pub connections: ConnectionSignals,
    pub access: AccessSignals,
    pub drift: DriftSignals,
    pub failures: FailureSignals,
    pub dispatch_errors: Vec<DispatchError>,
    pub milestones: Milestones,
    pub housekeeping: Housekeeping,
    pub links: Links,
    /// Instances that changed their status four times or more in the last 7 days, most changes first, at
    /// most 100.
    pub flapping: Vec<InstanceChanges>,
}

/// Looks at the signals and says what to do, or nothing.
pub(crate) type Rule = fn(&Signals) -> Option<Recommendation>;

/// What to do, most urgent first; of the equally urgent, what concerns most comes first.
pub fn recommend(signals: &Signals) -> Vec<Recommendation> {
    let rules = remedies::RULES.iter().chain(habits::RULES);
    let mut found: Vec<Recommendation> = rules.filter_map(|rule| rule(signals)).collect();
    found.sort_by_key(|found| (found.severity, Reverse(found.count), found.key));
    found
}

/// A recommendation with key and title, unless it is about nothing.
pub(crate) fn advise(
    (key, title): (&'static str, &'static str),
    severity: Severity,
    derived_from: &'static [&'static str],
    count: u32,
    reason: String,
    cta_href: impl Into<String>,
) -> Option<Recommendation> {
    (count > 0).then(|| Recommendation { key, title, reason, severity, count, cta_href: cta_href.into(), derived_from })
}

impl Signals {
    /// A page of the dashboard.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.links.dashboard_url)
    }
}

#[cfg(test)]
mod tests {
    use sdk::capability::instances::{InstanceStatus, StatusCounts};

    use super::*;
    use crate::setup::tests::{at, fresh, links};

    /// A workspace where all is well.
    fn quiet() -> Signals {
        let since = "2026-08-14T10:00:00Z".to_owned();
        let statuses = StatusCounts {
            unknown: 0,
            in_sync: 100,
            drifted: 0,
            remediating: 0,
            remediated: 0,
            error: 0,
            disabled: 0,
            orphaned: 0,
        };
        Signals {
            connections: ConnectionSignals { active: 4, suspended: 0, uninstalled: 0, unseen_instances: 0 },
            access: AccessSignals { since: since.clone(), never_uploaded: 0, silent: 0, refused_exchanges: 0 },
            drift: DriftSignals { statuses, old_drift: 0 },
            failures: FailureSignals { since, failed_deployments: 0, last_failed_deployment: None, stale_approvals: 0 },
            dispatch_errors: Vec::new(),
            milestones: Milestones {
                installation: at(2),
                repository: at(2),
                exchange: at(2),
                instance: at(2),
                plan: at(2),
                deployment: at(2),
                default_branch_run: at(2),
                environment: at(2),
                affected_upload: at(2),
                schedule: at(2),
                ..fresh()
            },
            housekeeping: Housekeeping {
                members: 3,
                invitations: 0,
                unused_grants: 0,
                old_badge_tokens: 0,
                lasting_tokens: 0,
                production_stacks: 5,
                unwatched_instances: 0,
                pending_approvals: 0,
                schedules: 1,
                drift_detected_lately: true,
            },
            links: links(),
            flapping: Vec::new(),
        }
    }

    fn keys(signals: &Signals) -> Vec<&'static str> {
        recommend(signals).iter().map(|found| found.key).collect()
    }

    #[test]
    fn where_all_is_well_there_is_nothing_to_do() {
        assert!(recommend(&quiet()).is_empty());
    }

    #[test]
    fn a_new_workspace_is_to_be_set_up() {
        let mut signals = Signals { milestones: fresh(), ..quiet() };
        signals.housekeeping.production_stacks = 0;
        let found = recommend(&signals);
        assert_eq!(keys(&signals), ["finish_setup"]);
        let reason = found.first().map(|found| found.reason.as_str());
        assert_eq!(reason, Some("10 of 12 steps left; the next one: Install the GitHub App"));
    }

    #[test]
    fn the_urgent_comes_first_then_what_concerns_most() {
        let mut signals = quiet();
        signals.housekeeping.unused_grants = 2;
        signals.housekeeping.old_badge_tokens = 7;
        signals.access.refused_exchanges = 40;
        signals.failures.failed_deployments = 1;
        signals.failures.last_failed_deployment = Some("run_1".to_owned());
        let expected =
            ["fix_failed_deployments", "fix_refused_exchanges", "rotate_badge_tokens", "revoke_unused_clients"];
        assert_eq!(keys(&signals), expected);
        assert_eq!(recommend(&signals)[0].cta_href, "https://mcp.example.com/runs/run_1");
    }

    #[test]
    fn drift_detection_is_to_be_switched_on_and_scheduled() {
        let mut signals = quiet();
        signals.housekeeping.unwatched_instances = 24;
        let found = recommend(&signals);
        assert_eq!(keys(&signals), ["enable_drift_detection"]);
        assert_eq!(found[0].severity, Severity::Info);
        assert_eq!(found[0].reason, "24 enabled instances have no drift detection: 24 % of 100 live ones");
        signals.housekeeping.unwatched_instances = 60;
        assert_eq!(recommend(&signals)[0].severity, Severity::Warning);
        signals.housekeeping.unwatched_instances = 0;
        signals.housekeeping.schedules = 0;
        assert!(recommend(&signals).is_empty());
        signals.housekeeping.drift_detected_lately = false;
        assert_eq!(keys(&signals), ["schedule_drift_detection"]);
    }

    #[test]
    fn each_signal_leads_to_its_recommendation() {
        type Change = fn(&mut Signals);
        let cases: [(&str, Change); 12] = [
            ("reconnect_repositories", |signals| signals.connections.suspended = 1),
            ("remediate_old_drift", |signals| signals.drift.old_drift = 1),
            ("approve_waiting_runs", |signals| signals.housekeeping.pending_approvals = 1),
            ("upload_instances", |signals| signals.access.never_uploaded = 1),
            ("look_after_silent_repositories", |signals| signals.access.silent = 1),
            ("remove_orphaned_instances", |signals| signals.drift.statuses.orphaned = 1),
            ("invite_team", |signals| signals.housekeeping.members = 1),
            ("replace_lasting_tokens", |signals| signals.housekeeping.lasting_tokens = 1),
            ("rotate_badge_tokens", |signals| signals.housekeeping.old_badge_tokens = 1),
            ("restore_dispatch_access", |signals| signals.dispatch_errors = vec![error("permission_denied")]),
            ("fix_dispatch_errors", |signals| signals.dispatch_errors = vec![error("missing_plan_result")]),
            ("steady_flapping_instances", |signals| signals.flapping = vec![flapping()]),
        ];
        for (key, change) in cases {
            let mut signals = quiet();
            change(&mut signals);
            let found = recommend(&signals);
            assert_eq!(keys(&signals), [key]);
            assert!(found[0].cta_href.starts_with("https://") && !found[0].derived_from.is_empty(), "{key}");
        }
    }

    #[test]
    fn production_without_environments_is_noticed() {
        let mut signals = quiet();
        signals.milestones.environment = None;
        // The same signal leaves a step of the setup open.
        assert_eq!(keys(&signals), ["protect_production", "finish_setup"]);
        signals.housekeeping.production_stacks = 0;
        assert_eq!(keys(&signals), ["finish_setup"]);
    }

    fn error(error: &str) -> DispatchError {
        DispatchError { error: error.to_owned(), count: 1, last_run_id: "run_1".to_owned() }
    }

    fn flapping() -> InstanceChanges {
        InstanceChanges {
            instance_id: "inst_1".to_owned(),
            component: "eks/cluster".to_owned(),
            stack: "plat-use2-prod".to_owned(),
            repo: "acme/platform-eks".to_owned(),
            changes: 14,
            status: InstanceStatus::Drifted,
        }
    }
}
