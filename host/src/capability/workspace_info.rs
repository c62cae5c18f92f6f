//! `workspace-info`: the workspace that the token is bound to.

use super::bindings::atmos::mcp::types::CapabilityError;
use super::bindings::atmos::mcp::workspace_info::{Host, Workspace, WorkspaceStatus};
use super::state::CallState;
use super::wire::{self, Word as _};
use crate::authz::Permission;
use crate::store::workspaces;

impl Host for CallState {
    async fn get_workspace(&mut self) -> wasmtime::Result<Result<Workspace, CapabilityError>> {
        Ok(get_workspace(self).await)
    }
}

async fn get_workspace(state: &mut CallState) -> Result<Workspace, CapabilityError> {
    state.enter(Some(Permission::WorkspaceRead))?;
    // Authentication has just seen the workspace; it can only be gone if it was deleted meanwhile.
    let row =
        workspaces::find_workspace(&state.context.reader, state.scope()).await?.ok_or(CapabilityError::Unavailable)?;
    state.charge_rows(1)?;
    Ok(Workspace {
        status: WorkspaceStatus::read(&row.status, &row.id)?,
        id: row.id,
        name: row.name,
        slug: row.slug,
        plan: row.plan,
        repo_count: wire::count(row.repo_count),
        stack_count: wire::count(row.stack_count),
        instance_count: wire::count(row.instance_count),
        dashboard_url: state.context.public_url.join("/"),
    })
}
