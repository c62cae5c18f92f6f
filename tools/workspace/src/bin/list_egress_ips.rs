//! `list_egress_ips`

use sdk::capability::egress::{self, EgressRange};
use sdk::prelude::*;

#[args(paged)]
struct Args {}

/// The addresses that this server's outgoing requests come from, to allow them in a firewall.
#[tool]
fn list_egress_ips(args: Args) -> ToolResult<Listing<EgressRange>> {
    let read = |page: &_| egress::list_egress_ips(page).map(|page| (page.items, page.next_cursor));
    Ok(Listing::read(args.page(), read)?.or_hint(|| {
        "none is configured; whoever runs this server can list them under [egress] in its configuration".to_owned()
    }))
}
