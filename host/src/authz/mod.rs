//! May they? Permissions, roles, who calls, which workspace, and what each tool needs.

mod caller;
mod permission;
mod policy;
mod role;
mod scope;

pub use caller::Caller;
pub(crate) use caller::TokenRecord;
pub use permission::{Permission, PermissionSet};
pub use policy::{Policy, PolicyError, PolicyRow, Requirement, ToolLimits, Wasi};
pub use role::Role;
pub use scope::WorkspaceScope;
