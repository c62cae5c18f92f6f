//! `stacks`: instances grouped by the name of their stack.

use super::bindings::atmos::mcp::instances::{InstanceStatus, StatusCounts};
use super::bindings::atmos::mcp::stacks::{Host, StackComponent, StackDetails, StackFilter, StackPage, StackSummary};
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
    async fn list_stacks(
        &mut self,
        filter: StackFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<StackPage, CapabilityError>> {
        Ok(list_stacks(self, &filter, &request).await)
    }

    async fn get_stack(
        &mut self,
        stack: String,
        repo: Option<String>,
    ) -> wasmtime::Result<Result<Option<StackDetails>, CapabilityError>> {
        Ok(get_stack(self, &stack, repo.as_deref()).await)
    }
}

async fn list_stacks(
    state: &mut CallState,
    filter: &StackFilter,
    request: &PageRequest,
) -> Result<StackPage, CapabilityError> {
    state.enter(PERMISSION)?;
    let wanted = RollupFilter {
        statuses: wire::words(&filter.statuses),
        repo: wire::repo(filter.repo.as_deref())?,
        within: None,
    };
    let (rows, next_cursor) = rollups::read_page(state, "stacks.list", Kind::Stack, &wanted, request).await?;
    Ok(StackPage { items: rows.iter().map(StackSummary::from).collect(), next_cursor })
}

async fn get_stack(
    state: &mut CallState,
    stack: &str,
    repo: Option<&str>,
) -> Result<Option<StackDetails>, CapabilityError> {
    state.enter(PERMISSION)?;
    let Some(details) = rollups::read_details(state, Kind::Stack, stack, repo).await? else { return Ok(None) };
    let public_url = &state.context.public_url;
    let summary = StackSummary::from(&details.rollup);
    Ok(Some(StackDetails {
        stack: summary.stack,
        repos: summary.repos,
        instance_count: summary.instance_count,
        status_counts: summary.status_counts,
        last_run_at: summary.last_run_at,
        components: details.parts.into_iter().map(StackComponent::try_from).collect::<Result<_, _>>()?,
        components_truncated: details.truncated,
        last_failed_run: details.last_failed_run.map(|run| rollups::failed_run(run, public_url)).transpose()?,
    }))
}

impl From<&RollupRow> for StackSummary {
    fn from(row: &RollupRow) -> Self {
        Self {
            stack: text::clean_line(&row.name),
            repos: rollups::repos(row),
            instance_count: wire::count(row.counts.live()),
            status_counts: StatusCounts::from(row.counts),
            last_run_at: row.last_run_at.map(wire::time),
        }
    }
}

impl TryFrom<PartRow> for StackComponent {
    type Error = StoreError;

    fn try_from(row: PartRow) -> Result<Self, StoreError> {
        Ok(Self {
            component: text::clean_line(&row.part),
            repo: wire::repo_name(&row.owner, &row.name),
            status: InstanceStatus::read(&row.status, &row.id)?,
            drift_status: InstanceStatus::read(&row.drift_status, &row.id)?,
            last_run_at: row.last_run_at.map(wire::time),
            instance_id: row.id,
        })
    }
}
