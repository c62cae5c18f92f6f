//! `get_pull_request`

use sdk::capability::pull_requests;
use sdk::prelude::*;
use tools_pull_requests::Details;

#[args]
struct Args {
    owner: String,
    repo: String,
    number: u32,
}

/// One pull request with the latest plan and apply of each instance that it touches, and how many succeeded,
/// failed, are pending or wait for approval.
#[tool]
fn get_pull_request(args: Args) -> ToolResult<Details> {
    let details = pull_requests::get_pull_request(&args.owner, &args.repo, args.number)?;
    details.map(Details::from).ok_or_else(|| {
        ToolError::NotFound(format!(
            "no pull request {}/{}#{} in this workspace; list_pull_requests with `repo` shows those there are",
            args.owner, args.repo, args.number
        ))
    })
}
