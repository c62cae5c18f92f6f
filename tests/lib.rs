//! The test harness: a whole server on a free port, and agents that sign in as users do.
//!
//! The tests themselves are in `main.rs`; the benchmark uses the harness too.

#![expect(clippy::indexing_slicing, reason = "JSON that is not there is null; a test that indexes past the end fails")]

pub mod harness;
