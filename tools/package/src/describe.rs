//! Asks a component to describe itself, in the sandbox, with nothing linked.

use wasmtime::component::{Component, Linker};
use wasmtime::error::Context as _;
use wasmtime::{Config, Engine, Result, Store};

/// Fuel for one `describe`: it only writes schemas.
const FUEL: u64 = 50_000_000;

mod bindings {
    wasmtime::component::bindgen!({ path: "../../wit", world: "tool" });
}

pub(crate) use bindings::exports::atmos::mcp::handler::Descriptor;

/// An engine that runs `describe`.
pub(crate) struct Describer {
    engine: Engine,
}

impl Describer {
    pub(crate) fn new() -> Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true);
        Ok(Self { engine: Engine::new(&config)? })
    }

    /// Runs `describe`. An import that it calls traps: a description depends on the code alone.
    pub(crate) fn describe(&mut self, component: &[u8]) -> Result<Descriptor> {
        let component = Component::new(&self.engine, component)?;
        let mut linker = Linker::new(&self.engine);
        linker.define_unknown_imports_as_traps(&component)?;
        let mut store = Store::new(&self.engine, ());
        store.set_fuel(FUEL)?;
        let tool = bindings::Tool::instantiate(&mut store, &component, &linker)
            .context("the component does not export `atmos:mcp/handler@0.1.0`")?;
        tool.atmos_mcp_handler().call_describe(&mut store).context("`describe` failed; it must not call any import")
    }
}
