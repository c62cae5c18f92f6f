//! `list_repos`

use sdk::capability::repos::{self, Repo, RepoFilter, RepoStatus};
use sdk::prelude::*;

#[args(paged)]
struct Args {
    /// State of the GitHub App installation.
    status: Option<OneOrMany<RepoStatus>>,
}

/// Lists the GitHub repositories of the workspace with instance, drift and error counts. Start here to
/// learn `owner/name` for other tools.
#[tool]
fn list_repos(args: Args) -> ToolResult<Listing<Repo>> {
    let page = args.page();
    let filter = RepoFilter { statuses: OneOrMany::values(args.status) };
    let read = |page: &_| repos::list_repos(&filter, page).map(|page| (page.items, page.next_cursor));
    Ok(Listing::read(page, read)?.or_hint(|| {
        "no repository; without `status`, all are listed. One appears when the GitHub App is installed for it, or when \
         it uploads its instances"
            .to_owned()
    }))
}
