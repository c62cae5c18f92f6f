//! Words of the store ↔ enums of the WIT.

use super::bindings::atmos::mcp::caller::Role;
use super::bindings::atmos::mcp::instances::{InstanceStatus, StatusCounts};
use super::bindings::atmos::mcp::repos::RepoStatus;
use super::bindings::atmos::mcp::workspace_info::WorkspaceStatus;
use crate::authz;
use crate::clock::Timestamp;
use crate::store::StoreError;

/// An enum that the store keeps as a word.
pub(super) trait Word: Sized {
    /// The word of this value.
    fn word(self) -> &'static str;

    /// The value of a word from the store.
    fn read(word: &str, id: &str) -> Result<Self, StoreError>;
}

/// Gives each value its word, once for both directions.
macro_rules! words {
    ($type:ident in $table:literal: $($value:ident $word:literal,)*) => {
        impl Word for $type {
            fn word(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)*
                }
            }

            fn read(word: &str, id: &str) -> Result<Self, StoreError> {
                match word {
                    $($word => Ok(Self::$value),)*
                    _ => Err(StoreError::Inconsistent { table: $table, id: id.to_owned(), what: "unknown status" }),
                }
            }
        }
    };
}

words! { RepoStatus in "repositories":
    Active "active",
    Suspended "suspended",
    Uninstalled "uninstalled",
}

words! { InstanceStatus in "instances":
    Unknown "unknown",
    InSync "in_sync",
    Drifted "drifted",
    Remediating "remediating",
    Remediated "remediated",
    Error "error",
    Disabled "disabled",
    Orphaned "orphaned",
}

words! { WorkspaceStatus in "workspaces":
    Active "active",
    Suspended "suspended",
}

impl From<authz::Role> for Role {
    fn from(role: authz::Role) -> Self {
        match role {
            authz::Role::Member => Self::Member,
            authz::Role::Admin => Self::Admin,
            authz::Role::Owner => Self::Owner,
        }
    }
}

/// Sorts counts by status into the record.
pub(super) fn status_counts(counts: impl IntoIterator<Item = (InstanceStatus, i64)>) -> StatusCounts {
    let mut record = StatusCounts {
        unknown: 0,
        in_sync: 0,
        drifted: 0,
        remediating: 0,
        remediated: 0,
        error: 0,
        disabled: 0,
        orphaned: 0,
    };
    for (status, number) in counts {
        let field = match status {
            InstanceStatus::Unknown => &mut record.unknown,
            InstanceStatus::InSync => &mut record.in_sync,
            InstanceStatus::Drifted => &mut record.drifted,
            InstanceStatus::Remediating => &mut record.remediating,
            InstanceStatus::Remediated => &mut record.remediated,
            InstanceStatus::Error => &mut record.error,
            InstanceStatus::Disabled => &mut record.disabled,
            InstanceStatus::Orphaned => &mut record.orphaned,
        };
        *field = count(number);
    }
    record
}

/// A count from the store; saturates.
pub(super) fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX })
}

/// A time from the store as RFC 3339.
pub(super) fn time(micros: i64) -> String {
    Timestamp::from_micros(micros).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_not_known_names_its_row() {
        assert_eq!(InstanceStatus::read("in_sync", "inst_1").unwrap(), InstanceStatus::InSync);
        assert_eq!(InstanceStatus::InSync.word(), "in_sync");
        assert!(InstanceStatus::read("gone", "inst_1").unwrap_err().to_string().contains("inst_1"));
    }
}
