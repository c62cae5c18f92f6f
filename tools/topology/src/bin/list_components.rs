//! `list_components`

use sdk::capability::components::{self, ComponentFilter, ComponentSummary};
use sdk::capability::instances::InstanceStatus;
use sdk::prelude::*;

#[args(paged)]
struct Args {
    /// With an instance in any of these.
    status_filter: Option<OneOrMany<InstanceStatus>>,
    /// Counts are then of this stack.
    stack: Option<String>,
    /// `owner/name`.
    repo: Option<String>,
}

/// Lists components by name with instance counts by status. `get_component` has the stacks of one; `list_instances`
/// has each instance.
#[tool]
fn list_components(args: Args) -> ToolResult<Listing<ComponentSummary>> {
    let page = args.page();
    let filter =
        ComponentFilter { statuses: OneOrMany::values(args.status_filter), stack: args.stack, repo: args.repo };
    let read = |page: &_| components::list_components(&filter, page).map(|page| (page.items, page.next_cursor));
    Ok(Listing::read(page, read)?
        .or_hint(|| "no component matches; list_stacks and list_repos show the names to filter by".to_owned()))
}
