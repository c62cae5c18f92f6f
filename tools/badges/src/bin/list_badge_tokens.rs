//! `list_badge_tokens`

use sdk::capability::badge_tokens::{self, BadgeTokenFilter};
use sdk::prelude::*;
use tools_badges::TokenRow;

#[args(paged)]
struct Args {
    /// `owner/name`.
    repo: Option<String>,
}

/// Lists badge tokens with the live URL of the drift badge of their repository. For other badges: `render_badge`.
#[tool]
fn list_badge_tokens(args: Args) -> ToolResult<Listing<TokenRow>> {
    let page = args.page();
    let filter = BadgeTokenFilter { repo: args.repo };
    let listing = Listing::read(page, |page| {
        let page = badge_tokens::list_badge_tokens(&filter, page)?;
        Ok((page.items.into_iter().map(TokenRow::from).collect(), page.next_cursor))
    })?;
    let what = if filter.repo.is_some() { "this repository has no badge token" } else { "no badge token" };
    Ok(listing.or_hint(|| {
        format!(
            "{what}; the operator makes one with `atmos-mcp badge-token create`, and list_repos shows the repositories \
             there are"
        )
    }))
}
