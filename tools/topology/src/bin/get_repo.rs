//! `get_repo`

use sdk::capability::repos::{self, RepoDetails};
use sdk::prelude::*;

#[args]
struct Args {
    owner: String,
    repo: String,
}

/// One repository with its installation, instance counts by status, and stack and component counts. Call
/// `list_repos` for the names.
#[tool]
fn get_repo(args: Args) -> ToolResult<RepoDetails> {
    repos::get_repo(&args.owner, &args.repo)?.ok_or_else(|| {
        ToolError::NotFound(format!(
            "no repository {}/{} in this workspace; list_repos shows those there are",
            args.owner, args.repo
        ))
    })
}
