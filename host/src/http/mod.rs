//! The outer shell: routes, and what every request passes first.

mod health;
mod middleware;
mod origin;
mod request_id;
mod router;

pub(crate) use origin::origin_is_allowed;
pub use request_id::RequestId;
pub use router::router;
