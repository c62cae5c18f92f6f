//! The demo: a workspace that looks like a real platform team's, and a rival's that nobody in it may see.
//!
//! In the order in which a workspace comes to be: what is there (`catalog_data`, `script`, `rival_data`, described
//! by `spec`), repositories and instances (`sites`), pull requests (`changes`), what goes wrong (`failures`,
//! `incidents`), the runs of each instance (`events`) and what they make of it (`timeline`, `approvals`). Then the
//! rows: `runs`, `change_rows`, `details` with steps, logs and summaries, `settings`, `audit_trail`; `seed` writes
//! them. The same seed and time give the same data.

mod catalog_data;
mod rival_data;
mod script;
mod spec;

mod dice;
mod fill;

mod sites;
mod titles;
mod changes;
mod failures;
mod incidents;
mod events;
mod approvals;
mod timeline;

mod runs;
mod change_rows;
mod resources;
mod speaker;
mod steps;
mod log_writer;
mod plan_text;
mod log_text;
mod summary_text;
mod details;
mod settings;
mod audit_trail;

mod seed;

#[cfg(test)]
mod promises;

pub use seed::{DemoWorkspace, seed};
