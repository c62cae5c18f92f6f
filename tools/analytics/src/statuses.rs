//! Statuses of instances now and then, and how drift came and went.

use schemars::JsonSchema;
use sdk::capability::analytics::TransitionCount;
use sdk::capability::instances::{InstanceStatus, StatusCounts};
use serde::Serialize;

/// Every status.
const STATUSES: [InstanceStatus; 8] = [
    InstanceStatus::Unknown,
    InstanceStatus::InSync,
    InstanceStatus::Drifted,
    InstanceStatus::Remediating,
    InstanceStatus::Remediated,
    InstanceStatus::Error,
    InstanceStatus::Disabled,
    InstanceStatus::Orphaned,
];

/// Drift that began and ended in the window.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// Changes to `drifted`.
    pub opened: u32,
    /// Changes from there to `in_sync` or `remediated`.
    pub resolved: u32,
}

/// Counts drift that began and ended. One that goes through `remediating` counts once, at its end.
pub fn drift(transitions: &[TransitionCount]) -> Drift {
    let sum = |wanted: &dyn Fn(&TransitionCount) -> bool| {
        transitions.iter().filter(|count| wanted(count)).map(|count| count.count).sum()
    };
    let healthy = |status| matches!(status, InstanceStatus::InSync | InstanceStatus::Remediated);
    let drifting = |status| matches!(status, InstanceStatus::Drifted | InstanceStatus::Remediating);
    Drift {
        // A remediation that failed and left the drift is no new drift.
        opened: sum(&|count| {
            matches!(count.to, InstanceStatus::Drifted) && !matches!(count.from, Some(InstanceStatus::Remediating))
        }),
        resolved: sum(&|count| healthy(count.to) && count.from.is_some_and(drifting)),
    }
}

/// The counts before the given changes happened: all are taken back. An instance that had no status before is in none
/// of them.
pub fn before(now: &StatusCounts, transitions: &[TransitionCount]) -> StatusCounts {
    let mut counts = *now;
    for status in STATUSES {
        let count = field(&mut counts, status);
        // An instance changes often: taken back one by one, a count could be below 0 on the way.
        let then = i64::from(*count) + taken_back(status, transitions);
        *count = u32::try_from(then.max(0)).unwrap_or(u32::MAX);
    }
    counts
}

/// How many more instances had the status before these changes.
fn taken_back(status: InstanceStatus, transitions: &[TransitionCount]) -> i64 {
    let more = |transition: &TransitionCount| {
        let count = i64::from(transition.count);
        match (transition.from == Some(status), transition.to == status) {
            (true, false) => count,
            (false, true) => -count,
            (true, true) | (false, false) => 0,
        }
    };
    transitions.iter().map(more).sum()
}

fn field(counts: &mut StatusCounts, status: InstanceStatus) -> &mut u32 {
    match status {
        InstanceStatus::Unknown => &mut counts.unknown,
        InstanceStatus::InSync => &mut counts.in_sync,
        InstanceStatus::Drifted => &mut counts.drifted,
        InstanceStatus::Remediating => &mut counts.remediating,
        InstanceStatus::Remediated => &mut counts.remediated,
        InstanceStatus::Error => &mut counts.error,
        InstanceStatus::Disabled => &mut counts.disabled,
        InstanceStatus::Orphaned => &mut counts.orphaned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONE: StatusCounts = StatusCounts {
        unknown: 0,
        in_sync: 0,
        drifted: 0,
        remediating: 0,
        remediated: 0,
        error: 0,
        disabled: 0,
        orphaned: 0,
    };

    fn numbers(mut counts: StatusCounts) -> [u32; 8] {
        STATUSES.map(|status| *field(&mut counts, status))
    }

    fn change(from: Option<InstanceStatus>, to: InstanceStatus, count: u32) -> TransitionCount {
        TransitionCount { from, to, count }
    }

    #[test]
    fn drift_is_counted_once_when_it_comes_and_once_when_it_goes() {
        let changes = [
            change(Some(InstanceStatus::InSync), InstanceStatus::Drifted, 5),
            change(Some(InstanceStatus::Drifted), InstanceStatus::Remediating, 2),
            change(Some(InstanceStatus::Remediating), InstanceStatus::Remediated, 1),
            change(Some(InstanceStatus::Remediating), InstanceStatus::Drifted, 1),
            change(Some(InstanceStatus::Drifted), InstanceStatus::InSync, 2),
            change(Some(InstanceStatus::Error), InstanceStatus::InSync, 9),
        ];
        assert_eq!(drift(&changes), Drift { opened: 5, resolved: 3 });
    }

    #[test]
    fn taking_changes_back_gives_the_counts_before_them() {
        let now = StatusCounts { in_sync: 7, drifted: 3, ..NONE };
        let changes =
            [change(Some(InstanceStatus::InSync), InstanceStatus::Drifted, 2), change(None, InstanceStatus::InSync, 4)];
        let then = before(&now, &changes);
        assert_eq!((then.in_sync, then.drifted), (5, 1));
    }

    #[test]
    fn more_changes_to_a_status_than_instances_that_have_it_are_taken_back_all() {
        use InstanceStatus::{Drifted, InSync, Orphaned};
        let now = StatusCounts { in_sync: 3, drifted: 1, orphaned: 1, ..NONE };
        let changes = [
            change(Some(InSync), Drifted, 50),
            change(Some(Drifted), InSync, 49),
            change(Some(InSync), Orphaned, 1),
            change(None, InSync, 2),
        ];
        let then = StatusCounts { in_sync: 3, ..NONE };
        assert_eq!(numbers(before(&now, &changes)), numbers(then));
        // What cannot be is 0, and does not change the others.
        let impossible = before(&now, &[change(None, Drifted, 9)]);
        assert_eq!(numbers(impossible), numbers(StatusCounts { drifted: 0, ..now }));
    }

    /// The statuses of an instance, and how many of them it had before the window.
    type Life = (Vec<InstanceStatus>, usize);

    fn counted(statuses: impl Iterator<Item = InstanceStatus>) -> StatusCounts {
        let mut counts = NONE;
        for status in statuses {
            *field(&mut counts, status) += 1;
        }
        counts
    }

    fn changes_of((statuses, known): &Life) -> Vec<TransitionCount> {
        let from = |at: usize| at.checked_sub(1).map(|at| statuses[at]);
        (*known..statuses.len()).map(|at| change(from(at), statuses[at], 1)).collect()
    }

    fn lives() -> impl Strategy<Value = Vec<Life>> {
        let statuses = proptest::collection::vec(proptest::sample::select(STATUSES.to_vec()), 1..8);
        proptest::collection::vec((statuses, 0_usize..8), 0..30)
    }

    proptest! {
        #[test]
        fn the_counts_before_are_those_that_were(lives in lives()) {
            let now = counted(lives.iter().filter_map(|(statuses, _)| statuses.last().copied()));
            let known = |(statuses, known): &Life| statuses.get(..*known).unwrap_or(statuses).last().copied();
            let then = counted(lives.iter().filter_map(known));
            let mut changes: Vec<TransitionCount> = lives.iter().flat_map(changes_of).collect();
            prop_assert_eq!(numbers(before(&now, &changes)), numbers(then));
            changes.reverse();
            prop_assert_eq!(numbers(before(&now, &changes)), numbers(then));
            let sum = |counts| numbers(counts).into_iter().sum::<u32>();
            let first: u32 = changes.iter().filter(|change| change.from.is_none()).map(|change| change.count).sum();
            prop_assert_eq!(sum(before(&now, &changes)) + first, sum(now));
        }
    }
}
