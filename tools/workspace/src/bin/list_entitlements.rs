//! `list_entitlements`

use sdk::capability::entitlements::{self, Entitlement};
use sdk::prelude::*;

#[args(paged)]
struct Args {}

/// What the workspace may use: each entitlement with its value, from the plan or an override.
#[tool]
fn list_entitlements(args: Args) -> ToolResult<Listing<Entitlement>> {
    Listing::read(args.page(), |page| entitlements::list_entitlements(page).map(|page| (page.items, page.next_cursor)))
}
