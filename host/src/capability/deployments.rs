//! `deployments`: the runs that change infrastructure.

use super::bindings::atmos::mcp::deployments::{DeploymentFilter, Host, RunDetails, RunPage};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::bindings::atmos::mcp::workflow_runs::RunCommand;
use super::state::CallState;
use super::wire::{self, words};
use super::workflow_runs::{read_details, read_page};
use crate::authz::Permission;
use crate::store::workflow_runs::RunFilter;

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

/// What makes a run a deployment.
const COMMANDS: [RunCommand; 2] = [RunCommand::Apply, RunCommand::Remediate];

impl Host for CallState {
    async fn list_deployments(
        &mut self,
        filter: DeploymentFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<RunPage, CapabilityError>> {
        Ok(list_deployments(self, &filter, &request).await)
    }

    async fn get_deployment(&mut self, id: String) -> wasmtime::Result<Result<Option<RunDetails>, CapabilityError>> {
        Ok(get_deployment(self, &id).await)
    }
}

async fn list_deployments(
    state: &mut CallState,
    filter: &DeploymentFilter,
    request: &PageRequest,
) -> Result<RunPage, CapabilityError> {
    state.enter(PERMISSION)?;
    let wanted = RunFilter {
        commands: words(&COMMANDS),
        statuses: words(&filter.statuses),
        conclusions: words(&filter.conclusions),
        component: filter.component.as_deref(),
        stack: filter.stack.as_deref(),
        repo: wire::repo(filter.repo.as_deref())?,
        window: wire::window(&filter.window)?,
        ..RunFilter::default()
    };
    read_page(state, "deployments.list", &wanted, request).await
}

async fn get_deployment(state: &mut CallState, id: &str) -> Result<Option<RunDetails>, CapabilityError> {
    state.enter(PERMISSION)?;
    Ok(read_details(state, id).await?.filter(|run| COMMANDS.contains(&run.command)))
}
