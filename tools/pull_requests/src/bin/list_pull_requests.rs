//! `list_pull_requests`

use sdk::capability::pull_requests::{self, PullRequestFilter};
use sdk::capability::workflow_runs::ChangeRequestState;
use sdk::prelude::*;
use tools_pull_requests::{Row, hint};

#[args(paged)]
struct Args {
    state: Option<OneOrMany<ChangeRequestState>>,
    /// `owner/name`.
    repo: Option<String>,
    /// Affected, or with a run.
    component: Option<String>,
    /// Affected, or with a run.
    stack: Option<String>,
    /// GitHub login.
    author: Option<String>,
    since: Option<Since>,
    until: Option<Until>,
}

/// Lists pull requests, newest first, with hours to merge and how many instances they affect. `get_pull_request` has
/// plans and applies of one.
#[tool]
fn list_pull_requests(args: Args) -> ToolResult<Listing<Row>> {
    let page = args.page();
    let filter = PullRequestFilter {
        states: OneOrMany::values(args.state),
        repo: args.repo,
        component: args.component,
        stack: args.stack,
        author: args.author,
        window: window(args.since, args.until),
    };
    let read = |page: &_| {
        pull_requests::list_pull_requests(&filter, page)
            .map(|page| (page.items.into_iter().map(Row::from).collect(), page.next_cursor))
    };
    Ok(Listing::read(page, read)?.or_hint(|| hint(&filter)))
}
