//! One row of the table, and how it is written.

use crate::target::Find;
use crate::verdict::{Action, Confidence};

/// One way in which a message tells its cause.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) category: &'static str,
    pub(crate) action: Action,
    pub(crate) confidence: Confidence,
    /// Where the target stands, tried in order.
    pub(crate) target: &'static [Find],
    pub(crate) all: &'static [&'static str],
    pub(crate) none: &'static [&'static str],
    /// A message that this row is for.
    #[cfg_attr(not(test), expect(dead_code, reason = "documents the row, and is its test"))]
    pub(crate) example: &'static str,
}

impl Rule {
    /// Which causes come first when a log shows several: what blocks everything else before what may pass.
    pub(crate) fn rank(&self) -> u8 {
        match (self.action, self.category) {
            (Action::FixCredentials, _) => 0,
            (Action::Rerun, "state_lock") => 1,
            (Action::FixParentRun, _) => 2,
            (Action::FixRef, _) => 3,
            (Action::FixCode, _) => 4,
            (Action::Approve, _) => 5,
            (_, "oom") => 6,
            (Action::Investigate, _) => 7,
            (Action::Rerun, "cancelled") => 9,
            (Action::Rerun, _) => 8,
        }
    }
}

/// Writes a table. See the module's own words on how a row reads.
macro_rules! rules {
    ($($category:ident $action:ident $confidence:ident $target:ident
        [$($all:literal),+ $(,)?] $(not [$($none:literal),+ $(,)?])? like $example:literal;)+) => {
        pub(super) const TABLE: &[crate::rules::Rule] = &[$(crate::rules::Rule {
            category: stringify!($category),
            action: crate::verdict::Action::$action,
            confidence: crate::verdict::Confidence::$confidence,
            target: crate::target::$target,
            all: &[$($all),+],
            none: &[$($($none),+)?],
            example: $example,
        }),+];
    };
}
