//! `analytics`: counts and durations over a stretch of days.

use super::bindings::atmos::mcp::analytics::{
    ApprovalWaits, AuthorCount, DayCount, Dimension, Extent, Host, InstanceChanges, Merge, Merges, OutcomeCount,
    RunCount, RunKind, RunSummary, Transition, TransitionCount, Transitions,
};
use super::bindings::atmos::mcp::instances::{InstanceStatus, StatusCounts};
use super::bindings::atmos::mcp::types::CapabilityError;
use super::bindings::atmos::mcp::workflow_runs::{RunCommand, RunConclusion, RunStatus, RunTrigger};
use super::state::CallState;
use super::text;
use super::wire::{self, Word as _};
use crate::authz::Permission;
use crate::clock::Timestamp;
use crate::store::{StoreError, analytics, repositories};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

/// Names, authors or instances of one answer at most.
const MAX_LIMIT: u32 = 100;

/// Changes of status of one answer at most.
const MAX_TRANSITIONS: u32 = 4_000;

/// Merges or approvals of one answer at most.
const MAX_DURATIONS: usize = 1_000;

/// Days that can be looked back over, and days ago that they can have ended.
const MAX_DAYS: u32 = 365;

impl Host for CallState {
    async fn summarize_runs(&mut self, extent: Extent) -> wasmtime::Result<Result<RunSummary, CapabilityError>> {
        Ok(summarize_runs(self, &extent).await)
    }

