//! `get_setup_checklist`

use sdk::capability::setup_signals;
use sdk::prelude::*;
use tools_workspace::setup::{Checklist, checklist};

/// The twelve setup steps: which are achieved since when, where to go for the others, and which is next.
#[tool]
fn get_setup_checklist() -> ToolResult<Checklist> {
    Ok(checklist(&setup_signals::get_milestones()?, &setup_signals::get_links()?))
}
