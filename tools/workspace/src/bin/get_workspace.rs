//! `get_workspace`

use sdk::capability::workspace_info::{self, Workspace};
use sdk::prelude::*;

/// The workspace this token is bound to: name, plan, status and counts.
#[tool]
fn get_workspace() -> ToolResult<Workspace> {
    Ok(workspace_info::get_workspace()?)
}
