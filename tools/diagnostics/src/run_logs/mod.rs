//! Which logs of a run are shown, and how much of each.

mod choice;
mod share;
mod row;

pub use choice::{Part, Selection, Wanted, no_run, select};
pub use row::{RunLog, RunLogs};
pub use share::{Shares, TailLines};
