//! `list_my_permissions`

use sdk::capability::caller;
use sdk::prelude::*;
use tools_permissions::{Permissions, resolve};

/// What this token can do: the user's role ∩ the granted scopes, and what is missing on each side. Call it
/// when a tool is absent or was denied.
#[tool]
fn list_my_permissions() -> ToolResult<Permissions> {
    Ok(resolve(caller::get_caller()?))
}
