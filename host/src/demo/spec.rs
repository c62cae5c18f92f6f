//! What a demo workspace is described by.

use crate::authz::Role;

/// A workspace.
pub(super) struct WorkspaceSpec {
    pub(super) name: &'static str,
    pub(super) slug: &'static str,
    pub(super) plan: &'static str,
    /// Login, name and role.
    pub(super) members: &'static [(&'static str, &'static str, Role)],
    /// First GitHub id of the members, or none: people without one are whom the demo signs in.
    pub(super) github_ids: Option<i64>,
    pub(super) installations: &'static [InstallationSpec],
    /// Instances that end in a given way; all others by chance.
    pub(super) fates: &'static [(&'static str, &'static str, Fate)],
    pub(super) locks: &'static [LockSpec],
}

/// A GitHub App installation in an account.
pub(super) struct InstallationSpec {
    pub(super) github_id: i64,
    pub(super) account: &'static str,
    /// `active`, `suspended` or `uninstalled`; nothing happens in its repositories once it is not active.
    pub(super) status: &'static str,
    /// Since how many days.
    pub(super) days: u32,
    pub(super) repositories: &'static [RepositorySpec],
}

/// A repository.
pub(super) struct RepositorySpec {
    pub(super) name: &'static str,
    pub(super) branch: &'static str,
    /// Imported how many days ago.
    pub(super) days: u32,
    /// Each of these stacks has each of these components.
    pub(super) groups: &'static [(&'static [&'static str], &'static [&'static str])],
}

/// A lock.
pub(super) struct LockSpec {
    pub(super) key: &'static str,
    pub(super) message: &'static str,
    /// Taken how many hours ago.
    pub(super) taken: u32,
    /// Expires in how many hours.
    pub(super) expires: u32,
}

/// How an instance stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    InSync,
    /// The last drift detection saw changes.
    Drifted,
    /// Drifted and recovered again and again for two weeks.
    Flapping,
    /// The last drift detection failed.
    DetectionFailed,
    /// The last apply failed.
    ApplyFailed,
    /// Drifted and put right.
    Remediated,
    /// Being put right now.
    Remediating,
    /// Switched off some days ago.
    Disabled,
    /// Removed from the configuration some days ago.
    Orphaned,
    /// New; nothing has run yet.
    Unknown,
}
