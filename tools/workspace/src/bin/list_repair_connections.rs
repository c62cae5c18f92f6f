//! `list_repair_connections`

use sdk::capability::connections::{self, BrokenConnection};
use sdk::prelude::*;

#[args(paged)]
struct Args {}

/// Lists repositories whose GitHub App installation is suspended or uninstalled, since when, and where to put it
/// right.
#[tool]
fn list_repair_connections(args: Args) -> ToolResult<Listing<BrokenConnection>> {
    let read = |page: &_| connections::list_broken_connections(page).map(|page| (page.items, page.next_cursor));
    Ok(Listing::read(args.page(), read)?
        .or_hint(|| "every repository is connected; list_repairs has what else may be broken".to_owned()))
}
