//! JSON-RPC in, JSON-RPC out: the Model Context Protocol, both eras on one `/mcp`.
//!
//! 2026-07-28 is stateless and self-describing ("modern"); 2025-11-25 and before begin with `initialize`
//! ("legacy"). We keep no session in either, so any replica answers any request.

mod accept;
mod endpoint;
mod era;
mod error;
mod lifecycle;
mod message;
mod tools_call;
mod tools_list;

pub(crate) use endpoint::router;
