//! What a tool author needs.
//!
//! A tool is one binary: a function with `#[tool]`, its arguments with `#[args]`.
//!
//! ```ignore
//! use sdk::capability::repos::{self, Repo, RepoFilter, RepoStatus};
//! use sdk::prelude::*;
//!
//! #[args(paged)]
//! struct Args {
//!     /// Only repositories whose installation is in one of these states.
//!     status: Option<OneOrMany<RepoStatus>>,
//! }
//!
//! /// Lists the repositories that the workspace can see.
//! #[tool]
//! fn list_repos(args: Args) -> ToolResult<Listing<Repo>> {
//!     let page = args.page();
//!     let filter = RepoFilter { statuses: OneOrMany::values(args.status) };
//!     Listing::read(page, |page| repos::list_repos(&filter, page).map(|page| (page.items, page.next_cursor)))
//! }
//! ```
//!
//! The function's name is the tool's name, its doc comment the description, `Args` the input schema and
//! the `Ok` type the output schema. A tool has no clock, randomness, environment, file or socket, and
//! `println!` goes nowhere: all it can do is what the interfaces in [`capability`] offer and its policy
//! row allows.

mod arguments;
pub mod bindings;
pub mod echo;
pub mod listing;
pub mod output;
pub mod paging;
mod schema;
pub mod tool;
pub mod window;

/// The capabilities: one module per WIT interface.
pub mod capability {
    pub use crate::bindings::atmos::mcp::{
        analytics, audit_log, badge_tokens, badge_types, caller, clock, commits, components, connections, deployments,
        egress, entitlements, health_signals, instances, job_summaries, jobs, permission_catalog, permission_denials,
        pull_requests, repos, run_logs, setup_signals, stacks, types, workflow_runs, workspace_info,
    };
}

pub use sdk_macros::{args, tool};
// The macros' expansions name these, so that a tool crate need not depend on them.
pub use {schemars, serde};

/// Everything a tool file usually needs.
pub mod prelude {
    pub use crate::listing::Listing;
    pub use crate::output::Content;
    pub use crate::paging::OneOrMany;
    pub use crate::tool::{ToolError, ToolResult};
    pub use crate::window::{Since, Until, window};
    pub use crate::{args, tool};
}
