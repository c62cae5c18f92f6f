//! `list_commits`

use sdk::capability::commits::{self, Commit, CommitFilter};
use sdk::capability::types::TimeWindow;
use sdk::prelude::*;

#[args(paged)]
struct Args {
    /// This or `instanceId` is required.
    component: Option<String>,
    /// From `list_instances`, in place of the others.
    instance_id: Option<String>,
    stack: Option<String>,
    /// `owner/name`.
    repo: Option<String>,
    /// RFC 3339 or date.
    since: Option<String>,
    until: Option<String>,
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
        window: TimeWindow { since: args.since, until: args.until },
    };
    let read = |page: &_| commits::list_commits(&filter, page).map(|page| (page.items, page.next_cursor));
    Ok(Listing::read(page, read)?.or_hint(|| {
        "no commit matches; it must have been compared with `atmos describe affected --upload`. list_components has \
         the names, and list_workflow_runs what ran without a commit of its own"
            .to_owned()
    }))
}
