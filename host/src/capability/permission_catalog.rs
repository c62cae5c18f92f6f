//! `permission-catalog`: the permission vocabulary.

use super::bindings::atmos::mcp::permission_catalog::{Host, Permission, PermissionPage};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::CallState;
use crate::authz::{self, Role};

impl Host for CallState {
    async fn list_permissions(
        &mut self,
        group: Option<String>,
        request: PageRequest,
    ) -> wasmtime::Result<Result<PermissionPage, CapabilityError>> {
        Ok(list_permissions(self, group.as_deref(), &request))
    }

    async fn get_permission(&mut self, key: String) -> wasmtime::Result<Result<Option<Permission>, CapabilityError>> {
        Ok(get_permission(self, &key))
    }
}

fn list_permissions(
    state: &mut CallState,
    group: Option<&str>,
    request: &PageRequest,
) -> Result<PermissionPage, CapabilityError> {
    state.enter(None)?;
    let mut items: Vec<Permission> = authz::Permission::ALL.iter().copied().map(permission).collect();
    if let Some(group) = group {
        let groups = groups(&items);
        items.retain(|permission| permission.group == group);
        if items.is_empty() {
            return Err(CapabilityError::InvalidArgument(format!(
                "`resource` must be one of {groups} (got `{group}`)"
            )));
        }
    }
    let filter = format!("{group:?}");
    let (items, next_cursor) =
        state.slice("permission_catalog.list", filter, request, items, |permission| &permission.key)?;
    Ok(PermissionPage { items, next_cursor })
}

fn get_permission(state: &mut CallState, key: &str) -> Result<Option<Permission>, CapabilityError> {
    state.enter(None)?;
    let found = authz::Permission::parse(key).map(permission);
    state.charge_rows(usize::from(found.is_some()))?;
    Ok(found)
}

/// The groups, each once, as an error names them.
fn groups(permissions: &[Permission]) -> String {
    let mut groups: Vec<String> = permissions.iter().map(|permission| format!("`{}`", permission.group)).collect();
    groups.dedup();
    groups.join(", ")
}

fn permission(permission: authz::Permission) -> Permission {
    let mut parts = permission.key().splitn(3, ':').map(ToOwned::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let (scope, group, action) = (part(), part(), part());
    let roles = [Role::Member, Role::Admin, Role::Owner].into_iter();
    Permission {
        key: permission.key().to_owned(),
        scope,
        group,
        action,
        description: permission.description().to_owned(),
        mcp_reachable: permission.is_mcp_reachable(),
        roles: roles
            .filter(|role| role.permissions().contains(permission))
            .map(|role| role.name().to_owned())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_apart_and_each_group_stands_together() {
        let settings = permission(authz::Permission::WorkspaceUpdateSettings);
        let parts = (settings.scope.as_str(), settings.group.as_str(), settings.action.as_str());
        assert_eq!(parts, ("ws", "workspace", "update_settings"));
        assert_eq!(settings.roles, ["admin", "owner"]);
        let all: Vec<Permission> = authz::Permission::ALL.iter().copied().map(permission).collect();
        let groups = groups(&all);
        let mut names: Vec<&str> = groups.split(", ").collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{groups}");
    }
}
