//! `components`: instances grouped by the name of their component.

use super::bindings::atmos::mcp::components::{
    ComponentDetails, ComponentFilter, ComponentPage, ComponentStack, ComponentSummary, Host,
};
use super::bindings::atmos::mcp::instances::{InstanceStatus, StatusCounts};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::rollups;
use super::state::CallState;
use super::text;
use super::wire::{self, Word as _};
use crate::authz::Permission;
use crate::store::StoreError;
use crate::store::parts::PartRow;
use crate::store::rollups::{Kind, RollupFilter, RollupRow};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

impl Host for CallState {
    async fn list_components(
        &mut self,
        filter: ComponentFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<ComponentPage, CapabilityError>> {
        Ok(list_components(self, &filter, &request).await)
    }

    async fn get_component(
        &mut self,
        component: String,
        repo: Option<String>,
    ) -> wasmtime::Result<Result<Option<ComponentDetails>, CapabilityError>> {
        Ok(get_component(self, &component, repo.as_deref()).await)
    }
}

async fn list_components(
    state: &mut CallState,
    filter: &ComponentFilter,
    request: &PageRequest,
) -> Result<ComponentPage, CapabilityError> {
    state.enter(PERMISSION)?;
    let wanted = RollupFilter {
        statuses: wire::words(&filter.statuses),
        repo: wire::repo(filter.repo.as_deref())?,
        within: filter.stack.as_deref(),
    };
    let (rows, next_cursor) = rollups::read_page(state, "components.list", Kind::Component, &wanted, request).await?;
    Ok(ComponentPage { items: rows.iter().map(ComponentSummary::from).collect(), next_cursor })
}

async fn get_component(
    state: &mut CallState,
    component: &str,
    repo: Option<&str>,
) -> Result<Option<ComponentDetails>, CapabilityError> {
    state.enter(PERMISSION)?;
    let Some(details) = rollups::read_details(state, Kind::Component, component, repo).await? else {
        return Ok(None);
    };
    let public_url = &state.context.public_url;
    let summary = ComponentSummary::from(&details.rollup);
    Ok(Some(ComponentDetails {
        component: summary.component,
        repos: summary.repos,
        stack_count: summary.stack_count,
        instance_count: summary.instance_count,
        status_counts: summary.status_counts,
        last_run_at: summary.last_run_at,
        stacks: details.parts.into_iter().map(ComponentStack::try_from).collect::<Result<_, _>>()?,
        stacks_truncated: details.truncated,
        last_failed_run: details.last_failed_run.map(|run| rollups::failed_run(run, public_url)).transpose()?,
    }))
}

impl From<&RollupRow> for ComponentSummary {
    fn from(row: &RollupRow) -> Self {
        // An instance is one component in one stack of one repository.
        let instances = wire::count(row.counts.live());
        Self {
            component: text::clean_line(&row.name),
            repos: rollups::repos(row),
            stack_count: instances,
            instance_count: instances,
            status_counts: StatusCounts::from(row.counts),
            last_run_at: row.last_run_at.map(wire::time),
        }
    }
}

impl TryFrom<PartRow> for ComponentStack {
    type Error = StoreError;

    fn try_from(row: PartRow) -> Result<Self, StoreError> {
        Ok(Self {
            stack: text::clean_line(&row.part),
            repo: wire::repo_name(&row.owner, &row.name),
            status: InstanceStatus::read(&row.status, &row.id)?,
            drift_status: InstanceStatus::read(&row.drift_status, &row.id)?,
            last_run_at: row.last_run_at.map(wire::time),
            instance_id: row.id,
        })
    }
}
