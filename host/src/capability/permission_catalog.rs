//! `permission-catalog`: the permission vocabulary.

use super::bindings::atmos::mcp::permission_catalog::{Host, Permission, PermissionPage};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::{CallState, page};
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
        Ok(self.enter(None).map(|()| authz::Permission::parse(&key).map(permission)))
    }
}

fn list_permissions(
    state: &mut CallState,
    group: Option<&str>,
    request: &PageRequest,
) -> Result<PermissionPage, CapabilityError> {
    state.enter(None)?;
    let cursors = state.cursor_context("permission_catalog.list", format!("{group:?}"));
    let page = page(&cursors, request)?;
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
    if let Some(after) = page.after() {
        let last = items.iter().position(|permission| permission.key == after);
        items.drain(..=last.ok_or(CapabilityError::InvalidCursor)?);
    }
    let next_cursor = page.cut(&mut items, |permission| &permission.key).map(|last| cursors.encode(&last));
    Ok(PermissionPage { items, next_cursor })
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
