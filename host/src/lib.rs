//! The Atmos Pro MCP server.
//!
//! The modules stand in the order in which a request meets them. [`app`] wires them and is the one that sees
//! all; which module may import which is in `ARCHITECTURE.md`.
//!
//! | step | module | in → out | refuses with |
//! |---|---|---|---|
//! | 1 | [`http`] | request → request with id, for a host of ours | 421 |
//! | 2 | [`oauth`] | `Authorization` → [`authz::Caller`] | 401 with a challenge |
//! | 3 | [`rate_limit`] | caller → pass | 429 with `Retry-After` |
//! | 4 | [`mcp`] | origin, headers and body → message → method | 403 origin, 413, JSON-RPC errors |
//! | 5 | [`authz`] | caller × tool → permitted | 403 `insufficient_scope` |
//! | 6 | [`runtime`] | fresh sandbox → the tool's `call` | trapped, out of fuel, memory or time |
//! | 7 | [`capability`] | typed request → store, with the workspace of the token | capability error |
//! | 8 | [`store`] | SQL → rows | store error |
//! | 9 | [`audit`] | what happened → a committed row, before the reply leaves | 503 |

pub mod app;
pub mod cli;
pub mod demo;
pub mod startup;

pub mod http;
pub mod web;
pub mod ingest;
mod badge;
pub mod oauth;
pub mod rate_limit;
pub mod mcp;
pub mod catalog;
pub mod runtime;
pub mod capability;
pub mod logs;
pub mod upstream;
pub mod audit;
pub mod authz;
mod entitlements;
pub mod store;

pub mod clock;
pub mod config;
pub mod id;
pub mod keys;
mod error_chain;
mod jwt;
