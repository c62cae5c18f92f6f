//! `list_permissions`

use sdk::capability::permission_catalog::{self, Permission};
use sdk::prelude::*;

#[args(paged)]
struct Args {
    /// For example `instances`.
    resource: Option<String>,
}

/// Lists permission keys: what they allow, which roles have them, whether an MCP client can. `list_my_permissions`
/// has what this token can do.
#[tool]
fn list_permissions(args: Args) -> ToolResult<Listing<Permission>> {
    let page = args.page();
    let group = args.resource.as_deref();
    Listing::read(page, |page| {
        permission_catalog::list_permissions(group, page).map(|page| (page.items, page.next_cursor))
    })
}