    async fn count_outcomes(
        &mut self,
        extent: Extent,
        by: Dimension,
        kind: RunKind,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<OutcomeCount>, CapabilityError>> {
        Ok(count_outcomes(self, &extent, by, kind, limit).await)
    }

    async fn count_runs_by_day(&mut self, extent: Extent) -> wasmtime::Result<Result<Vec<DayCount>, CapabilityError>> {
        Ok(count_runs_by_day(self, &extent).await)
    }

    async fn list_merges(&mut self, extent: Extent) -> wasmtime::Result<Result<Merges, CapabilityError>> {
        Ok(list_merges(self, &extent).await)
    }

    async fn count_commits_by_author(
        &mut self,
        extent: Extent,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<AuthorCount>, CapabilityError>> {
        Ok(count_commits(self, &extent, limit).await)
    }

    async fn list_approval_waits(
        &mut self,
        extent: Extent,
    ) -> wasmtime::Result<Result<ApprovalWaits, CapabilityError>> {
        Ok(list_approval_waits(self, &extent).await)
    }

    async fn count_statuses(
        &mut self,
        repo: Option<String>,
    ) -> wasmtime::Result<Result<Option<StatusCounts>, CapabilityError>> {
        Ok(count_statuses(self, repo.as_deref()).await)
    }

    async fn count_transitions(
        &mut self,
        extent: Extent,
    ) -> wasmtime::Result<Result<Vec<TransitionCount>, CapabilityError>> {
        Ok(count_transitions(self, &extent).await)
    }

    async fn list_transitions(&mut self, extent: Extent) -> wasmtime::Result<Result<Transitions, CapabilityError>> {
        Ok(list_transitions(self, &extent).await)
    }

    async fn count_changes_by_instance(
        &mut self,
        extent: Extent,
        at_least: u32,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<InstanceChanges>, CapabilityError>> {
        Ok(count_changes(self, &extent, at_least, limit).await)
    }
}

async fn summarize_runs(state: &mut CallState, extent: &Extent) -> Result<RunSummary, CapabilityError> {
    let extent = enter(state, extent)?;
    let rows = analytics::count_runs(&state.context.reader, state.scope(), &extent).await?;
    let until = extent.until().min(state.context.clock.now());
    let (since, until) = (wire::time(extent.since().micros()), wire::time(until.micros()));
    state.charge_rows(rows.len())?;
    let counts = rows.into_iter().map(RunCount::try_from).collect::<Result<_, _>>()?;
    Ok(RunSummary { since, until, counts })
}

async fn count_outcomes(
    state: &mut CallState,
    extent: &Extent,
    by: Dimension,
    kind: RunKind,
    limit: u32,
) -> Result<Vec<OutcomeCount>, CapabilityError> {
    let extent = enter(state, extent)?;
    let by = match by {
        Dimension::Stack => analytics::Dimension::Stack,
        Dimension::Component => analytics::Dimension::Component,
    };
    if extent.repo.is_some() != (by == analytics::Dimension::Stack) {
        let message = "stacks are counted in one repository, components in the whole workspace";
        return Err(CapabilityError::InvalidArgument(message.to_owned()));
    }
    let which = (by, matches!(kind, RunKind::Deployments));
    let rows = analytics::count_outcomes(&state.context.reader, state.scope(), &extent, which, bounded(limit)?).await?;
    state.charge_rows(rows.len())?;
    let count = |row: analytics::OutcomeRow| OutcomeCount {
        name: text::clean_line(&row.name),
        completed: wire::count(row.completed),
        succeeded: wire::count(row.succeeded),
        failed: wire::count(row.failed),
    };
    Ok(rows.into_iter().map(count).collect())
}

async fn count_runs_by_day(state: &mut CallState, extent: &Extent) -> Result<Vec<DayCount>, CapabilityError> {
    let extent = enter(state, extent)?;
    let rows = analytics::count_runs_by_day(&state.context.reader, state.scope(), &extent).await?;
    state.charge_rows(rows.len())?;
    let count = |row: analytics::DayRow| DayCount {
        day: date(row.day),
        plans: wire::count(row.plans),
        completed_deployments: wire::count(row.completed_deployments),
        failed_deployments: wire::count(row.failed_deployments),
        drift_detections: wire::count(row.drift_detections),
    };
    Ok(rows.into_iter().map(count).collect())
}

/// A day since the Unix epoch as `2026-08-21`.
fn date(day: i64) -> String {
    let midnight = wire::time(day.saturating_mul(analytics::DAY));
    midnight.split('T').next().unwrap_or_default().to_owned()
}

async fn list_merges(state: &mut CallState, extent: &Extent) -> Result<Merges, CapabilityError> {
    let extent = enter(state, extent)?;
    let mut rows = analytics::list_merges(&state.context.reader, state.scope(), &extent).await?;
    let truncated = rows.len() > MAX_DURATIONS;
    rows.truncate(MAX_DURATIONS);
    state.charge_rows(rows.len())?;
    let merge =
        |row: analytics::MergeRow| Merge { author: text::clean_line(&row.author), seconds: seconds(row.micros) };
    Ok(Merges { items: rows.into_iter().map(merge).collect(), truncated })
}

async fn count_commits(
    state: &mut CallState,
    extent: &Extent,
    limit: u32,
) -> Result<Vec<AuthorCount>, CapabilityError> {
    let extent = enter(state, extent)?;
    let rows = analytics::count_commits(&state.context.reader, state.scope(), &extent, bounded(limit)?).await?;
    state.charge_rows(rows.len())?;
    let count = |row: analytics::AuthorRow| AuthorCount {
        author: text::clean_line(&row.author),
        count: wire::count(row.count),
    };
    Ok(rows.into_iter().map(count).collect())
}

async fn list_approval_waits(state: &mut CallState, extent: &Extent) -> Result<ApprovalWaits, CapabilityError> {
    let extent = enter(state, extent)?;
    let mut waits = analytics::list_approval_waits(&state.context.reader, state.scope(), &extent).await?;
    let truncated = waits.len() > MAX_DURATIONS;
    waits.truncate(MAX_DURATIONS);
    state.charge_rows(waits.len())?;
    Ok(ApprovalWaits { items: waits.into_iter().map(seconds).collect(), truncated })
}

async fn count_statuses(state: &mut CallState, repo: Option<&str>) -> Result<Option<StatusCounts>, CapabilityError> {
    state.enter(PERMISSION)?;
    let (reader, scope, repo) = (&state.context.reader, state.scope(), wire::repo(repo)?);
    if let Some((owner, name)) = repo
        && repositories::find_repo(reader, scope, owner, name).await?.is_none()
    {
        return Ok(None);
    }
    let counts = analytics::count_statuses(reader, scope, repo).await?;
    state.charge_rows(1)?;
    Ok(counts.map(StatusCounts::from))
}

async fn count_transitions(state: &mut CallState, extent: &Extent) -> Result<Vec<TransitionCount>, CapabilityError> {
    let extent = enter(state, extent)?;
    let rows = analytics::count_transitions(&state.context.reader, state.scope(), &extent).await?;
    state.charge_rows(rows.len())?;
    let count = |row: analytics::TransitionCountRow| {
        Ok(TransitionCount {
            from: row.from_status.map(|word| InstanceStatus::read(&word, "-")).transpose()?,
            to: InstanceStatus::read(&row.to_status, "-")?,
            count: wire::count(row.count),
        })
    };
    rows.into_iter().map(count).collect()
}

async fn list_transitions(state: &mut CallState, extent: &Extent) -> Result<Transitions, CapabilityError> {
    let extent = enter(state, extent)?;
    let (reader, scope) = (&state.context.reader, state.scope());
    let mut rows = analytics::list_transitions(reader, scope, &extent, MAX_TRANSITIONS + 1).await?;
    let truncated = rows.len() > usize::try_from(MAX_TRANSITIONS).unwrap_or(usize::MAX);
    if truncated {
        rows.pop();
    }
    state.charge_rows(rows.len())?;
    let transition = |row: analytics::TransitionRow| {
        Ok(Transition {
            from: row.from_status.map(|word| InstanceStatus::read(&word, &row.instance_id)).transpose()?,
            to: InstanceStatus::read(&row.to_status, &row.instance_id)?,
            at: u64::try_from(Timestamp::from_micros(row.at).seconds()).unwrap_or(0),
            instance_id: row.instance_id,
        })
    };
    let items = rows.into_iter().rev().map(transition).collect::<Result<_, CapabilityError>>()?;
    Ok(Transitions { items, truncated })
}

async fn count_changes(
    state: &mut CallState,
    extent: &Extent,
    at_least: u32,
    limit: u32,
) -> Result<Vec<InstanceChanges>, CapabilityError> {
    let extent = enter(state, extent)?;
    let (reader, scope) = (&state.context.reader, state.scope());
    let rows = analytics::count_changes(reader, scope, &extent, at_least, bounded(limit)?).await?;
    state.charge_rows(rows.len())?;
    let changes = |row: analytics::InstanceChangesRow| {
        Ok(InstanceChanges {
            status: InstanceStatus::read(&row.status, &row.id)?,
            instance_id: row.id,
            component: text::clean_line(&row.component),
            stack: text::clean_line(&row.stack),
            repo: format!("{}/{}", row.owner, row.name),
            changes: wire::count(row.changes),
        })
    };
    rows.into_iter().map(changes).collect()
}

/// Charges the call and says which days are meant.
fn enter<'a>(state: &mut CallState, extent: &'a Extent) -> Result<analytics::Extent<'a>, CapabilityError> {
    state.enter(PERMISSION)?;
    if extent.days == 0 || extent.days > MAX_DAYS {
        return Err(out_of_range("days", 1, MAX_DAYS, extent.days));
    }
    if extent.ended_days_ago > MAX_DAYS {
        return Err(out_of_range("ended-days-ago", 0, MAX_DAYS, extent.ended_days_ago));
    }
    let end = state.context.clock.now().day() + 1 - i64::from(extent.ended_days_ago);
    let days = end - i64::from(extent.days)..end;
    Ok(analytics::Extent { days, repo: wire::repo(extent.repo.as_deref())? })
}

fn bounded(limit: u32) -> Result<u32, CapabilityError> {
    if limit == 0 || limit > MAX_LIMIT { Err(out_of_range("limit", 1, MAX_LIMIT, limit)) } else { Ok(limit) }
}

fn out_of_range(argument: &str, least: u32, most: u32, got: u32) -> CapabilityError {
    CapabilityError::InvalidArgument(format!("`{argument}` must be between {least} and {most} (got {got})"))
}

/// Whole seconds of a duration in microseconds.
fn seconds(micros: i64) -> u32 {
    wire::count(micros / 1_000_000)
}

impl TryFrom<analytics::RunCountRow> for RunCount {
    type Error = StoreError;

    fn try_from(row: analytics::RunCountRow) -> Result<Self, StoreError> {
        Ok(Self {
            command: RunCommand::read(&row.command, "-")?,
            trigger: RunTrigger::read(&row.trigger_kind, "-")?,
            status: RunStatus::read(&row.status, "-")?,
            conclusion: row.conclusion.map(|word| RunConclusion::read(&word, "-")).transpose()?,
            count: wire::count(row.count),
            changed: wire::count(row.changed),
        })
    }
}
