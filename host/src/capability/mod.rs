//! What a component may read: one file per WIT interface, same stem.
//!
//! Every function checks the interface's permission again, charges the call's budget, and passes the
//! workspace of the token to the store. A guest's error is a value; only a fault of the host traps.

mod bindings;
mod state;
mod table;
mod wire;

mod caller;
mod instances;
mod repos;
mod workspace_info;

pub use bindings::atmos::mcp::types::CapabilityError;
pub use bindings::atmos::mcp::{instances as instances_api, types as types_api};
pub use bindings::exports::atmos::mcp::handler;
pub use bindings::{Tool as ToolBindings, ToolPre};
pub use state::{Budget, CallContext, CallState};
pub use table::{CAPABILITIES, Capability, PACKAGE, VERSION};
