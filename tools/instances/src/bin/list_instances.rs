//! `list_instances`

use sdk::capability::instances::{self, Instance, InstanceFilter, InstanceStatus};
use sdk::prelude::*;

#[args(paged)]
struct Args {
    /// Orphaned instances show only if named.
    status_filter: Option<OneOrMany<InstanceStatus>>,
    stack: Option<String>,
    component: Option<String>,
    /// `owner/name`.
    repo: Option<String>,
    drift_enabled: Option<bool>,
}

/// Lists instances (a component deployed to a stack) with `status` (any run) and `driftStatus` (drift detection).
/// Use `statusFilter: ["drifted","error"]` for what needs attention; `get_instance` has the history of one.
#[tool]
fn list_instances(args: Args) -> ToolResult<Listing<Instance>> {
    let page = args.page();
    let filter = InstanceFilter {
        statuses: OneOrMany::values(args.status_filter),
        stack: args.stack,
        component: args.component,
        repo: args.repo,
        drift_enabled: args.drift_enabled,
    };
    let read = |page: &_| instances::list_instances(&filter, page).map(|page| (page.items, page.next_cursor));
    Ok(Listing::read(page, read)?.or_hint(|| {
        "no instance matches; list_stacks, list_components and list_repos show the names there are".to_owned()
    }))
}
