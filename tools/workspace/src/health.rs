//! The rules of `list_repairs`: from counts to problems.
//!
//! | problem | severity |
//! |---|---|
//! | repositories without connection | critical if instances are out of sight, else warning |
//! | dispatches that GitHub refused for a permission or a suspended installation | critical |
//! | OIDC tokens of workflows that were refused | warning |
//! | repositories that never uploaded, or are silent | warning |
//! | drifted instances; instances in error | critical from a tenth of all live ones on, else warning |
//! | failed deployments without a success since | critical |
//! | other dispatches that went wrong | warning |
//! | approvals that wait for more than a day | info |

use sdk::capability::health_signals::{AccessSignals, ConnectionSignals, DispatchError, DriftSignals, FailureSignals};
use sdk::capability::instances::StatusCounts;

use crate::Severity;
use crate::repairs::{Arguments, Category, Problem, Repair, repair};
use crate::words::{capped, counted};

/// Where the host stops counting refused exchanges.
const MAX_EXCHANGES: u32 = 1_000;

/// Repositories that are no longer connected.
pub fn connections(signals: &ConnectionSignals) -> Repair {
    let broken = signals.suspended + signals.uninstalled;
    let problem = Problem {
        key: "broken_connections",
        severity: if signals.unseen_instances > 0 { Severity::Critical } else { Severity::Warning },
        count: broken,
        summary: format!(
            "{broken} of {} not connected to GitHub ({} suspended, {} uninstalled), with {} out of sight",
            counted(broken + signals.active, "repository", "repositories"),
            signals.suspended,
            signals.uninstalled,
            counted(signals.unseen_instances, "live instance", "live instances"),
        ),
        next_tool: "list_repair_connections",
        next_arguments: Arguments::default(),
    };
    repair(Category::Connections, vec![problem])
}

/// What does not reach this server, or GitHub.
pub fn access(signals: &AccessSignals, errors: &[DispatchError]) -> Repair {
    let repos = |count| counted(count, "connected repository", "connected repositories");
    let active = || Arguments::default().with("status", "active");
    let denied: Vec<&DispatchError> = errors.iter().filter(|error| is_denied(error)).collect();
    let mut problems = vec![
        Problem {
            key: "refused_exchanges",
            severity: Severity::Warning,
            count: signals.refused_exchanges,
            summary: format!(
                "{} of workflows refused in the last 7 days",
                capped(signals.refused_exchanges, MAX_EXCHANGES, "OIDC token", "OIDC tokens")
            ),
            next_tool: "list_audit_log_entries",
            next_arguments: Arguments::default()
                .with("action", "oidc_token_exchange_failure")
                .with("since", day(&signals.since)),
        },
        Problem {
            key: "never_uploaded",
            severity: Severity::Warning,
            count: signals.never_uploaded,
            summary: format!("{} without an upload of instances", repos(signals.never_uploaded)),
            next_tool: "list_repos",
            next_arguments: active(),
        },
        Problem {
            key: "silent_repositories",
            severity: Severity::Warning,
            count: signals.silent,
            summary: format!("{} not heard of for 14 days", repos(signals.silent)),
            next_tool: "list_repos",
            next_arguments: active(),
        },
    ];
    problems.extend(dispatch_problem("denied_dispatches", Severity::Critical, &denied));
    repair(Category::Access, problems)
}

/// How far the infrastructure is from its configuration.
pub fn drift(signals: &DriftSignals) -> Repair {
    let statuses = &signals.statuses;
    let live = live(statuses);
    let severity = |count: u32| if count >= live.div_ceil(10) { Severity::Critical } else { Severity::Warning };
    let of_live = |count: u32| format!("{count} of {}", counted(live, "live instance", "live instances"));
    let problems = vec![
        Problem {
            key: "drifted_instances",
            severity: severity(statuses.drifted),
            count: statuses.drifted,
            summary: format!(
                "{} drifted, {} of them for more than 7 days",
                of_live(statuses.drifted),
                signals.old_drift
            ),
            next_tool: "list_instances",
            next_arguments: Arguments::default().with_any_of("statusFilter", &["drifted"]),
        },
        Problem {
            key: "instances_in_error",
            severity: severity(statuses.error),
            count: statuses.error,
            summary: format!("{} in error: the last plan or apply failed", of_live(statuses.error)),
            next_tool: "list_instances",
            next_arguments: Arguments::default().with_any_of("statusFilter", &["error"]),
        },
    ];
    repair(Category::Drift, problems)
}

