//! Workspace tools: the workspace itself, what is broken in it, how far it is set up, and what to do next.
//!
//! The rules are those of `docs/health.md`.

pub mod repairs;
pub mod health;
pub mod setup;
pub mod recommendations;
mod remedies;
mod habits;
pub mod rows;
mod words;

use schemars::JsonSchema;
use serde::Serialize;

/// How urgent something is; the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Infrastructure is broken, or out of sight.
    Critical,
    /// It will be, if nobody looks.
    Warning,
    /// Good to know.
    Info,
}
