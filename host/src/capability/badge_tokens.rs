//! `badge-tokens`: which repositories have a badge token, and their badges' URLs.

use super::bindings::atmos::mcp::badge_tokens::{BadgeToken, BadgeTokenFilter, BadgeTokenPage, Host};
use super::bindings::atmos::mcp::badge_types::BadgeType;
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::{CallContext, CallState, page};
use super::wire;
use crate::authz::Permission;
use crate::badge::{self, Address, Kind};
use crate::store::badges::{self, TokenRow};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

impl Host for CallState {
    async fn list_badge_tokens(
        &mut self,
        filter: BadgeTokenFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<BadgeTokenPage, CapabilityError>> {
        Ok(list_badge_tokens(self, &filter, &request).await)
    }
}

async fn list_badge_tokens(
    state: &mut CallState,
    filter: &BadgeTokenFilter,
    request: &PageRequest,
) -> Result<BadgeTokenPage, CapabilityError> {
    state.enter(PERMISSION)?;
    let repo = wire::repo(filter.repo.as_deref())?;
    let cursors = state.cursor_context("badge_tokens.list", format!("{repo:?}"));
    let page = page(&cursors, request)?;
    let mut rows = badges::list_tokens(&state.context.reader, state.scope(), repo, &page).await?;
    let next_cursor = page.cut(&mut rows, |row| &row.id).map(|last| cursors.encode(&last));
    state.charge_rows(rows.len())?;
    let items = rows.into_iter().map(|row| token(row, &state.context)).collect();
    Ok(BadgeTokenPage { items, next_cursor })
}

fn token(row: TokenRow, context: &CallContext) -> BadgeToken {
    let repo = format!("{}/{}", row.owner, row.name);
    let text = badge::BadgeToken { id: row.id.clone(), generation: row.generation }.sign(&context.key);
    BadgeToken {
        url: Address::of_repo(Kind::DriftStatus, &repo, &text).url(&context.public_url),
        id: row.id,
        repo: wire::repo_name(&row.owner, &row.name),
        types: Kind::ALL.map(BadgeType::from).to_vec(),
        created_at: wire::time(row.created_at),
        last_used_at: row.last_used_at.map(wire::time),
        dashboard_url: context.public_url.join("/"),
    }
}
