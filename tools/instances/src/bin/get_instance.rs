//! `get_instance`

use sdk::capability::instances::{self, InstanceDetails};
use sdk::prelude::*;

#[args]
struct Args {
    /// From `list_instances`.
    id: String,
}

/// One instance with its last run, last drift run, recent status changes (flapping shows here) and lock.
/// Find the id with `list_instances`.
#[tool]
fn get_instance(args: Args) -> ToolResult<InstanceDetails> {
    instances::get_instance(&args.id)?.ok_or_else(|| {
        ToolError::NotFound(format!(
            "no instance {} in this workspace; list_instances with `stack` and `component` finds its id",
            args.id
        ))
    })
}