/// Deployments that went wrong, or wait.
pub fn failures(signals: &FailureSignals, errors: &[DispatchError]) -> Repair {
    let others: Vec<&DispatchError> = errors.iter().filter(|error| !is_denied(error)).collect();
    let (next_tool, next_arguments, beyond) = match &signals.last_failed_deployment {
        Some(run) if signals.failed_deployments == 1 => {
            ("explain_workflow_failure", Arguments::default().with("runId", run), "")
        }
        _ => {
            let failed = Arguments::default().with_any_of("conclusion", &["failure", "timed_out", "startup_failure"]);
            let failed = failed.with("since", day(&signals.since));
            ("list_deployments", failed, " (list_deployments shows failures that recovered, too)")
        }
    };
    let mut problems = vec![
        Problem {
            key: "failed_deployments",
            severity: Severity::Critical,
            count: signals.failed_deployments,
            summary: format!(
                "{} with a deployment that failed in the last 7 days and no success since{beyond}",
                counted(signals.failed_deployments, "instance", "instances")
            ),
            next_tool,
            next_arguments,
        },
        Problem {
            key: "stale_approvals",
            severity: Severity::Info,
            count: signals.stale_approvals,
            summary: format!(
                "{} waiting for an approval for more than a day",
                counted(signals.stale_approvals, "run", "runs")
            ),
            next_tool: "list_workflow_runs",
            next_arguments: Arguments::default().with("approvalState", "pending"),
        },
    ];
    problems.extend(dispatch_problem("dispatch_errors", Severity::Warning, &others));
    repair(Category::Failures, problems)
}

/// The day of a time. In arguments, so that a row stays the same for as long as what it tells of does.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

/// Live instances: all but the orphaned ones.
pub(crate) fn live(statuses: &StatusCounts) -> u32 {
    statuses.unknown
        + statuses.in_sync
        + statuses.drifted
        + statuses.remediating
        + statuses.remediated
        + statuses.error
        + statuses.disabled
}

/// Whether GitHub refused the dispatch because this server may not dispatch there.
pub(crate) fn is_denied(error: &DispatchError) -> bool {
    let error = error.error.to_ascii_lowercase();
    ["permission_denied", "installation_suspended", "installation_removed"].contains(&error.as_str())
        || error.contains("not accessible by integration")
        || error.contains("installation has been suspended")
}

