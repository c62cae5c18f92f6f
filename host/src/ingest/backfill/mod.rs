//! Reading from GitHub what webhooks have not told: repositories, workflow runs, jobs, pull requests and
//! commits, as far back as is asked for.
//!
//! It goes a page at a time. Each page is stored in one transaction with a note of how far the list has been
//! read, so it may end anywhere and goes on from there. It writes through the same functions as webhooks, which
//! compare what comes with what is known; so it may run at any time, and a second one changes nothing.

mod error;
mod plan;
mod summary;
mod run;
mod repositories;
mod lists;
mod jobs;

pub use error::BackfillError;
pub use run::{Backfill, Outcome, Position, Request};
pub use summary::{Imported, Summary};
