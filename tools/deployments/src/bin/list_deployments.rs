//! `list_deployments`

use sdk::capability::deployments::{self, DeploymentFilter};
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
    since: Option<Since>,
    until: Option<Until>,
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
        window: window(args.since, args.until),
    };
    let read = |page: &_| deployments::list_deployments(&filter, page).map(|page| (page.items, page.next_cursor));
    Ok(Listing::read(page, read)?.or_hint(|| {
        "no deployment matches; list_workflow_runs shows plans too; list_components, list_stacks and list_repos show \
         the names there are"
            .to_owned()
    }))
}
