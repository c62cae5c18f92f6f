//! What stacks and components share.

use super::bindings::atmos::mcp::instances::StatusCounts;
use super::bindings::atmos::mcp::stacks::FailedRun;
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::bindings::atmos::mcp::workflow_runs::{RunCommand, RunConclusion};
use super::state::{CallState, page};
use super::text;
use super::wire::{self, Word as _};
use crate::config::PublicUrl;
use crate::store::StoreError;
use crate::store::parts::{self, Details, FailedRunRow};
use crate::store::rollups::{self, Counts, Kind, RollupFilter, RollupRow};

/// Reads a page of stacks or components for `function`, whose cursors are its own.
pub(super) async fn read_page(
    state: &mut CallState,
    function: &'static str,
    kind: Kind,
    wanted: &RollupFilter<'_>,
    request: &PageRequest,
) -> Result<(Vec<RollupRow>, Option<String>), CapabilityError> {
    let cursors = state.cursor_context(function, format!("{wanted:?}"));
    let page = page(&cursors, request)?;
    let mut rows = rollups::list_rollups(&state.context.reader, state.scope(), kind, wanted, &page).await?;
    let next_cursor = page.cut(&mut rows, |row| &row.name).map(|last| cursors.encode(&last));
    state.charge_rows(rows.len())?;
    Ok((rows, next_cursor))
}

/// Reads one stack or component.
pub(super) async fn read_details(
    state: &mut CallState,
    kind: Kind,
    name: &str,
    repo: Option<&str>,
) -> Result<Option<Details>, CapabilityError> {
    let repo = wire::repo(repo)?;
    let Some(details) = parts::find_details(&state.context.reader, state.scope(), kind, name, repo).await? else {
        return Ok(None);
    };
    state.charge_rows(2 + details.parts.len())?;
    Ok(Some(details))
}

/// `owner/name` of the repositories, as they are shown.
pub(super) fn repos(row: &RollupRow) -> Vec<String> {
    row.repos().iter().map(|repo| text::clean_line(repo)).collect()
}

pub(super) fn failed_run(row: FailedRunRow, public_url: &PublicUrl) -> Result<FailedRun, StoreError> {
    Ok(FailedRun {
        command: RunCommand::read(&row.command, &row.id)?,
        conclusion: RunConclusion::read(&row.conclusion, &row.id)?,
        component: row.component.map(|name| text::clean_line(&name)),
        stack: row.stack.map(|name| text::clean_line(&name)),
        finished_at: row.finished_at.map(wire::time),
        dashboard_url: public_url.join(&format!("/runs/{}", row.id)),
        id: row.id,
    })
}

impl From<Counts> for StatusCounts {
    fn from(counts: Counts) -> Self {
        Self {
            unknown: wire::count(counts.unknown),
            in_sync: wire::count(counts.in_sync),
            drifted: wire::count(counts.drifted),
            remediating: wire::count(counts.remediating),
            remediated: wire::count(counts.remediated),
            error: wire::count(counts.error),
            disabled: wire::count(counts.disabled),
            orphaned: wire::count(counts.orphaned),
        }
    }
}
