//! Permission tools: what may be done, what this token can do, and what was denied.

pub mod denials;
pub mod key;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use sdk::capability::caller::{CallerInfo, Role};
use serde::Serialize;

/// What a token can do, and what is missing on either side.
#[derive(Debug, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Permissions {
    /// The user's role in the workspace.
    pub role: RoleName,
    /// Permission keys the user granted to this client.
    pub granted_scopes: Vec<String>,
    /// What this token can do: role ∩ scopes, less what no MCP client can reach.
    pub effective: Vec<String>,
    /// The role has these, the token was not granted them; authorize again to add them.
    pub missing: Vec<String>,
    /// The token was granted these, the role has them no longer; an admin can change the role.
    pub beyond: Vec<String>,
}

/// A workspace role.
#[derive(Debug, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    Member,
    Admin,
    Owner,
}

/// Splits the caller's permissions into what is effective, missing and beyond.
///
/// `missing` leaves out what no MCP client can be granted: asking for it would be in vain.
pub fn resolve(caller: CallerInfo) -> Permissions {
    let role: BTreeSet<String> = caller.role_permissions.into_iter().collect();
    let granted: BTreeSet<String> = caller.granted_scopes.into_iter().collect();
    let unreachable: BTreeSet<String> = caller.unreachable_permissions.into_iter().collect();
    let reachable = |key: &&String| !unreachable.contains(*key);
    Permissions {
        role: match caller.role {
            Role::Member => RoleName::Member,
            Role::Admin => RoleName::Admin,
            Role::Owner => RoleName::Owner,
        },
        effective: role.intersection(&granted).filter(reachable).cloned().collect(),
        missing: role.difference(&granted).filter(reachable).cloned().collect(),
        beyond: granted.difference(&role).cloned().collect(),
        granted_scopes: granted.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| (*key).to_owned()).collect()
    }

    #[test]
    fn role_and_scopes_split_into_effective_missing_and_beyond() {
        let resolved = resolve(CallerInfo {
            client_id: "client".to_owned(),
            role: Role::Admin,
            role_permissions: keys(&["ws:a:read", "ws:b:read", "ws:webhooks:manage"]),
            granted_scopes: keys(&["ws:b:read", "ws:c:read", "ws:webhooks:manage"]),
            unreachable_permissions: keys(&["ws:webhooks:manage"]),
        });
        assert_eq!(
            resolved,
            Permissions {
                role: RoleName::Admin,
                granted_scopes: keys(&["ws:b:read", "ws:c:read", "ws:webhooks:manage"]),
                effective: keys(&["ws:b:read"]),
                missing: keys(&["ws:a:read"]),
                beyond: keys(&["ws:c:read"]),
            }
        );
    }
}
