//! The sandbox: one engine, a fresh store for every call, and limits on everything.

mod engine;
mod error;
mod gate;
mod sandbox;

pub use engine::{Engine, EngineError, MAX_MEMORY, MAX_TABLE_ELEMENTS};
pub use error::{CallError, Fault};
pub use gate::{GateError, check as gate};
pub(crate) use sandbox::ComponentTool;
pub use sandbox::{CallReport, Output, Run, Runtime};
