//! Diagnostics tools: why a run failed, and what to do about it.
//!
//! The classifier is pure: facts and log pieces in, a [`Verdict`] out. Two classifiers are composed:
//! `dispatch` explains runs that were never created, `execution` reads the run's state, its parent and the
//! logs of its failed steps, in that order. What a message means is data: the tables under `rules`.
//!
//! To teach it a message, add a row to the table of its area; the row's example is its test.

mod verdict;
mod redact;
mod target;
mod log;
#[macro_use]
mod rules;
mod plan;
mod cause;
mod dispatch;
mod execution;
pub mod explanation;
pub mod run_logs;

pub use rules::categories;
pub use verdict::{Action, Confidence, Evidence, ParentRun, RunFacts, StepLog, SuggestedAction, Verdict};

/// Explains a run from what is known about it and the logs of its failed steps.
///
/// Never fails: a run that succeeded or still runs gets an answer that says so, and a log that nothing is
/// known about gets `investigate` with low confidence.
pub fn explain(facts: &RunFacts, steps: &[StepLog]) -> Verdict {
    match dispatch::classify(facts) {
        None => execution::classify(facts, steps),
        Some(verdict) if facts.dispatch_error.as_deref().is_some_and(dispatch::is_vague) => {
            execution::definite(facts, steps).unwrap_or(verdict)
        }
        Some(verdict) => verdict,
    }
}
