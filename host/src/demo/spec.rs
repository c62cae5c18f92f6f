//! What a demo workspace is described by.

use crate::audit::DeniedSide;
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
    /// What names begin with that are neither a stack's nor a component's. Empty for Acme.
    pub(super) mark: &'static str,
    /// GitHub login of the App.
    pub(super) app: &'static str,
    /// GitHub login of the bot that updates versions.
    pub(super) bot: &'static str,
    pub(super) plan_workflow: Workflow,
    pub(super) apply_workflow: Workflow,
    pub(super) installations: &'static [InstallationSpec],
    /// Instances that end in a given way; all others by chance.
    pub(super) fates: &'static [(&'static str, &'static str, Fate)],
    /// Pull requests that are told; all others by chance.
    pub(super) changes: &'static [ChangeSpec],
    /// Whether every failure of the table happens at least once, or the common ones alone.
    pub(super) has_every_failure: bool,
    pub(super) locks: &'static [LockSpec],
    /// Entitlements that differ from the plan.
    pub(super) overrides: &'static [(&'static str, &'static str)],
}

impl WorkspaceSpec {
    /// Whether a told pull request names this instance.
    pub(super) fn names(&self, stack: &str, component: &str) -> bool {
        self.changes_of(stack, component).next().is_some()
    }

    /// The told pull requests that name this instance.
    pub(super) fn changes_of(&self, stack: &str, component: &str) -> impl Iterator<Item = &'static ChangeSpec> {
        let is_it = move |part: &PartSpec| part.0 == stack && part.1 == component;
        self.changes.iter().filter(move |change| change.parts.iter().any(is_it))
    }
}

/// A workflow of GitHub Actions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Workflow {
    pub(super) name: &'static str,
    /// In `.github/workflows/`.
    pub(super) file: &'static str,
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
    /// How many pull requests come by chance.
    pub(super) pull_requests: u32,
    /// How many badge tokens it had; all but the last are revoked.
    pub(super) badge_tokens: u32,
    /// Each of these stacks has each of these components.
    pub(super) groups: &'static [(&'static [&'static str], &'static [&'static str])],
}

/// A pull request.
pub(super) struct ChangeSpec {
    pub(super) repository: &'static str,
    /// Without the component's name.
    pub(super) title: &'static str,
    pub(super) author: &'static str,
    /// Minutes before the present.
    pub(super) opened: u32,
    /// Minutes before the present.
    pub(super) merged: u32,
    /// In order of dependence.
    pub(super) parts: &'static [PartSpec],
}

/// Stack, component, and how its apply goes.
pub(super) type PartSpec = (&'static str, &'static str, Deploy);

/// How the apply of a merged pull request goes for one instance. Failures by id.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deploy {
    Succeeds,
    /// Goes on now.
    Runs,
    /// Waits for an approval.
    Waits,
    /// Was rejected; let go on a day later.
    Rejected,
    /// Failed, and succeeded when it was tried again.
    Fails(&'static str),
    /// Failed, and nobody has tried again.
    FailsForGood(&'static str),
    /// Was not dispatched, because the first part failed; succeeded later.
    Blocked,
    /// Ran although the first part had failed; succeeded later.
    FailsAfterParent(&'static str),
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
    /// The same; a remediation was refused a while ago, because the instance is locked.
    Locked,
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

/// A call that was denied for want of `ws:audit_log:read`.
pub(super) struct DenialSpec {
    pub(super) login: &'static str,
    pub(super) tool: &'static str,
    /// JSON.
    pub(super) arguments: &'static str,
    pub(super) side: DeniedSide,
    /// How long ago: hours, and minutes.
    pub(super) hours: u32,
    pub(super) minutes: u32,
}
