//! `pull-requests`: pull requests and what ran for them.

use std::collections::BTreeMap;

use super::bindings::atmos::mcp::pull_requests::{
    Host, InstanceRuns, PullRequest, PullRequestDetails, PullRequestFilter, PullRequestPage, RunRef,
};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::bindings::atmos::mcp::workflow_runs::{
    ApprovalState, ChangeRequestState, RunCommand, RunConclusion, RunStatus,
};
use super::state::{CallState, page};
use super::text;
use super::wire::{self, Word as _, words};
use super::workflow_runs::duration_seconds;
use crate::authz::Permission;
use crate::store::StoreError;
use crate::store::pull_requests::{self, LatestRunRow, PullRequestRow};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

/// Instances of one pull request that are shown at most.
const MAX_INSTANCES: u32 = 100;

impl Host for CallState {
    async fn list_pull_requests(
        &mut self,
        filter: PullRequestFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<PullRequestPage, CapabilityError>> {
        Ok(list_pull_requests(self, &filter, &request).await)
    }

    async fn get_pull_request(
        &mut self,
        owner: String,
        repo: String,
        number: u32,
    ) -> wasmtime::Result<Result<Option<PullRequestDetails>, CapabilityError>> {
        Ok(get_pull_request(self, &owner, &repo, number).await)
    }
}

async fn list_pull_requests(
    state: &mut CallState,
    filter: &PullRequestFilter,
    request: &PageRequest,
) -> Result<PullRequestPage, CapabilityError> {
    state.enter(PERMISSION)?;
    let wanted = pull_requests::PullRequestFilter {
        states: words(&filter.states),
        repo: wire::repo(filter.repo.as_deref())?,
        component: filter.component.as_deref(),
        stack: filter.stack.as_deref(),
        author: filter.author.as_deref(),
        window: wire::window(&filter.window)?,
    };
    let cursors = state.cursor_context("pull_requests.list", format!("{wanted:?}"));
    let page = page(&cursors, request)?;
    let mut rows = pull_requests::list_pull_requests(&state.context.reader, state.scope(), &wanted, &page).await?;
    let next_cursor = page.cut(&mut rows, |row| &row.id).map(|last| cursors.encode(&last));
    state.charge_rows(rows.len())?;
    let items = rows.into_iter().map(PullRequest::try_from).collect::<Result<_, _>>()?;
    Ok(PullRequestPage { items, next_cursor })
}

async fn get_pull_request(
    state: &mut CallState,
    owner: &str,
    repo: &str,
    number: u32,
) -> Result<Option<PullRequestDetails>, CapabilityError> {
    state.enter(PERMISSION)?;
    let (reader, scope) = (&state.context.reader, state.scope());
    let Some(row) = pull_requests::find_pull_request(reader, scope, (owner, repo), number).await? else {
        return Ok(None);
    };
    let (repository_id, number) = (&row.repository_id, row.pull_request.number);
    let runs = pull_requests::find_latest_runs(reader, scope, repository_id, number, MAX_INSTANCES + 1).await?;
    state.charge_rows(1 + runs.len())?;
    let mut instances = by_instance(runs)?;
    let shown = usize::try_from(MAX_INSTANCES).unwrap_or(usize::MAX);
    let truncated = instances.len() > shown;
    instances.truncate(shown);
    Ok(Some(PullRequestDetails {
        pull_request: PullRequest::try_from(row.pull_request)?,
        head_sha: text::clean_line(&row.head_sha),
        head_ref: text::clean_line(&row.head_ref),
        base_ref: text::clean_line(&row.base_ref),
        instances,
        truncated,
    }))
}

impl TryFrom<PullRequestRow> for PullRequest {
    type Error = StoreError;

    fn try_from(row: PullRequestRow) -> Result<Self, StoreError> {
        Ok(Self {
            state: ChangeRequestState::read(&row.state, &row.id)?,
            id: row.id,
            number: wire::count(row.number),
            title: text::clean_line(&row.title),
            author: text::clean_line(&row.author),
            draft: row.draft,
            repo: wire::repo_name(&row.owner, &row.name),
            created_at: wire::time(row.created_at),
            merged_at: row.merged_at.map(wire::time),
            closed_at: row.closed_at.map(wire::time),
            seconds_to_merge: duration_seconds(Some(row.created_at), row.merged_at),
            affected_instance_count: wire::count(row.affected),
            url: text::clean_line(&row.url),
        })
    }
}

/// Sorts runs by stack and component.
fn by_instance(rows: Vec<LatestRunRow>) -> Result<Vec<InstanceRuns>, StoreError> {
    let mut instances: BTreeMap<(String, String), InstanceRuns> = BTreeMap::new();
    for row in rows {
        let (stack, component) = (text::clean_line(&row.stack), text::clean_line(&row.component));
        let runs = instances.entry((stack.clone(), component.clone()));
        let runs = runs.or_insert_with(|| InstanceRuns { stack, component, plan: None, apply: None });
        let run = run_ref(row)?;
        if matches!(run.command, RunCommand::Plan) {
            runs.plan = Some(run);
        } else {
            runs.apply = Some(run);
        }
    }
    Ok(instances.into_values().collect())
}

fn run_ref(row: LatestRunRow) -> Result<RunRef, StoreError> {
    Ok(RunRef {
        command: RunCommand::read(&row.command, &row.id)?,
        status: RunStatus::read(&row.status, &row.id)?,
        conclusion: row.conclusion.map(|word| RunConclusion::read(&word, &row.id)).transpose()?,
        approval_state: ApprovalState::read(&row.approval_state, &row.id)?,
        plan_exit_code: row.plan_exit_code.and_then(|code| i32::try_from(code).ok()),
        created_at: wire::time(row.created_at),
        finished_at: row.finished_at.map(wire::time),
        id: row.id,
    })
}
