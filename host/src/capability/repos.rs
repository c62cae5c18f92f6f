//! `repos`: repositories that the bound workspace can see.

use super::bindings::atmos::mcp::instances::StatusCounts;
use super::bindings::atmos::mcp::repos::{Host, Installation, Repo, RepoDetails, RepoFilter, RepoPage, RepoStatus};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::{CallState, page};
use super::text;
use super::wire::{self, Word as _};
use crate::authz::Permission;
use crate::store::StoreError;
use crate::store::repositories::{self, RepoRow};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

impl Host for CallState {
    async fn list_repos(
        &mut self,
        filter: RepoFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<RepoPage, CapabilityError>> {
        Ok(list_repos(self, filter, request).await)
    }

    async fn get_repo(
        &mut self,
        owner: String,
        name: String,
    ) -> wasmtime::Result<Result<Option<RepoDetails>, CapabilityError>> {
        Ok(get_repo(self, owner, name).await)
    }
}

async fn list_repos(
    state: &mut CallState,
    filter: RepoFilter,
    request: PageRequest,
) -> Result<RepoPage, CapabilityError> {
    state.enter(PERMISSION)?;
    let statuses = wire::words(&filter.statuses);
    let cursors = state.cursor_context("repos.list", format!("{statuses:?}"));
    let page = page(&cursors, &request)?;
    let mut rows = repositories::list_repos(&state.context.reader, state.scope(), &statuses, &page).await?;
    let next_cursor = page.cut(&mut rows, |row| &row.id).map(|last| cursors.encode(&last));
    state.charge_rows(rows.len())?;
    let items = rows.into_iter().map(Repo::try_from).collect::<Result<_, _>>()?;
    Ok(RepoPage { items, next_cursor })
}

async fn get_repo(state: &mut CallState, owner: String, name: String) -> Result<Option<RepoDetails>, CapabilityError> {
    state.enter(PERMISSION)?;
    let (reader, scope) = (&state.context.reader, state.scope());
    let Some(row) = repositories::find_repo(reader, scope, &owner, &name).await? else { return Ok(None) };
    let Some(more) = repositories::find_repo_details(reader, scope, &row.id).await? else { return Ok(None) };
    state.charge_rows(2)?;
    let status_counts = StatusCounts::from(row.counts);
    let installation = match (more.installation_github_id, more.installation_account, more.installation_status_since) {
        (Some(github_id), Some(account), Some(since)) => {
            Some(Installation { github_id, account: text::clean_line(&account), status_since: wire::time(since) })
        }
        _ => None,
    };
    let repo = Repo::try_from(row)?;
    Ok(Some(RepoDetails {
        id: repo.id,
        owner: repo.owner,
        name: repo.name,
        status: repo.status,
        default_branch: repo.default_branch,
        instance_count: repo.instance_count,
        drifted_count: repo.drifted_count,
        error_count: repo.error_count,
        last_activity_at: repo.last_activity_at,
        installation,
        status_counts,
        stack_count: wire::count(more.stack_count),
        component_count: wire::count(more.component_count),
    }))
}

impl TryFrom<RepoRow> for Repo {
    type Error = StoreError;

    fn try_from(row: RepoRow) -> Result<Self, StoreError> {
        Ok(Self {
            status: RepoStatus::read(&row.status, &row.id)?,
            id: row.id,
            owner: text::clean_line(&row.owner),
            name: text::clean_line(&row.name),
            default_branch: row.default_branch.map(|branch| text::clean_line(&branch)),
            instance_count: wire::count(row.counts.live()),
            drifted_count: wire::count(row.counts.drifted),
            error_count: wire::count(row.counts.error),
            last_activity_at: row.last_activity_at.map(wire::time),
        })
    }
}
