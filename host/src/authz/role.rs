//! Workspace roles and what each may do (`docs/permissions.md`).

use super::permission::{Permission, PermissionSet};

/// A member's role in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Member,
    Admin,
    Owner,
}

impl Role {
    /// The name in the database and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Member, Self::Admin, Self::Owner].into_iter().find(|role| role.name() == name)
    }

    /// What the role may do, in the browser; an MCP client's tokens narrow it further.
    pub fn permissions(self) -> PermissionSet {
        Permission::ALL.iter().copied().filter(|permission| self.has(*permission)).collect()
    }

    fn has(self, permission: Permission) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => !matches!(permission, Permission::WorkspaceDelete | Permission::BillingManage),
            Self::Member => {
                permission.is_read()
                    && !matches!(
                        permission,
                        Permission::AuditLogRead | Permission::WebhooksRead | Permission::BillingRead
                    )
            }
        }
    }
}
