//! `instances`: components deployed to stacks.

use super::bindings::atmos::mcp::instances::{
    Host, Instance, InstanceDetails, InstanceFilter, InstanceLock, InstancePage, InstanceStatus, RunSummary,
    StatusChange,
};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::{CallState, page};
use super::text;
use super::wire::{self, Word as _};
use crate::authz::Permission;
use crate::config::PublicUrl;
use crate::store::StoreError;
use crate::store::instances::{self, InstanceDetailsRow, InstanceRow};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

/// Characters of a lock's message that are told.
const MAX_LOCK_MESSAGE: usize = 1_000;

impl Host for CallState {
    async fn list_instances(
        &mut self,
        filter: InstanceFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<InstancePage, CapabilityError>> {
        Ok(list_instances(self, &filter, &request).await)
    }

    async fn get_instance(&mut self, id: String) -> wasmtime::Result<Result<Option<InstanceDetails>, CapabilityError>> {
        Ok(get_instance(self, &id).await)
    }
}

async fn list_instances(
    state: &mut CallState,
    filter: &InstanceFilter,
    request: &PageRequest,
) -> Result<InstancePage, CapabilityError> {
    state.enter(PERMISSION)?;
    let repo = wire::repo(filter.repo.as_deref())?;
    let wanted = instances::InstanceFilter {
        statuses: wire::words(&filter.statuses),
        stack: filter.stack.as_deref(),
        component: filter.component.as_deref(),
        repo,
        drift_enabled: filter.drift_enabled,
    };
    let cursors = state.cursor_context("instances.list", format!("{wanted:?}"));
    let page = page(&cursors, request)?;
    let mut rows = instances::list_instances(&state.context.reader, state.scope(), &wanted, &page).await?;
    let next_cursor = page.cut(&mut rows, |row| &row.id).map(|last| cursors.encode(&last));
    state.charge_rows(rows.len())?;
    let items = rows.into_iter().map(|row| instance(row, &state.context.public_url)).collect::<Result<_, _>>()?;
    Ok(InstancePage { items, next_cursor })
}

/// Reads one instance with its recent past, as the tool `get_instance` shows it.
pub(crate) async fn get_instance(state: &mut CallState, id: &str) -> Result<Option<InstanceDetails>, CapabilityError> {
    state.enter(PERMISSION)?;
    let (reader, scope, now) = (&state.context.reader, state.scope(), state.context.clock.now());
    let Some(mut row) = instances::find_instance(reader, scope, id, now).await? else { return Ok(None) };
    let changes = row.status_changes()?;
    state.charge_rows(1 + changes.len())?;
    let (last_run, last_drift_run, lock) = (last_run(&mut row), last_drift_run(&mut row), lock(&mut row));
    let instance = instance(row.instance, &state.context.public_url)?;
    Ok(Some(InstanceDetails {
        id: instance.id,
        component: instance.component,
        stack: instance.stack,
        repo: instance.repo,
        component_type: instance.component_type,
        status: instance.status,
        drift_status: instance.drift_status,
        drift_enabled: instance.drift_enabled,
        enabled: instance.enabled,
        last_run_at: instance.last_run_at,
        last_drift_run_at: instance.last_drift_run_at,
        dashboard_url: instance.dashboard_url,
        last_run,
        last_drift_run,
        status_changes: changes.into_iter().map(StatusChange::try_from).collect::<Result<_, _>>()?,
        lock,
    }))
}

fn instance(row: InstanceRow, public_url: &PublicUrl) -> Result<Instance, StoreError> {
    Ok(Instance {
        status: InstanceStatus::read(&row.status, &row.id)?,
        drift_status: InstanceStatus::read(&row.drift_status, &row.id)?,
        dashboard_url: public_url.join(&format!("/instances/{}", row.id)),
        id: row.id,
        component: text::clean_line(&row.component),
        stack: text::clean_line(&row.stack),
        repo: wire::repo_name(&row.owner, &row.name),
        component_type: row.component_type.map(|kind| text::clean_line(&kind)),
        drift_enabled: row.drift_enabled,
        enabled: row.enabled,
        last_run_at: row.last_run_at.map(wire::time),
        last_drift_run_at: row.last_drift_run_at.map(wire::time),
    })
}

fn last_run(row: &mut InstanceDetailsRow) -> Option<RunSummary> {
    Some(RunSummary {
        id: row.instance.last_run_id.take()?,
        command: row.run_command.take()?,
        status: row.run_status.take()?,
        conclusion: row.run_conclusion.take(),
        plan_exit_code: row.run_plan_exit_code.and_then(|code| i32::try_from(code).ok()),
        finished_at: row.run_finished_at.map(wire::time),
    })
}

fn last_drift_run(row: &mut InstanceDetailsRow) -> Option<RunSummary> {
    Some(RunSummary {
        id: row.instance.last_drift_run_id.take()?,
        command: row.drift_run_command.take()?,
        status: row.drift_run_status.take()?,
        conclusion: row.drift_run_conclusion.take(),
        plan_exit_code: row.drift_run_plan_exit_code.and_then(|code| i32::try_from(code).ok()),
        finished_at: row.drift_run_finished_at.map(wire::time),
    })
}

fn lock(row: &mut InstanceDetailsRow) -> Option<InstanceLock> {
    Some(InstanceLock {
        key: text::clean_line(&row.lock_key.take()?),
        message: row.lock_message.take().map(|message| shown_message(&message)),
        created_at: wire::time(row.lock_created_at?),
        expires_at: wire::time(row.lock_expires_at?),
    })
}

fn shown_message(message: &str) -> String {
    text::clean_line(message).chars().take(MAX_LOCK_MESSAGE).collect()
}

impl TryFrom<instances::StatusChange> for StatusChange {
    type Error = StoreError;

    fn try_from(row: instances::StatusChange) -> Result<Self, StoreError> {
        Ok(Self {
            from: row.from_status.map(|word| InstanceStatus::read(&word, "-")).transpose()?,
            to: InstanceStatus::read(&row.to_status, "-")?,
            at: wire::time(row.at),
            run_id: row.run_id,
        })
    }
}
