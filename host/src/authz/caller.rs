//! Who is calling, with what authority.

use super::permission::{Permission, PermissionSet};
use super::role::Role;
use super::scope::WorkspaceScope;

/// An authenticated MCP client, acting for a user in one workspace.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The grant: the user's consent, and the key of rate limits.
    pub grant_id: String,
    /// The OAuth client.
    pub client_id: String,
    /// The user who consented.
    pub user_id: String,
    /// The user's role now.
    pub role: Role,
    /// What the token was granted.
    pub scopes: PermissionSet,
    /// Calls per minute that this workspace allows, if it sets its own limit.
    pub rate_minute: Option<u32>,
    /// Calls per day that this workspace allows, if it sets its own limit.
    pub rate_day: Option<u32>,
    scope: WorkspaceScope,
}

/// What the store knows of a live access token.
#[derive(Debug, Clone)]
pub(crate) struct TokenRecord {
    pub(crate) grant_id: String,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) workspace_id: String,
    pub(crate) role: Role,
    pub(crate) scopes: PermissionSet,
    pub(crate) rate_minute: Option<u32>,
    pub(crate) rate_day: Option<u32>,
}

impl Caller {
    /// Security: only bearer authentication calls this, with the record of a token it has just looked up.
    pub(crate) fn from_token(record: TokenRecord) -> Self {
        Self {
            grant_id: record.grant_id,
            client_id: record.client_id,
            user_id: record.user_id,
            role: record.role,
            scopes: record.scopes,
            rate_minute: record.rate_minute,
            rate_day: record.rate_day,
            scope: WorkspaceScope::from_record(record.workspace_id),
        }
    }

    /// The workspace that the token is bound to.
    pub fn workspace(&self) -> &WorkspaceScope {
        &self.scope
    }

    /// What this call may do: role now ∩ token scopes ∩ what an MCP client can ever reach. The only place
    /// where this is computed.
    pub fn effective(&self) -> PermissionSet {
        self.role.permissions().intersection(self.scopes).intersection(PermissionSet::mcp_reachable())
    }

    /// Whether this call may do what `permission` allows.
    pub fn can(&self, permission: Permission) -> bool {
        self.effective().contains(permission)
    }
}
