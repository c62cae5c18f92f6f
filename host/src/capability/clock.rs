//! `clock`: the host's clock.

use super::bindings::atmos::mcp::clock::Host;
use super::bindings::atmos::mcp::types::CapabilityError;
use super::state::CallState;
use super::wire;

impl Host for CallState {
    async fn now(&mut self) -> wasmtime::Result<Result<String, CapabilityError>> {
        Ok(self.enter(None).map(|()| wire::time(self.context.clock.now().seconds().saturating_mul(1_000_000))))
    }
}
