//! `list_permission_errors`

use sdk::capability::permission_denials::{self, DenialFilter};
use sdk::capability::types::TimeWindow;
use sdk::prelude::*;
use tools_permissions::denials::PermissionError;

#[args(paged)]
struct Args {
    /// RFC 3339 or date.
    since: Option<String>,
    until: Option<String>,
    client_id: Option<String>,
}

/// Lists calls that were denied for want of a permission: who, which, missing in role or scopes, and what to do.
#[tool]
fn list_permission_errors(args: Args) -> ToolResult<Listing<PermissionError>> {
    let page = args.page();
    let window = TimeWindow { since: args.since, until: args.until };
    let filter = DenialFilter { client_id: args.client_id, window };
    let listing = Listing::read(page, |page| {
        let found = permission_denials::list_denials(&filter, page)?;
        Ok((found.items.into_iter().map(PermissionError::from).collect(), found.next_cursor))
    })?;
    let hint = match listing.next_cursor {
        Some(_) => "none so far; call again with `cursor` to look further back",
        None => "no call was denied; list_audit_log_entries has all calls",
    };
    Ok(listing.or_hint(|| hint.to_owned()))
}
