//! `commits`: commits that touched a component.

use std::collections::HashMap;

use super::bindings::atmos::mcp::commits::{Commit, CommitFilter, CommitPage, CommitPullRequest, CommitRun, Host};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::bindings::atmos::mcp::workflow_runs::{
    ChangeRequestState, RunCommand, RunConclusion, RunStatus, RunTrigger,
};
use super::state::{CallState, page};
use super::text;
use super::wire::{self, Word as _};
use crate::authz::Permission;
use crate::store::StoreError;
use crate::store::commits::{self, CommitRow, CommitRunRow};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

/// Characters of a message that are told.
const MAX_MESSAGE: usize = 1_000;

impl Host for CallState {
    async fn list_commits(
        &mut self,
        filter: CommitFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<CommitPage, CapabilityError>> {
        Ok(list_commits(self, &filter, &request).await)
    }
}

async fn list_commits(
    state: &mut CallState,
    filter: &CommitFilter,
    request: &PageRequest,
) -> Result<CommitPage, CapabilityError> {
    state.enter(PERMISSION)?;
    if filter.component.is_none() && filter.instance_id.is_none() {
        return Err(CapabilityError::InvalidArgument(
            "`component` or `instanceId` is required; list_components shows the components there are".to_owned(),
        ));
    }
    let wanted = commits::CommitFilter {
        component: filter.component.as_deref(),
        stack: filter.stack.as_deref(),
        instance_id: filter.instance_id.as_deref(),
        repo: wire::repo(filter.repo.as_deref())?,
        window: wire::window(&filter.window)?,
    };
    let cursors = state.cursor_context("commits.list", format!("{wanted:?}"));
    let page = page(&cursors, request)?;
    let (reader, scope) = (&state.context.reader, state.scope());
    let mut rows = commits::list_commits(reader, scope, &wanted, &page).await?;
    let next_cursor = page.cut(&mut rows, |row| &row.id).map(|last| cursors.encode(&last));
    let ids: Vec<&str> = rows.iter().flat_map(CommitRow::run_ids).collect();
    let runs = commits::find_runs(reader, scope, &ids).await?;
    state.charge_rows(rows.len() + runs.len())?;
    let mut runs: HashMap<String, CommitRunRow> = runs.into_iter().map(|run| (run.id.clone(), run)).collect();
    let items = rows.into_iter().map(|row| commit(row, &mut runs)).collect::<Result<_, _>>()?;
    Ok(CommitPage { items, next_cursor })
}

/// Takes the commit's runs out of `runs`.
fn commit(mut row: CommitRow, runs: &mut HashMap<String, CommitRunRow>) -> Result<Commit, StoreError> {
    let pull_request = pull_request(&mut row)?;
    let runs = row.run_ids().filter_map(|id| runs.remove(id)).map(run).collect::<Result<_, _>>()?;
    Ok(Commit {
        sha: text::clean_line(&row.sha),
        message: text::clean(&row.message).chars().take(MAX_MESSAGE).collect(),
        author: text::clean_line(&row.author),
        committed_at: wire::time(row.committed_at),
        repo: wire::repo_name(&row.owner, &row.name),
        url: row.url.map(|url| text::clean_line(&url)),
        pull_request,
        runs,
    })
}

fn pull_request(row: &mut CommitRow) -> Result<Option<CommitPullRequest>, StoreError> {
    let Some(number) = row.request_number else { return Ok(None) };
    let line = |text: Option<String>| text.map(|text| text::clean_line(&text)).unwrap_or_default();
    Ok(Some(CommitPullRequest {
        number: wire::count(number),
        title: line(row.request_title.take()),
        url: line(row.request_url.take()),
        state: ChangeRequestState::read(row.request_state.as_deref().unwrap_or_default(), &row.id)?,
    }))
}

fn run(row: CommitRunRow) -> Result<CommitRun, StoreError> {
    Ok(CommitRun {
        command: RunCommand::read(&row.command, &row.id)?,
        trigger: RunTrigger::read(&row.trigger_kind, &row.id)?,
        status: RunStatus::read(&row.status, &row.id)?,
        conclusion: row.conclusion.map(|word| RunConclusion::read(&word, &row.id)).transpose()?,
        component: row.component.map(|name| text::clean_line(&name)),
        stack: row.stack.map(|name| text::clean_line(&name)),
        id: row.id,
    })
}
