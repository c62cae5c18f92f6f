//! What a component may read: one file per WIT interface, same stem.
//!
//! Every function checks the interface's permission again, charges the call's budget, and passes the
//! workspace of the token to the store. A guest's error is a value; only a fault of the host traps.

mod bindings;
mod log_parts;
mod rollups;
mod state;
mod table;
mod text;
mod wire;

mod analytics;
mod audit_log;
mod badge_tokens;
mod badge_types;
mod caller;
mod clock;
mod commits;
mod components;
mod connections;
mod deployments;
mod egress;
mod entitlements;
mod health_signals;
mod instances;
mod job_summaries;
mod jobs;
mod permission_catalog;
mod permission_denials;
mod pull_requests;
mod repos;
mod run_logs;
mod setup_signals;
mod stacks;
mod workflow_runs;
mod workspace_info;

pub use bindings::atmos::mcp::types::CapabilityError;
pub use bindings::atmos::mcp::{instances as instances_api, types as types_api};
pub use bindings::exports::atmos::mcp::handler;
pub use bindings::{Tool as ToolBindings, ToolPre};
pub use state::{Budget, CallContext, CallState};
pub use table::{CAPABILITIES, Capability, PACKAGE, VERSION};
