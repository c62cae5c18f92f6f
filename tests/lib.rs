//! The test harness: a whole server on a free port, and agents that sign in as users do.
//!
//! The tests themselves are in `main.rs`; the benchmark uses the harness too.

pub mod harness;
