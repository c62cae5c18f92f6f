//! `caller`: who is calling, and with what authority.

use super::bindings::atmos::mcp::caller::{CallerInfo, Host};
use super::bindings::atmos::mcp::types::CapabilityError;
use super::state::CallState;
use crate::authz::{Permission, PermissionSet};

impl Host for CallState {
    async fn get_caller(&mut self) -> wasmtime::Result<Result<CallerInfo, CapabilityError>> {
        Ok(get_caller(self))
    }
}

fn get_caller(state: &mut CallState) -> Result<CallerInfo, CapabilityError> {
    state.enter(None)?;
    let caller = &state.caller;
    let unreachable: PermissionSet =
        Permission::ALL.iter().copied().filter(|permission| !permission.is_mcp_reachable()).collect();
    Ok(CallerInfo {
        client_id: caller.client_id.clone(),
        role: caller.role.into(),
        role_permissions: keys(caller.role.permissions()),
        granted_scopes: keys(caller.scopes),
        unreachable_permissions: keys(unreachable),
    })
}

fn keys(permissions: PermissionSet) -> Vec<String> {
    permissions.keys().into_iter().map(ToOwned::to_owned).collect()
}
