//! `jobs`: jobs of workflow runs, with their steps.

use super::bindings::atmos::mcp::jobs::{Host, Job, JobFilter, JobPage, Step};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::bindings::atmos::mcp::workflow_runs::{RunConclusion, RunStatus};
use super::state::{CallState, page};
use super::text;
use super::wire::{self, Word as _};
use crate::authz::Permission;
use crate::store::StoreError;
use crate::store::jobs::{self, JobRow, StepRow};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

/// Bytes of a step beside its name.
const STEP: usize = 24;

impl Host for CallState {
    async fn list_jobs(
        &mut self,
        run_id: String,
        filter: JobFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<Option<JobPage>, CapabilityError>> {
        Ok(list_jobs(self, &run_id, &filter, &request).await)
    }
}

async fn list_jobs(
    state: &mut CallState,
    run_id: &str,
    filter: &JobFilter,
    request: &PageRequest,
) -> Result<Option<JobPage>, CapabilityError> {
    state.enter(PERMISSION)?;
    let wanted =
        jobs::JobFilter { statuses: wire::words(&filter.statuses), conclusions: wire::words(&filter.conclusions) };
    let cursors = state.cursor_context("jobs.list", format!("{run_id} {wanted:?}"));
    let page = page(&cursors, request)?;
    let (reader, scope) = (&state.context.reader, state.scope());
    let mut rows = jobs::list_jobs(reader, scope, run_id, &wanted, &page).await?;
    if rows.is_empty() && !jobs::has_run(reader, scope, run_id).await? {
        return Ok(None);
    }
    let next_cursor = page.cut(&mut rows, |row| &row.position).map(|last| cursors.encode(&last));
    state.charge_rows(rows.len())?;
    let items = rows.into_iter().map(Job::try_from).collect::<Result<Vec<_>, _>>()?;
    state.charge_bytes(items.iter().flat_map(|job| &job.steps).map(|step| step.name.len() + STEP).sum())?;
    Ok(Some(JobPage { items, next_cursor }))
}

impl TryFrom<JobRow> for Job {
    type Error = StoreError;

    fn try_from(row: JobRow) -> Result<Self, StoreError> {
        Ok(Self {
            steps: row.steps()?.into_iter().map(Step::try_from).collect::<Result<_, _>>()?,
            name: text::clean_line(&row.name),
            status: RunStatus::read(&row.status, &row.id)?,
            conclusion: row.conclusion.map(|word| RunConclusion::read(&word, &row.id)).transpose()?,
            run_attempt: wire::count(row.run_attempt),
            started_at: row.started_at.map(wire::time),
            completed_at: row.completed_at.map(wire::time),
            duration_seconds: duration(row.started_at, row.completed_at),
            github_url: row.github_url,
            id: row.id,
        })
    }
}

impl TryFrom<StepRow> for Step {
    type Error = StoreError;

    fn try_from(row: StepRow) -> Result<Self, StoreError> {
        Ok(Self {
            number: row.number.map_or(0, wire::count),
            name: text::clean_line(&row.name),
            status: RunStatus::read(&row.status, "-")?,
            conclusion: row.conclusion.map(|word| RunConclusion::read(&word, "-")).transpose()?,
            duration_seconds: duration(row.started_at, row.completed_at),
        })
    }
}

/// Whole seconds between two times of the store.
fn duration(start: Option<i64>, end: Option<i64>) -> Option<u32> {
    Some(wire::count((end? - start?) / 1_000_000))
}
