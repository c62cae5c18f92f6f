//! `workflow-runs`: what GitHub Actions did for an instance.

use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::bindings::atmos::mcp::workflow_runs::{
    Approval, ApprovalState, ChangeRequest, ChangeRequestState, FailedJob, Host, Run, RunCommand, RunConclusion,
    RunDetails, RunFilter, RunPage, RunStatus, RunTrigger,
};
use super::state::{CallState, page};
use super::text;
use super::wire::{self, Word as _, words};
use crate::authz::Permission;
use crate::config::PublicUrl;
use crate::store::StoreError;
use crate::store::workflow_runs::{self, FailedJobRow, RunDetailsRow, RunRow};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

impl Host for CallState {
    async fn list_runs(
        &mut self,
        filter: RunFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<RunPage, CapabilityError>> {
        Ok(list_runs(self, &filter, &request).await)
    }

    async fn get_run(&mut self, id: String) -> wasmtime::Result<Result<Option<RunDetails>, CapabilityError>> {
        Ok(get_run(self, &id).await)
    }
}

async fn list_runs(
    state: &mut CallState,
    filter: &RunFilter,
    request: &PageRequest,
) -> Result<RunPage, CapabilityError> {
    state.enter(PERMISSION)?;
    let wanted = workflow_runs::RunFilter {
        statuses: words(&filter.statuses),
        conclusions: words(&filter.conclusions),
        commands: words(&filter.commands),
        triggers: words(&filter.triggers),
        approval_states: words(&filter.approval_states),
        instance_id: filter.instance_id.as_deref(),
        repo: wire::repo(filter.repo.as_deref())?,
        stack: filter.stack.as_deref(),
        component: filter.component.as_deref(),
        branch: filter.branch.as_deref(),
        sha: filter.sha.as_deref(),
        window: wire::window(&filter.window)?,
    };
    read_page(state, "workflow_runs.list", &wanted, request).await
}

async fn get_run(state: &mut CallState, id: &str) -> Result<Option<RunDetails>, CapabilityError> {
    state.enter(PERMISSION)?;
    read_details(state, id).await
}

/// Reads a page of runs for `function`, whose cursors are its own.
pub(super) async fn read_page(
    state: &mut CallState,
    function: &'static str,
    wanted: &workflow_runs::RunFilter<'_>,
    request: &PageRequest,
) -> Result<RunPage, CapabilityError> {
    let cursors = state.cursor_context(function, format!("{wanted:?}"));
    let page = page(&cursors, request)?;
    let mut rows = workflow_runs::list_runs(&state.context.reader, state.scope(), wanted, &page).await?;
    let next_cursor = page.cut(&mut rows, |row| &row.id).map(|last| cursors.encode(&last));
    state.charge_rows(rows.len())?;
    let items = rows.into_iter().map(|row| run(row, &state.context.public_url)).collect::<Result<_, _>>()?;
    Ok(RunPage { items, next_cursor })
}

/// Reads one run with all that is known of it.
pub(super) async fn read_details(state: &mut CallState, id: &str) -> Result<Option<RunDetails>, CapabilityError> {
    let (reader, scope) = (&state.context.reader, state.scope());
    let Some(row) = workflow_runs::find_run(reader, scope, id).await? else { return Ok(None) };
    let jobs = workflow_runs::find_failed_jobs(reader, scope, id).await?;
    state.charge_rows(1 + jobs.len())?;
    Ok(Some(details(row, jobs, &state.context.public_url)?))
}

fn run(row: RunRow, public_url: &PublicUrl) -> Result<Run, StoreError> {
    Ok(Run {
        github_run_id: row.github_run_id,
        command: RunCommand::read(&row.command, &row.id)?,
        trigger: RunTrigger::read(&row.trigger_kind, &row.id)?,
        status: RunStatus::read(&row.status, &row.id)?,
        conclusion: row.conclusion.map(|word| RunConclusion::read(&word, &row.id)).transpose()?,
        approval_state: ApprovalState::read(&row.approval_state, &row.id)?,
        component: line(row.component),
        stack: line(row.stack),
        repo: wire::repo_name(&row.owner, &row.name),
        instance_id: row.instance_id,
        branch: line(row.branch),
        sha: line(row.sha),
        plan_exit_code: row.plan_exit_code.and_then(|code| i32::try_from(code).ok()),
        dispatch_error: line(row.dispatch_error),
        created_at: wire::time(row.created_at),
        started_at: row.started_at.map(wire::time),
        finished_at: row.finished_at.map(wire::time),
        duration_seconds: duration_seconds(row.started_at, row.finished_at),
        dashboard_url: public_url.join(&format!("/runs/{}", row.id)),
        id: row.id,
    })
}

fn details(
    mut row: RunDetailsRow,
    failed_jobs: Vec<FailedJobRow>,
    public_url: &PublicUrl,
) -> Result<RunDetails, StoreError> {
    let (approval, change_request) = (approval(&mut row)?, change_request(&mut row)?);
    let run = run(row.run, public_url)?;
    Ok(RunDetails {
        parent_conclusion: row.parent_conclusion.map(|word| RunConclusion::read(&word, &run.id)).transpose()?,
        id: run.id,
        github_run_id: run.github_run_id,
        command: run.command,
        trigger: run.trigger,
        status: run.status,
        conclusion: run.conclusion,
        approval_state: run.approval_state,
        approval,
        component: run.component,
        stack: run.stack,
        repo: run.repo,
        instance_id: run.instance_id,
        branch: run.branch,
        git_ref: line(row.git_ref),
        sha: run.sha,
        actor: line(row.actor),
        workflow_name: line(row.workflow_name),
        workflow_file: line(row.workflow_file),
        run_attempt: row.run_attempt.map_or(1, wire::count),
        plan_exit_code: run.plan_exit_code,
        dispatch_error: run.dispatch_error,
        parent_run_id: row.parent_run_id,
        change_request,
        failed_jobs: failed_jobs.into_iter().map(failed_job).collect(),
        created_at: run.created_at,
        started_at: run.started_at,
        finished_at: run.finished_at,
        duration_seconds: run.duration_seconds,
        dashboard_url: run.dashboard_url,
        github_url: line(row.github_url),
    })
}

fn approval(row: &mut RunDetailsRow) -> Result<Approval, StoreError> {
    Ok(Approval {
        state: ApprovalState::read(&row.run.approval_state, &row.run.id)?,
        environment: line(row.approval_environment.take()),
        reviewers: row.reviewers().iter().map(|login| text::clean_line(login)).collect(),
        decided_at: row.approval_decided_at.map(wire::time),
    })
}

fn change_request(row: &mut RunDetailsRow) -> Result<Option<ChangeRequest>, StoreError> {
    let Some(number) = row.request_number else { return Ok(None) };
    let state = row.request_state.as_deref().unwrap_or_default();
    Ok(Some(ChangeRequest {
        number: wire::count(number),
        state: ChangeRequestState::read(state, &row.run.id)?,
        title: line(row.request_title.take()).unwrap_or_default(),
        url: line(row.request_url.take()).unwrap_or_default(),
        author: line(row.request_author.take()).unwrap_or_default(),
        merged_at: row.request_merged_at.map(wire::time),
    }))
}

fn failed_job(row: FailedJobRow) -> FailedJob {
    FailedJob {
        failed_step: line(row.failed_step()),
        id: row.id,
        name: text::clean_line(&row.name),
        conclusion: text::clean_line(&row.conclusion),
    }
}

fn line(text: Option<String>) -> Option<String> {
    text.map(|text| text::clean_line(&text))
}

/// Whole seconds from one moment to the other, if both are known.
pub(super) fn duration_seconds(from: Option<i64>, to: Option<i64>) -> Option<u32> {
    Some(wire::count(to?.saturating_sub(from?) / 1_000_000))
}
