//! Which tools there are: read, checked against the policy, compiled and linked when the host starts.

mod check;
mod error;
mod index;
mod load;
mod schema;
mod tool;

pub use check::{Checked, CheckedTool, check_all};
pub use error::{LoadError, ToolError};
pub use load::{Catalog, LoadOptions};
pub use tool::Tool;
