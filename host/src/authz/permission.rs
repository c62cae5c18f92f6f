//! The permission vocabulary. `ws:audit_log:read` and `ws:workspace:update_settings` are named by the
//! product page, `ws:instances:remediate_drift` by its documentation; the other keys are ours.

/// What an MCP client may ever hold. A guard on the actor type: `Never` is out of reach whatever role and
/// scopes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Reads: granted by default.
    Read,
    /// Acts: granted only if asked for.
    Act,
    /// Destroys or spends: never an MCP client's.
    Never,
}

macro_rules! permissions {
    ($($name:ident $key:literal $reach:ident $description:literal;)*) => {
        /// One permission.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Permission {
            $(#[doc = $description] $name,)*
        }

        impl Permission {
            /// Every permission, in the order of the vocabulary.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// `ws:<resource>:<action>`.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// What it allows, in a few words.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => $description,)* }
            }

            const fn reach(self) -> Reach {
                match self { $(Self::$name => Reach::$reach,)* }
            }

            const fn bit(self) -> u64 {
                #[expect(clippy::as_conversions, reason = "fewer than 64 variants, checked by a test")]
                { 1 << self as u8 }
            }
        }
    };
}

permissions! {
    WorkspaceRead "ws:workspace:read" Read "See the workspace, its repositories, instances and runs";
    WorkspaceUpdateSettings "ws:workspace:update_settings" Act "See setup progress and recommendations, change settings";
    WorkspaceDelete "ws:workspace:delete" Never "Delete the workspace";
    TeamMembersRead "ws:team_members:read" Read "See team members";
    TeamMembersInvite "ws:team_members:invite" Act "Invite team members";
    TeamMembersUpdateRole "ws:team_members:update_role" Act "Change the role of team members";
    TeamMembersRemove "ws:team_members:remove" Act "Remove team members";
    RepositoriesRead "ws:repositories:read" Read "See repositories";
    RepositoriesImport "ws:repositories:import" Act "Import repositories";
    RepositoriesRemove "ws:repositories:remove" Never "Remove repositories";
    RepositoriesUpdateSettings "ws:repositories:update_settings" Act "Change repository settings";
    RepositoryPermissionsRead "ws:repository_permissions:read" Read "See what workflows may upload";
    RepositoryPermissionsAssign "ws:repository_permissions:assign" Act "Let workflows upload";
    RepositoryPermissionsRemove "ws:repository_permissions:remove" Act "Stop workflows from uploading";
    InstancesRead "ws:instances:read" Read "See instances";
    InstancesDetectDrift "ws:instances:detect_drift" Act "Start drift detection";
    InstancesRemediateDrift "ws:instances:remediate_drift" Act "Start drift remediation";
    WorkflowRunsRead "ws:workflow_runs:read" Read "See workflow runs, jobs and logs";
    WorkflowRunsDispatch "ws:workflow_runs:dispatch" Act "Start workflow runs";
    WorkflowRunsApprove "ws:workflow_runs:approve" Act "Approve waiting runs";
    WorkflowRunsReject "ws:workflow_runs:reject" Act "Reject waiting runs";
    WorkflowRunsCancel "ws:workflow_runs:cancel" Act "Cancel runs";
    WorkflowRunsRerun "ws:workflow_runs:rerun" Act "Run failed runs again";
    DeploymentsRead "ws:deployments:read" Read "See deployments";
    PullRequestsRead "ws:pull_requests:read" Read "See pull requests";
    PullRequestsComment "ws:pull_requests:comment" Act "Comment on pull requests";
    LocksRead "ws:locks:read" Read "See locks";
    LocksCreate "ws:locks:create" Act "Lock instances";
    LocksDelete "ws:locks:delete" Act "Unlock instances";
    SchedulesRead "ws:schedules:read" Read "See schedules";
    SchedulesCreate "ws:schedules:create" Act "Create schedules";
    SchedulesUpdate "ws:schedules:update" Act "Change schedules";
    SchedulesDelete "ws:schedules:delete" Act "Delete schedules";
    AuditLogRead "ws:audit_log:read" Read "Read the audit log";
    WebhooksRead "ws:webhooks:read" Read "See webhooks";
    WebhooksManage "ws:webhooks:manage" Never "Configure webhooks";
    BadgesRead "ws:badges:read" Read "See badges";
    BadgesManageTokens "ws:badges:manage_tokens" Act "Rotate badge tokens";
    InsightsRead "ws:insights:read" Read "See insights";
    EntitlementsRead "ws:entitlements:read" Read "See entitlements";
    BillingRead "ws:billing:read" Read "See billing";
    BillingManage "ws:billing:manage" Never "Change billing";
    McpClientsRead "ws:mcp_clients:read" Read "See MCP clients";
    McpClientsRevoke "ws:mcp_clients:revoke" Act "Revoke MCP clients";
}

impl Permission {
    /// The permission with this key, if there is one.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.key() == key)
    }

    /// Whether an MCP client may hold it at all.
    pub fn is_mcp_reachable(self) -> bool {
        self.reach() != Reach::Never
    }

    /// Whether it only reads, so that consent offers it by default.
    pub fn is_read(self) -> bool {
        self.reach() == Reach::Read
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionSet(u64);

impl PermissionSet {
    /// No permission.
    pub const EMPTY: Self = Self(0);

    /// Parses space-separated keys (RFC 6749 §3.3); unknown ones are left out.
    pub fn parse(scope: &str) -> Self {
        scope.split_ascii_whitespace().filter_map(Permission::parse).collect()
    }

    /// All that an MCP client may ever hold.
    pub fn mcp_reachable() -> Self {
        Permission::ALL.iter().copied().filter(|permission| permission.is_mcp_reachable()).collect()
    }

    /// Whether the set has it.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// What both sets have.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether `other` has all of this set.
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The permissions, in the order of the vocabulary.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }

    /// The keys in alphabetical order.
    pub fn keys(self) -> Vec<&'static str> {
        let mut keys: Vec<_> = self.iter().map(Permission::key).collect();
        keys.sort_unstable();
        keys
    }

    /// Space-separated keys in alphabetical order (RFC 6749 §3.3).
    pub fn to_scope(self) -> String {
        self.keys().join(" ")
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | permission.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_well_formed_and_fit_the_set() {
        assert!(Permission::ALL.len() <= 64);
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.key()), Some(*permission));
            let parts: Vec<_> = permission.key().split(':').collect();
            assert!(matches!(parts.as_slice(), ["ws", _, _]), "{}", permission.key());
        }
    }

    #[test]
    fn a_scope_reads_back_what_it_prints_and_drops_unknown_words() {
        let set = PermissionSet::parse("ws:audit_log:read openid ws:workspace:read offline_access");
        assert_eq!(set.to_scope(), "ws:audit_log:read ws:workspace:read");
        assert_eq!(PermissionSet::parse(&set.to_scope()), set);
    }

    #[test]
    fn destructive_permissions_are_out_of_reach() {
        let unreachable: Vec<_> =
            Permission::ALL.iter().filter(|permission| !permission.is_mcp_reachable()).map(|p| p.key()).collect();
        assert_eq!(
            unreachable,
            ["ws:workspace:delete", "ws:repositories:remove", "ws:webhooks:manage", "ws:billing:manage"]
        );
    }
}
