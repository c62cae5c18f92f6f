//! `list_stacks`

use sdk::capability::instances::InstanceStatus;
use sdk::capability::stacks::{self, StackFilter, StackSummary};
use sdk::prelude::*;

#[args(paged)]
struct Args {
    /// With an instance in any of these.
    status_filter: Option<OneOrMany<InstanceStatus>>,
    /// `owner/name`.
    repo: Option<String>,
}

/// Lists stacks by name with instance counts by status. `get_stack` has the components of one.
#[tool]
fn list_stacks(args: Args) -> ToolResult<Listing<StackSummary>> {
    let page = args.page();
    let filter = StackFilter { statuses: OneOrMany::values(args.status_filter), repo: args.repo };
    let read = |page: &_| stacks::list_stacks(&filter, page).map(|page| (page.items, page.next_cursor));
    Ok(Listing::read(page, read)?.or_hint(|| {
        "no stack matches; without arguments all are listed, and list_repos shows the repositories".to_owned()
    }))
}
