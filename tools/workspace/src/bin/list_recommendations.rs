//! `list_recommendations`

use sdk::capability::analytics::{self, Extent};
use sdk::capability::{health_signals, setup_signals};
use sdk::prelude::*;
use tools_workspace::recommendations::{Recommendation, Signals, recommend};
use tools_workspace::rows::List;

/// Changes of status in 7 days from which an instance counts as flapping.
const FLAPPING: u32 = 4;

#[args(paged)]
struct Args {}

/// What to do next in the workspace, most urgent first, each with its reason in numbers and a link.
#[tool]
fn list_recommendations(args: Args) -> ToolResult<Listing<Recommendation>> {
    let week = Extent { repo: None, days: 7, ended_days_ago: 0 };
    let signals = Signals {
        connections: health_signals::count_connections()?,
        access: health_signals::count_access()?,
        drift: health_signals::count_drift()?,
        failures: health_signals::count_failures()?,
        dispatch_errors: health_signals::count_dispatch_errors()?,
        milestones: setup_signals::get_milestones()?,
        housekeeping: setup_signals::count_housekeeping()?,
        links: setup_signals::get_links()?,
        flapping: analytics::count_changes_by_instance(&week, FLAPPING, 100)?,
    };
    let list = List { bound_to: "list_recommendations", hint: "nothing to do: all is set up, and nothing is broken" };
    list.page(&recommend(&signals), args.page(), |found| found.key)
}
