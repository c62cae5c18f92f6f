//! `get_stack`

use sdk::capability::stacks::{self, StackDetails};
use sdk::prelude::*;
use tools_topology::not_found;

#[args]
struct Args {
    stack: String,
    /// `owner/name`.
    repo: Option<String>,
}

/// One stack: counts by status, its components (failing ones first), and its last run that failed. `list_stacks`
/// has the names.
#[tool]
fn get_stack(args: Args) -> ToolResult<StackDetails> {
    let repo = args.repo.as_deref();
    stacks::get_stack(&args.stack, repo)?.ok_or_else(|| not_found("stack", &args.stack, repo))
}