/// Dispatches that went wrong; none if there are none. The most frequent error comes first.
fn dispatch_problem(key: &'static str, severity: Severity, errors: &[&DispatchError]) -> Option<Problem> {
    let worst = errors.first()?;
    let count: u32 = errors.iter().map(|error| error.count).sum();
    Some(Problem {
        key,
        severity,
        count,
        summary: format!(
            "{} without a run or a result in the last 7 days, most often: {}",
            counted(count, "dispatch", "dispatches"),
            worst.error
        ),
        next_tool: "explain_workflow_failure",
        next_arguments: Arguments::default().with("runId", &worst.last_run_id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: &str = "2026-08-14T10:00:00Z";

    fn statuses(in_sync: u32, drifted: u32, error: u32, orphaned: u32) -> StatusCounts {
        StatusCounts { unknown: 0, in_sync, drifted, remediating: 0, remediated: 0, error, disabled: 0, orphaned }
    }

    fn error(error: &str, count: u32) -> DispatchError {
        DispatchError { error: error.to_owned(), count, last_run_id: format!("run_{error}") }
    }

    fn failed(failed_deployments: u32, stale_approvals: u32) -> FailureSignals {
        FailureSignals {
            since: SINCE.to_owned(),
            failed_deployments,
            last_failed_deployment: (failed_deployments > 0).then(|| "run_last".to_owned()),
            stale_approvals,
        }
    }

    fn quiet() -> AccessSignals {
        AccessSignals { since: SINCE.to_owned(), never_uploaded: 0, silent: 0, refused_exchanges: 0 }
    }

    fn keys(repair: &Repair) -> Vec<&'static str> {
        repair.problems.iter().map(|problem| problem.key).collect()
    }

    #[test]
    fn a_lost_connection_is_critical_if_instances_are_out_of_sight() {
        let of = |unseen_instances| ConnectionSignals { active: 4, suspended: 1, uninstalled: 1, unseen_instances };
        let repair = connections(&of(32));
        assert_eq!((repair.severity, repair.count), (Severity::Critical, 2));
        assert_eq!(
            repair.summary,
            "2 of 6 repositories not connected to GitHub (1 suspended, 1 uninstalled), with 32 live instances out of \
             sight"
        );
        assert_eq!(repair.next_tool, Some("list_repair_connections"));
        assert_eq!(connections(&of(0)).severity, Severity::Warning);
    }

    #[test]
    fn a_tenth_of_drift_is_critical() {
        let repair = drift(&DriftSignals { statuses: statuses(91, 9, 0, 50), old_drift: 2 });
        assert_eq!((repair.severity, repair.count), (Severity::Warning, 9));
        assert_eq!(repair.summary, "9 of 100 live instances drifted, 2 of them for more than 7 days");
        let repair = drift(&DriftSignals { statuses: statuses(88, 2, 10, 0), old_drift: 0 });
        assert_eq!(keys(&repair), ["instances_in_error", "drifted_instances"]);
        assert_eq!((repair.severity, repair.count), (Severity::Critical, 12));
        assert_eq!(repair.next_arguments, Arguments::default().with_any_of("statusFilter", &["error"]));
    }

    #[test]
    fn a_refused_dispatch_is_a_matter_of_access() {
        let errors = [error("missing_plan_result", 3), error("permission_denied", 2), error("ref_not_found", 1)];
        let repair = access(&quiet(), &errors);
        assert_eq!((keys(&repair), repair.count), (vec!["denied_dispatches"], 2));
        assert_eq!(repair.next_arguments, Arguments::default().with("runId", "run_permission_denied"));
        let repair = failures(&failed(0, 0), &errors);
        assert_eq!((keys(&repair), repair.count), (vec!["dispatch_errors"], 4));
        assert!(repair.summary.ends_with("most often: missing_plan_result"), "{}", repair.summary);
        assert!(is_denied(&error("Resource not accessible by integration", 1)));
    }

    #[test]
    fn one_failed_deployment_is_explained_and_several_are_listed() {
        let repair = failures(&failed(1, 2), &[]);
        assert_eq!(keys(&repair), ["failed_deployments", "stale_approvals"]);
        assert_eq!((repair.severity, repair.next_tool), (Severity::Critical, Some("explain_workflow_failure")));
        let several = failures(&failed(2, 0), &[]);
        assert_eq!(several.next_tool, Some("list_deployments"));
        assert!(several.summary.ends_with("no success since (list_deployments shows failures that recovered, too)"));
        // The same at every call of a day.
        let conclusions = &["failure", "timed_out", "startup_failure"];
        let expected = Arguments::default().with_any_of("conclusion", conclusions).with("since", "2026-08-14");
        assert_eq!(several.next_arguments, expected);
        assert_eq!(failures(&failed(0, 2), &[]).severity, Severity::Info);
    }

    #[test]
    fn where_nothing_is_broken_it_says_so() {
        for repair in [access(&quiet(), &[]), failures(&failed(0, 0), &[])] {
            assert_eq!((repair.severity, repair.count, repair.next_tool), (Severity::Info, 0, None));
            assert_eq!(repair.summary, "nothing is broken here");
        }
    }
}
