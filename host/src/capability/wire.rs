//! Words of the store ↔ enums of the WIT.

use super::bindings::atmos::mcp::caller::Role;
use super::bindings::atmos::mcp::instances::{InstanceStatus, StatusCounts};
use super::bindings::atmos::mcp::repos::RepoStatus;
use super::bindings::atmos::mcp::workspace_info::WorkspaceStatus;
use crate::authz;
use crate::clock::Timestamp;
use crate::store::StoreError;

/// An enum that the store keeps as a word.
pub(super) trait Word: Sized + Copy + 'static {
    /// Table and column, for the error.
    const COLUMN: (&'static str, &'static str);
    /// Every value with its word.
    const WORDS: &'static [(Self, &'static str)];

    /// The value of a word from the store.
    fn read(word: &str, id: &str) -> Result<Self, StoreError> {
        let (table, what) = Self::COLUMN;
        let found = Self::WORDS.iter().find(|(_, known)| *known == word);
        found.map(|(value, _)| *value).ok_or_else(|| StoreError::Inconsistent { table, id: id.to_owned(), what })
    }
}

impl Word for RepoStatus {
    const COLUMN: (&'static str, &'static str) = ("repositories", "unknown status");
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Active, "active"), (Self::Suspended, "suspended"), (Self::Uninstalled, "uninstalled")];
}

impl Word for InstanceStatus {
    const COLUMN: (&'static str, &'static str) = ("instances", "unknown status");
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Unknown, "unknown"),
        (Self::InSync, "in_sync"),
        (Self::Drifted, "drifted"),
        (Self::Remediating, "remediating"),
        (Self::Remediated, "remediated"),
        (Self::Error, "error"),
        (Self::Disabled, "disabled"),
        (Self::Orphaned, "orphaned"),
    ];
}

impl Word for WorkspaceStatus {
    const COLUMN: (&'static str, &'static str) = ("workspaces", "unknown status");
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Active, "active"), (Self::Suspended, "suspended")];
}

/// The word of a repository status.
pub(super) const fn repo_status(status: RepoStatus) -> &'static str {
    match status {
        RepoStatus::Active => "active",
        RepoStatus::Suspended => "suspended",
        RepoStatus::Uninstalled => "uninstalled",
    }
}

/// The word of an instance status.
pub(super) const fn instance_status(status: InstanceStatus) -> &'static str {
    match status {
        InstanceStatus::Unknown => "unknown",
        InstanceStatus::InSync => "in_sync",
        InstanceStatus::Drifted => "drifted",
        InstanceStatus::Remediating => "remediating",
        InstanceStatus::Remediated => "remediated",
        InstanceStatus::Error => "error",
        InstanceStatus::Disabled => "disabled",
        InstanceStatus::Orphaned => "orphaned",
    }
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
    fn every_word_reads_back_as_its_value() {
        for (status, word) in InstanceStatus::WORDS {
            assert_eq!(instance_status(*status), *word);
            assert_eq!(InstanceStatus::read(word, "inst_1").unwrap(), *status);
        }
        for (status, word) in RepoStatus::WORDS {
            assert_eq!(repo_status(*status), *word);
        }
        assert!(InstanceStatus::read("gone", "inst_1").unwrap_err().to_string().contains("inst_1"));
    }
}
