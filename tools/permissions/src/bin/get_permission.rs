//! `get_permission`

use sdk::capability::permission_catalog;
use sdk::prelude::*;
use tools_permissions::key::{PermissionDetails, describe};

#[args]
struct Args {
    /// For example `ws:audit_log:read`.
    key: String,
}

/// Explains any permission key: its parts, what it allows, which roles have it, whether an MCP client can hold it.
#[tool]
fn get_permission(args: Args) -> ToolResult<PermissionDetails> {
    describe(&args.key, permission_catalog::get_permission(&args.key)?).map_err(ToolError::InvalidArguments)
}
