//! Words of the database that more than one query knows.

/// Statuses of instances that are still in the configuration. A counter of `instance_rollups` has the name of its
/// status.
pub(super) const LIVE_STATUSES: [&str; 7] =
    ["unknown", "in_sync", "drifted", "remediating", "remediated", "error", "disabled"];

/// Status of what is no longer in the configuration.
pub(super) const ORPHANED: &str = "orphaned";

/// All statuses of instances.
pub(super) const STATUSES: [&str; 8] =
    ["unknown", "in_sync", "drifted", "remediating", "remediated", "error", "disabled", ORPHANED];

/// Instances of a row of `instance_rollups u` that are not orphaned, disabled ones included.
pub(super) const LIVE: &str =
    "(u.unknown + u.in_sync + u.drifted + u.remediating + u.remediated + u.error + u.disabled)";

/// Gives the conclusions of runs that failed, once for SQL and once for Rust.
macro_rules! failures {
    ($first:literal $(, $other:literal)*) => {
        /// Conclusions for which [`is_failure`] is true, as SQL. Partial indexes have their condition in these words,
        /// and are used for no others.
        pub(super) const FAILED: &str = concat!("('", $first, "'", $(", '", $other, "'",)* ")");

        /// Whether a conclusion means that the workflow did not do its work. What was cancelled or skipped was not
        /// tried.
        pub(crate) fn is_failure(conclusion: Option<&str>) -> bool {
            matches!(conclusion, Some($first $(| $other)*))
        }
    };
}
failures!("failure", "timed_out", "startup_failure");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_live_is_all_but_orphaned() {
        assert_eq!(LIVE, format!("(u.{})", LIVE_STATUSES.join(" + u.")));
        assert_eq!(STATUSES.to_vec(), [LIVE_STATUSES.as_slice(), &[ORPHANED]].concat());
    }

    /// Migrations 0010 and 0016 have this condition.
    #[test]
    fn failures_are_the_same_in_sql() {
        assert_eq!(FAILED, "('failure', 'timed_out', 'startup_failure')");
        assert!(is_failure(Some("timed_out")) && !is_failure(Some("cancelled")) && !is_failure(None));
    }
}
