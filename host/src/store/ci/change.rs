//! How a result changes the state of an instance. Pure.

use super::verdict::Verdict;
use crate::clock::Timestamp;

/// An instance before a result.
#[derive(sqlx::FromRow)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) drift_status: String,
    pub(super) enabled: bool,
    pub(super) drift_enabled: bool,
    pub(super) settings: Option<String>,
    pub(super) last_run_at: Option<i64>,
    pub(super) last_drift_run_at: Option<i64>,
}

/// What a result changes of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) status: String,
    pub(super) drift_status: String,
    /// None if a newer run is known.
    pub(super) last_run_at: Option<Timestamp>,
    /// None if it is no drift detection, or a newer one is known.
    pub(super) last_drift_run_at: Option<Timestamp>,
    pub(super) at: Timestamp,
}

impl Change {
    /// Whether an instance is disabled or orphaned is for the inventory to say: no result changes that.
    pub(super) fn of(known: &Known, verdict: Verdict, status: &'static str, at: Timestamp) -> Self {
        let newer_than = |last: Option<i64>| last.is_none_or(|last| last <= at.micros());
        let is_latest = newer_than(known.last_run_at);
        let is_latest_drift = newer_than(known.last_drift_run_at);
        let is_present = known.enabled && known.status != "orphaned";
        let tells_drift = known.drift_enabled && verdict.tells_drift() && is_latest_drift;
        let status_now = if is_present && is_latest { status } else { known.status.as_str() };
        let drift_status_now = if is_present && tells_drift { status } else { known.drift_status.as_str() };
        Self {
            status: status_now.to_owned(),
            drift_status: drift_status_now.to_owned(),
            last_run_at: is_latest.then_some(at),
            last_drift_run_at: (verdict.is_drift_detection() && is_latest_drift).then_some(at),
            at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ci::results::Command;

    const NOON: Timestamp = Timestamp::from_micros(1_000);
    const DETECTION: Verdict = Verdict { command: Command::Plan, trigger: "drift_detection" };
    const APPLY: Verdict = Verdict { command: Command::Apply, trigger: "push" };

    fn known(status: &str, last_run_at: Option<i64>, last_drift_run_at: Option<i64>) -> Known {
        Known {
            id: "inst_1".to_owned(),
            status: status.to_owned(),
            drift_status: "unknown".to_owned(),
            enabled: status != "disabled",
            drift_enabled: true,
            settings: None,
            last_run_at,
            last_drift_run_at,
        }
    }

    fn statuses(known: &Known, verdict: Verdict, status: &'static str) -> (String, String) {
        let change = Change::of(known, verdict, status, NOON);
        (change.status, change.drift_status)
    }

    fn pair(status: &str, drift_status: &str) -> (String, String) {
        (status.to_owned(), drift_status.to_owned())
    }

    #[test]
    fn only_a_drift_detection_or_remediation_tells_of_drift() {
        let instance = known("in_sync", None, None);
        assert_eq!(statuses(&instance, DETECTION, "drifted"), pair("drifted", "drifted"));
        assert_eq!(statuses(&instance, APPLY, "error"), pair("error", "unknown"));
        let remediation = Verdict { command: Command::Remediate, trigger: "push" };
        assert_eq!(statuses(&instance, remediation, "remediated"), pair("remediated", "remediated"));
        let without = Known { drift_enabled: false, ..known("in_sync", None, None) };
        assert_eq!(statuses(&without, DETECTION, "drifted"), pair("drifted", "unknown"));
    }

    #[test]
    fn a_late_result_changes_nothing_that_a_newer_one_has_said() {
        let newer = known("in_sync", Some(2_000), Some(2_000));
        let change = Change::of(&newer, DETECTION, "drifted", NOON);
        assert_eq!((change.status.as_str(), change.drift_status.as_str()), ("in_sync", "unknown"));
        assert_eq!((change.last_run_at, change.last_drift_run_at), (None, None));
        let same = known("in_sync", Some(1_000), None);
        assert_eq!(Change::of(&same, DETECTION, "drifted", NOON).last_run_at, Some(NOON));
    }

    #[test]
    fn a_drift_detection_that_an_apply_overtook_still_tells_of_drift() {
        let applied = known("in_sync", Some(2_000), Some(500));
        assert_eq!(statuses(&applied, DETECTION, "drifted"), pair("in_sync", "drifted"));
    }

    #[test]
    fn what_is_disabled_or_orphaned_stays_so() {
        for status in ["disabled", "orphaned"] {
            assert_eq!(statuses(&known(status, None, None), DETECTION, "drifted"), pair(status, "unknown"));
        }
    }
}
