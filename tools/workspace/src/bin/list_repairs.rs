//! `list_repairs`

use std::cmp::Reverse;

use sdk::capability::health_signals;
use sdk::prelude::*;
use tools_workspace::health;
use tools_workspace::repairs::{Category, Repair};
use tools_workspace::rows::List;

#[args(paged)]
struct Args {
    category: Option<Category>,
}

/// What is broken: connections, access, drift, failures, with severity, counts and the call that shows more. Start
/// here to ask what needs attention.
#[tool]
fn list_repairs(args: Args) -> ToolResult<Listing<Repair>> {
    let page = args.page();
    let wanted = |category| args.category.is_none_or(|only| only == category);
    let mut repairs = Vec::new();
    if wanted(Category::Connections) {
        repairs.push(health::connections(&health_signals::count_connections()?));
    }
    let errors = if wanted(Category::Access) || wanted(Category::Failures) {
        health_signals::count_dispatch_errors()?
    } else {
        Vec::new()
    };
    if wanted(Category::Access) {
        repairs.push(health::access(&health_signals::count_access()?, &errors));
    }
    if wanted(Category::Drift) {
        repairs.push(health::drift(&health_signals::count_drift()?));
    }
    if wanted(Category::Failures) {
        repairs.push(health::failures(&health_signals::count_failures()?, &errors));
    }
    // Whoever asks for a category hears of it, even that nothing is broken.
    repairs.retain(|repair| args.category.is_some() || repair.count > 0);
    repairs.sort_by_key(|repair| (repair.severity, Reverse(repair.count)));
    let list = List {
        bound_to: &format!("list_repairs {:?}", args.category),
        hint: "nothing is broken; list_recommendations has what could be better",
    };
    list.page(&repairs, page, |repair| repair.category.word())
}
