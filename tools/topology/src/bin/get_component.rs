//! `get_component`

use sdk::capability::components::{self, ComponentDetails};
use sdk::prelude::*;
use tools_topology::not_found;

#[args]
struct Args {
    component: String,
    /// `owner/name`.
    repo: Option<String>,
}

/// One component: counts by status, its stacks (failing ones first), and its last run that failed.
/// `list_components` has the names.
#[tool]
fn get_component(args: Args) -> ToolResult<ComponentDetails> {
    let repo = args.repo.as_deref();
    components::get_component(&args.component, repo)?.ok_or_else(|| not_found("component", &args.component, repo))
}
