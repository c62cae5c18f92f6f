//! `egress`: where the server's outgoing requests come from.

use super::bindings::atmos::mcp::egress::{EgressPage, EgressRange, Host};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::{CallState, page};

impl Host for CallState {
    async fn list_egress_ips(&mut self, request: PageRequest) -> wasmtime::Result<Result<EgressPage, CapabilityError>> {
        Ok(list_egress_ips(self, &request))
    }
}

fn list_egress_ips(state: &mut CallState, request: &PageRequest) -> Result<EgressPage, CapabilityError> {
    state.enter(None)?;
    let cursors = state.cursor_context("egress.list", String::new());
    let page = page(&cursors, request)?;
    let ranges = state.context.published.egress.iter();
    let mut items: Vec<EgressRange> =
        ranges.map(|range| EgressRange { cidr: range.cidr.clone(), purpose: range.purpose.clone() }).collect();
    if let Some(after) = page.after() {
        let last = items.iter().position(|range| range.cidr == after);
        items.drain(..=last.ok_or(CapabilityError::InvalidCursor)?);
    }
    let next_cursor = page.cut(&mut items, |range| &range.cidr).map(|last| cursors.encode(&last));
    state.charge_rows(items.len())?;
    Ok(EgressPage { items, next_cursor })
}
