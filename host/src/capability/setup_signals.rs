//! `setup-signals`: how far a workspace has been set up, and what is left lying about in it.

use super::bindings::atmos::mcp::setup_signals::{Host, Housekeeping, Links, Milestones};
use super::bindings::atmos::mcp::types::CapabilityError;
use super::state::CallState;
use super::wire;
use crate::authz::Permission;
use crate::store::health_signals::lately;
use crate::store::setup_signals::{self, MilestonesRow};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceUpdateSettings);

impl Host for CallState {
    async fn get_milestones(&mut self) -> wasmtime::Result<Result<Milestones, CapabilityError>> {
        Ok(get_milestones(self).await)
    }

    async fn count_housekeeping(&mut self) -> wasmtime::Result<Result<Housekeeping, CapabilityError>> {
        Ok(count_housekeeping(self).await)
    }

    async fn get_links(&mut self) -> wasmtime::Result<Result<Links, CapabilityError>> {
        Ok(get_links(self))
    }
}

async fn get_milestones(state: &mut CallState) -> Result<Milestones, CapabilityError> {
    state.enter(PERMISSION)?;
    let row = setup_signals::find_milestones(&state.context.reader, state.scope()).await?;
    state.charge_rows(1)?;
    // Authentication has just seen the workspace; it can only be gone if it was deleted meanwhile.
    row.map(milestones).ok_or(CapabilityError::Unavailable)
}

fn milestones(row: MilestonesRow) -> Milestones {
    Milestones {
        member: first([row.member]),
        workspace: first([Some(row.workspace)]),
        installation: first([row.installation]),
        repository: first([row.repository]),
        repository_permission: first([row.repository_permission]),
        exchange: first([row.exchange]),
        instance: first([row.instance]),
        plan: first([row.plan]),
        deployment: first([row.apply, row.remediation]),
        default_branch_run: first([row.push, row.known_detection]),
        environment: first([row.approval, row.rejection, row.held]),
        affected_upload: first([row.affected, row.affected_audited]),
        schedule: first([row.schedule]),
        drift_detection: first([row.detection]),
    }
}

/// The earliest of these times, if there is one.
fn first<const N: usize>(times: [Option<i64>; N]) -> Option<String> {
    times.into_iter().flatten().min().map(wire::time)
}

async fn count_housekeeping(state: &mut CallState) -> Result<Housekeeping, CapabilityError> {
    state.enter(PERMISSION)?;
    let now = state.context.clock.now();
    let row = setup_signals::count_housekeeping(&state.context.reader, state.scope(), now).await?;
    state.charge_rows(1)?;
    let row = row.ok_or(CapabilityError::Unavailable)?;
    Ok(Housekeeping {
        members: wire::count(row.members),
        invitations: wire::count(row.invitations),
        unused_grants: wire::count(row.unused_grants),
        old_badge_tokens: wire::count(row.old_badge_tokens),
        lasting_tokens: wire::count(row.lasting_tokens),
        production_stacks: wire::count(row.production_stacks),
        unwatched_instances: wire::count(row.unwatched_instances),
        pending_approvals: wire::count(row.pending_approvals),
        schedules: wire::count(row.schedules),
        drift_detected_lately: row.last_detection.is_some_and(|at| at >= lately(now).micros()),
    })
}

fn get_links(state: &mut CallState) -> Result<Links, CapabilityError> {
    state.enter(PERMISSION)?;
    Ok(Links {
        dashboard_url: state.context.public_url.issuer().to_owned(),
        install_url: state.context.published.install_url(),
    })
}
