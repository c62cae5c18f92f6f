//! `list_instances`

use sdk::capability::instances::{self, InstanceFilter, InstancePage, InstanceStatus};
use sdk::prelude::*;

#[args(paged)]
struct Args {
    /// Only these statuses; `["drifted","error"]` for triage. Orphaned instances show only if named here.
    status_filter: Option<OneOrMany<InstanceStatus>>,
    /// Exact stack name.
    stack: Option<String>,
    /// Exact component name; may contain slashes.
    component: Option<String>,
    /// Exact `owner/name`.
    repo: Option<String>,
    /// Only instances with drift detection on, or off.
    drift_enabled: Option<bool>,
}

/// Lists instances (a component deployed to a stack) with drift status. Use `statusFilter:
/// ["drifted","error"]` for what needs attention; `get_instance` has the history of one.
#[tool]
fn list_instances(args: Args) -> ToolResult<InstancePage> {
    let page = args.page();
    let filter = InstanceFilter {
        statuses: OneOrMany::values(args.status_filter),
        stack: args.stack,
        component: args.component,
        repo: args.repo,
        drift_enabled: args.drift_enabled,
    };
    Ok(instances::list_instances(&filter, &page)?)
}
