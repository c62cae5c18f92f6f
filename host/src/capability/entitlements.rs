//! `entitlements`: what the bound workspace may use.

use super::bindings::atmos::mcp::entitlements::{Entitlement, EntitlementPage, EntitlementSource, Host};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::CallState;
use super::text;
use crate::authz::Permission;
use crate::entitlements;
use crate::store::entitlements::find_terms;

impl Host for CallState {
    async fn list_entitlements(
        &mut self,
        request: PageRequest,
    ) -> wasmtime::Result<Result<EntitlementPage, CapabilityError>> {
        Ok(list_entitlements(self, &request).await)
    }
}

async fn list_entitlements(state: &mut CallState, request: &PageRequest) -> Result<EntitlementPage, CapabilityError> {
    state.enter(Some(Permission::WorkspaceRead))?;
    // Authentication has just seen the workspace; it can only be gone if it was deleted meanwhile.
    let (plan, own) = find_terms(&state.context.reader, state.scope()).await?.ok_or(CapabilityError::Unavailable)?;
    let rows = entitlements::resolve(&plan, state.context.published.limits, own);
    let (rows, next_cursor) = state.slice("entitlements.list", String::new(), request, rows, |row| &row.key)?;
    Ok(EntitlementPage { items: rows.into_iter().map(entitlement).collect(), next_cursor })
}

fn entitlement(row: entitlements::Entitlement) -> Entitlement {
    Entitlement {
        key: text::clean_line(&row.key),
        value: text::clean_line(&row.value),
        source: if row.is_override { EntitlementSource::Override } else { EntitlementSource::Plan },
    }
}
