//! `list_badge_types`

use sdk::capability::badge_types;
use sdk::prelude::*;
use tools_badges::TypeRow;

#[args(paged)]
struct Args {}

/// Lists the types of SVG badges that `/api/badge` serves, with their parameters. `render_badge` makes one.
#[tool]
fn list_badge_types(args: Args) -> ToolResult<Listing<TypeRow>> {
    Listing::read(args.page(), |page| {
        let page = badge_types::list_badge_types(page)?;
        Ok((page.items.into_iter().map(TypeRow::from).collect(), page.next_cursor))
    })
}
