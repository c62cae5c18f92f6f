//! `list_repos`

use sdk::capability::repos::{self, RepoFilter, RepoPage, RepoStatus};
use sdk::prelude::*;

#[args(paged)]
struct Args {
    /// Only repositories whose GitHub App installation is in this state.
    status: Option<RepoStatus>,
}

/// Lists the GitHub repositories of the workspace with instance, drift and error counts. Start here to
/// learn `owner/name` for other tools.
#[tool]
fn list_repos(args: Args) -> ToolResult<RepoPage> {
    Ok(repos::list_repos(RepoFilter { status: args.status }, &args.page())?)
}
