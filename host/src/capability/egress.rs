//! `egress`: where the server's outgoing requests come from.

use super::bindings::atmos::mcp::egress::{EgressPage, EgressRange, Host};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::CallState;

impl Host for CallState {
    async fn list_egress_ips(&mut self, request: PageRequest) -> wasmtime::Result<Result<EgressPage, CapabilityError>> {
        Ok(list_egress_ips(self, &request))
    }
}

fn list_egress_ips(state: &mut CallState, request: &PageRequest) -> Result<EgressPage, CapabilityError> {
    state.enter(None)?;
    let ranges = state.context.published.egress.iter();
    let items: Vec<EgressRange> =
        ranges.map(|range| EgressRange { cidr: range.cidr.clone(), purpose: range.purpose.clone() }).collect();
    let (items, next_cursor) = state.slice("egress.list", String::new(), request, items, |range| &range.cidr)?;
    Ok(EgressPage { items, next_cursor })
}
