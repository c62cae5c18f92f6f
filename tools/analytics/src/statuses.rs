//! Statuses of instances now and then, and how drift came and went.

use schemars::JsonSchema;
use sdk::capability::analytics::TransitionCount;
use sdk::capability::instances::{InstanceStatus, StatusCounts};
use serde::Serialize;

/// Drift that began and ended in the window.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// Changes to `drifted`.
    pub opened: u32,
    /// Changes from `drifted` to `in_sync` or `remediated`, or through `remediating` to them.
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

/// The counts before the given changes happened: each is taken back.
pub fn before(now: &StatusCounts, transitions: &[TransitionCount]) -> StatusCounts {
    let mut counts = *now;
    for transition in transitions {
        let to = field(&mut counts, transition.to);
        *to = to.saturating_sub(transition.count);
        if let Some(from) = transition.from {
            let from = field(&mut counts, from);
            *from = from.saturating_add(transition.count);
        }
    }
    counts
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
        let zero = StatusCounts {
            unknown: 0,
            in_sync: 0,
            drifted: 0,
            remediating: 0,
            remediated: 0,
            error: 0,
            disabled: 0,
            orphaned: 0,
        };
        let now = StatusCounts { in_sync: 7, drifted: 3, ..zero };
        let changes =
            [change(Some(InstanceStatus::InSync), InstanceStatus::Drifted, 2), change(None, InstanceStatus::InSync, 4)];
        let then = before(&now, &changes);
        assert_eq!((then.in_sync, then.drifted), (5, 1));
    }
}
