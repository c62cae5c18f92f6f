//! Logs of jobs: kept in the database, fetched from GitHub when they are first asked for.

mod error;
mod flights;
mod job_logs;
mod packing;

pub use job_logs::{JobLogs, LogState, LogText};
pub(crate) use packing::{off_reactor, unpack};
