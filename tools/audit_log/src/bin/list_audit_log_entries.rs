//! `list_audit_log_entries`

use std::cell::Cell;

use sdk::capability::audit_log::{self, ActorType, EntryFilter, Outcome};
use sdk::prelude::*;
use tools_audit_log::{AuditEntry, excluded, explain, split_action};

#[args(paged)]
struct Args {
    /// Such as `tool_called` or `instance.drift_status_updated`.
    action: Option<String>,
    /// Such as `instance`, `workflow`, `mcp`.
    category: Option<OneOrMany<String>>,
    actor_type: Option<ActorType>,
    /// Login or id.
    actor_id: Option<String>,
    /// Such as `instance`, `tool`.
    target_type: Option<String>,
    /// Such as an instance id.
    target_id: Option<String>,
    outcome: Option<OneOrMany<Outcome>>,
    since: Option<Since>,
    until: Option<Until>,
    /// Text in any field; not in `mcp` unless asked for.
    query: Option<String>,
}

/// Lists the audit log, newest first. For changes of a stack or component give its name as `query`; for denials
/// use `list_permission_errors`.
#[tool]
fn list_audit_log_entries(args: Args) -> ToolResult<Listing<AuditEntry>> {
    let page = args.page();
    let (categories, action) =
        split_action(OneOrMany::values(args.category), args.action).map_err(ToolError::InvalidArguments)?;
    let mut filter = EntryFilter {
        categories,
        excluded_category: None,
        action,
        actor_type: args.actor_type,
        actor: args.actor_id,
        target_type: args.target_type,
        target_id: args.target_id,
        outcomes: OneOrMany::values(args.outcome),
        window: window(args.since, args.until),
        query: args.query,
    };
    filter.excluded_category = excluded(&filter).map(ToOwned::to_owned);
    let cut_short = Cell::new(false);
    let listing = Listing::read(page, |page| {
        let found = audit_log::list_entries(&filter, page)?;
        cut_short.set(found.cut_short);
        Ok((found.items.into_iter().map(AuditEntry::from).collect(), found.next_cursor))
    })?;
    Ok(explain(listing, cut_short.get(), filter.excluded_category.is_some()))
}
