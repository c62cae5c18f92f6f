//! `permission-denials`: tool calls that lacked a permission.

use super::bindings::atmos::mcp::permission_denials::{Denial, DenialFilter, DenialPage, DeniedSide, Host};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::{CallState, page};
use super::text;
use super::wire::{self, Word as _};
use crate::authz::Permission;
use crate::store::StoreError;
use crate::store::audit_entries::{self, EntryFilter, EntryRow};

const PERMISSION: Option<Permission> = Some(Permission::AuditLogRead);

impl Host for CallState {
    async fn list_denials(
        &mut self,
        filter: DenialFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<DenialPage, CapabilityError>> {
        Ok(list_denials(self, &filter, &request).await)
    }
}

async fn list_denials(
    state: &mut CallState,
    filter: &DenialFilter,
    request: &PageRequest,
) -> Result<DenialPage, CapabilityError> {
    state.enter(PERMISSION)?;
    let wanted = EntryFilter {
        outcomes: vec!["denied"],
        client_id: filter.client_id.as_deref(),
        window: wire::window(&filter.window)?,
        ..EntryFilter::default()
    };
    let cursors = state.cursor_context("permission_denials.list", format!("{wanted:?}"));
    let page = page(&cursors, request)?;
    let found = audit_entries::list_entries(&state.context.reader, state.scope(), &wanted, &page).await?;
    let next_cursor = found.next.map(|last| cursors.encode(&last));
    state.charge_rows(found.rows.len())?;
    let items = found.rows.into_iter().map(denial).collect::<Result<_, _>>()?;
    Ok(DenialPage { items, next_cursor })
}

fn denial(row: EntryRow) -> Result<Denial, StoreError> {
    let clean = |text: String| text::clean_line(&text);
    let side = row.denied_side.map(|side| DeniedSide::read(&side, &row.id)).transpose()?;
    Ok(Denial {
        id: row.id,
        time: wire::time(row.at),
        client_id: row.client_id,
        client_name: row.client_name.map(clean),
        login: row.login,
        tool: row.target_id.map(clean),
        permission: row.detail.filter(|detail| Permission::parse(detail).is_some()),
        side,
        request_id: row.request_id,
    })
}
