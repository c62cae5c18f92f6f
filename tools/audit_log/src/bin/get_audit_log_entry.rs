//! `get_audit_log_entry`

use sdk::capability::audit_log;
use sdk::prelude::*;
use tools_audit_log::AuditEntryDetails;

#[args]
struct Args {
    /// From `list_audit_log_entries`.
    id: String,
}

/// One audit log entry with its whole metadata, the client's grant, and what a tool call used.
#[tool]
fn get_audit_log_entry(args: Args) -> ToolResult<AuditEntryDetails> {
    audit_log::get_entry(&args.id)?.map(AuditEntryDetails::from).ok_or_else(|| {
        ToolError::NotFound(format!(
            "no audit log entry {} in this workspace; list_audit_log_entries finds its id",
            args.id
        ))
    })
}
