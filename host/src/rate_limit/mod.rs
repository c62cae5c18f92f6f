//! Rate limits of a grant: requests per minute, and per UTC day.
//!
//! Keyed by grant, not by token or address: a refresh does not reset them, and people behind one address do
//! not share them.

mod limiter;

pub use limiter::{Limited, RateLimiter, Window};
