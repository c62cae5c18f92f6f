//! The demo: a workspace that looks like a real platform team's, and a rival's that nobody in it may see.
//!
//! `catalog_data` and `rival_data` say what is there, `events` and `timeline` live eight weeks of each
//! instance, `seed` writes it all. The same seed and time give the same data.

mod catalog_data;
mod dice;
mod events;
mod rival_data;
mod seed;
mod spec;
mod timeline;

pub use seed::{DemoWorkspace, seed};
