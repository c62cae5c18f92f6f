//! `list_permission_errors`

use sdk::capability::permission_denials::{self, DenialFilter};
use sdk::prelude::*;
use tools_permissions::denials::{PermissionError, hint};

#[args(paged)]
struct Args {
    since: Option<Since>,
    until: Option<Until>,
    client_id: Option<String>,
}

/// Lists calls that were denied for want of a permission: who, which, missing in role or scopes, and what to do.
#[tool]
fn list_permission_errors(args: Args) -> ToolResult<Listing<PermissionError>> {
    let page = args.page();
    let filter = DenialFilter { client_id: args.client_id, window: window(args.since, args.until) };
    let listing = Listing::read(page, |page| {
        let found = permission_denials::list_denials(&filter, page)?;
        Ok((found.items.into_iter().map(PermissionError::from).collect(), found.next_cursor))
    })?;
    let hint = hint(&filter, listing.next_cursor.is_some());
    Ok(listing.or_hint(|| hint.to_owned()))
}
