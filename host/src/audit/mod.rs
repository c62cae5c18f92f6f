//! The audit log: one row per tool call and per event of sign-in, consent and tokens.
//!
//! A row is committed before the reply leaves. Rows of calls that are in flight at the same moment share
//! one transaction, so the guarantee costs one commit per group, not per call. What an upload or a webhook changes is
//! committed with its rows (`store/audit_log.rs`).

mod entry;
mod redact;
mod writer;

pub use entry::{Actor, DeniedSide, Entry, ToolUse};
pub use redact::redact;
pub(crate) use writer::GrantCount;
pub use writer::{AuditError, AuditLog, Place};
