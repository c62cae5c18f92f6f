//! What GitHub says of repositories, pull requests, workflow runs and jobs, and how it is kept.
//!
//! It comes by webhook ([`super::webhooks`]) or is read ([`super::backfill`]). Both write through this folder, so
//! it does not matter which is first, and nothing is told twice.

mod recorder;
pub(super) mod repositories;
pub(super) mod pull_requests;
pub(super) mod runs;
pub(super) mod jobs;
pub(super) mod commits;
pub(super) mod inference;
mod linking;

pub(super) use recorder::{RecordError, Recorder};
