//! How long instances were in a bad state.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sdk::capability::analytics::{Transition, Transitions};
use sdk::capability::instances::InstanceStatus;
use serde::Serialize;

use crate::statistics::{Hours, hours};

/// Episodes that began and ended in the window: from the first change to `drifted` or `error` to the next
/// change to `in_sync` or `remediated` of the same instance.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// Episodes that ended.
    pub recovered: u32,
    /// Episodes that had not ended when the window did.
    pub ongoing: u32,
    /// Hours from beginning to end; the mean is the MTTR.
    pub hours: Hours,
    /// Whether only the newest 4,000 changes count.
    pub partial: bool,
}

/// Pairs beginnings and ends.
pub fn recovery(transitions: &Transitions) -> Recovery {
    let mut open: BTreeMap<&str, u64> = BTreeMap::new();
    let mut seconds = Vec::new();
    for Transition { instance_id, to, at, .. } in &transitions.items {
        match to {
            InstanceStatus::Drifted | InstanceStatus::Error => {
                open.entry(instance_id).or_insert(*at);
            }
            InstanceStatus::InSync | InstanceStatus::Remediated => {
                if let Some(since) = open.remove(instance_id.as_str()) {
                    seconds.push(u32::try_from(at.saturating_sub(since)).unwrap_or(u32::MAX));
                }
            }
            // No longer looked at: neither recovered nor broken.
            InstanceStatus::Disabled | InstanceStatus::Orphaned => {
                open.remove(instance_id.as_str());
            }
            InstanceStatus::Unknown | InstanceStatus::Remediating => {}
        }
    }
    Recovery {
        recovered: u32::try_from(seconds.len()).unwrap_or(u32::MAX),
        ongoing: u32::try_from(open.len()).unwrap_or(u32::MAX),
        hours: hours(seconds),
        partial: transitions.truncated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_episode_lasts_from_the_first_bad_status_to_the_next_good_one() {
        let change = |instance: &str, to, hour: u64| Transition {
            instance_id: instance.to_owned(),
            from: None,
            to,
            at: hour * 3_600,
        };
        let items = vec![
            change("a", InstanceStatus::Drifted, 0),
            change("b", InstanceStatus::InSync, 1),
            change("a", InstanceStatus::Error, 2),
            change("b", InstanceStatus::Error, 3),
            change("a", InstanceStatus::Remediating, 4),
            change("a", InstanceStatus::Remediated, 6),
            change("c", InstanceStatus::Drifted, 7),
            change("c", InstanceStatus::Orphaned, 8),
            change("a", InstanceStatus::Drifted, 9),
            change("a", InstanceStatus::InSync, 11),
        ];
        let recovery = recovery(&Transitions { items, truncated: false });
        // `a` twice: 6 and 2 hours. `b` is still broken; `c` is gone.
        assert_eq!((recovery.recovered, recovery.ongoing), (2, 1));
        assert_eq!((recovery.hours.mean, recovery.hours.median), (Some(4.0), Some(4.0)));
    }
}
