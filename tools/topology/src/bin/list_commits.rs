//! `list_commits`

use sdk::capability::commits::{self, Commit, CommitFilter};
use sdk::prelude::*;
use tools_topology::no_commit;

#[args(paged)]
struct Args {
    /// This or `instanceId` is required.
    component: Option<String>,
    /// From `list_instances`.
    instance_id: Option<String>,
    stack: Option<String>,
    /// `owner/name`.
    repo: Option<String>,
    since: Option<Since>,
    until: Option<Until>,
}

/// Lists the commits that touched a component or an instance, newest first, each with its pull request and its
/// runs. See what changed before something broke.
#[tool]
fn list_commits(args: Args) -> ToolResult<Listing<Commit>> {
    let page = args.page();
    let filter = CommitFilter {
        component: args.component,
        stack: args.stack,
        instance_id: args.instance_id,
        repo: args.repo,
        window: window(args.since, args.until),
    };
    let read = |page: &_| commits::list_commits(&filter, page).map(|page| (page.items, page.next_cursor));
    Ok(Listing::read(page, read)?.or_hint(|| no_commit(filter.instance_id.as_deref())))
}
