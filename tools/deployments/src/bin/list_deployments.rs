//! `list_deployments`

use sdk::capability::deployments::{self, DeploymentFilter};
use sdk::capability::types::TimeWindow;
use sdk::capability::workflow_runs::{Run, RunConclusion, RunStatus};
use sdk::prelude::*;

#[args(paged)]
struct Args {
    component: Option<String>,
    stack: Option<String>,
    /// `owner/name`.
    repo: Option<String>,
    status: Option<OneOrMany<RunStatus>>,
    conclusion: Option<OneOrMany<RunConclusion>>,
    /// RFC 3339 or date.
    since: Option<String>,
    until: Option<String>,
}

/// Lists deployments: workflow runs that apply or remediate, newest first. `limit: 1` with `component` and `stack` is
/// the latest of an instance.
#[tool]
fn list_deployments(args: Args) -> ToolResult<Listing<Run>> {
    let page = args.page();
    let filter = DeploymentFilter {
        component: args.component,
        stack: args.stack,
        repo: args.repo,
        statuses: OneOrMany::values(args.status),
        conclusions: OneOrMany::values(args.conclusion),
        window: TimeWindow { since: args.since, until: args.until },
    };
    let read = |page: &_| deployments::list_deployments(&filter, page).map(|page| (page.items, page.next_cursor));
    Ok(Listing::read(page, read)?.or_hint(|| {
        "no deployment matches; list_workflow_runs shows plans too, list_components and list_stacks the names there are"
            .to_owned()
    }))
}
