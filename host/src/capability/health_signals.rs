//! `health-signals`: counts of what may be broken.

use super::bindings::atmos::mcp::health_signals::{
    AccessSignals, ConnectionSignals, DispatchError, DriftSignals, FailureSignals, Host,
};
use super::bindings::atmos::mcp::instances::StatusCounts;
use super::bindings::atmos::mcp::types::CapabilityError;
use super::state::CallState;
use super::text;
use super::wire;
use crate::authz::Permission;
use crate::store::{analytics, health_signals};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

/// Characters of a dispatch error that are told.
const MAX_ERROR: usize = 200;

impl Host for CallState {
    async fn count_connections(&mut self) -> wasmtime::Result<Result<ConnectionSignals, CapabilityError>> {
        Ok(count_connections(self).await)
    }

    async fn count_access(&mut self) -> wasmtime::Result<Result<AccessSignals, CapabilityError>> {
        Ok(count_access(self).await)
    }

    async fn count_drift(&mut self) -> wasmtime::Result<Result<DriftSignals, CapabilityError>> {
        Ok(count_drift(self).await)
    }

    async fn count_failures(&mut self) -> wasmtime::Result<Result<FailureSignals, CapabilityError>> {
        Ok(count_failures(self).await)
    }

    async fn count_dispatch_errors(&mut self) -> wasmtime::Result<Result<Vec<DispatchError>, CapabilityError>> {
        Ok(count_dispatch_errors(self).await)
    }
}

async fn count_connections(state: &mut CallState) -> Result<ConnectionSignals, CapabilityError> {
    state.enter(PERMISSION)?;
    let row = health_signals::count_connections(&state.context.reader, state.scope()).await?;
    let row = found(state, row)?;
    Ok(ConnectionSignals {
        active: wire::count(row.active),
        suspended: wire::count(row.suspended),
        uninstalled: wire::count(row.uninstalled),
        unseen_instances: wire::count(row.unseen_instances),
    })
}

async fn count_access(state: &mut CallState) -> Result<AccessSignals, CapabilityError> {
    state.enter(PERMISSION)?;
    let now = state.context.clock.now();
    let row = health_signals::count_access(&state.context.reader, state.scope(), now).await?;
    let row = found(state, row)?;
    Ok(AccessSignals {
        since: wire::time(health_signals::lately(now).micros()),
        never_uploaded: wire::count(row.never_uploaded),
        silent: wire::count(row.silent),
        refused_exchanges: wire::count(row.refused_exchanges),
    })
}

async fn count_drift(state: &mut CallState) -> Result<DriftSignals, CapabilityError> {
    state.enter(PERMISSION)?;
    let (reader, scope, now) = (&state.context.reader, state.scope(), state.context.clock.now());
    let counts = analytics::count_statuses(reader, scope, None).await?;
    let old_drift = wire::count(health_signals::count_old_drift(reader, scope, now).await?);
    state.charge_rows(1)?;
    Ok(DriftSignals { statuses: StatusCounts::from(found(state, counts)?), old_drift })
}

async fn count_failures(state: &mut CallState) -> Result<FailureSignals, CapabilityError> {
    state.enter(PERMISSION)?;
    let now = state.context.clock.now();
    let row = health_signals::count_failures(&state.context.reader, state.scope(), now).await?;
    let row = found(state, row)?;
    Ok(FailureSignals {
        since: wire::time(health_signals::lately(now).micros()),
        failed_deployments: wire::count(row.failed_deployments),
        last_failed_deployment: row.last_failed_deployment,
        stale_approvals: wire::count(row.stale_approvals),
    })
}

async fn count_dispatch_errors(state: &mut CallState) -> Result<Vec<DispatchError>, CapabilityError> {
    state.enter(PERMISSION)?;
    let now = state.context.clock.now();
    let rows = health_signals::count_dispatch_errors(&state.context.reader, state.scope(), now).await?;
    state.charge_rows(rows.len())?;
    let error = |row: health_signals::DispatchErrorRow| DispatchError {
        error: text::clean_line(&row.error).chars().take(MAX_ERROR).collect(),
        count: wire::count(row.count),
        last_run_id: row.last_run_id,
    };
    Ok(rows.into_iter().map(error).collect())
}

/// Authentication has just seen the workspace; it can only be gone if it was deleted meanwhile.
fn found<T>(state: &mut CallState, row: Option<T>) -> Result<T, CapabilityError> {
    state.charge_rows(1)?;
    row.ok_or(CapabilityError::Unavailable)
}
