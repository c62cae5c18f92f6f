//! What the server promises of isolation: the sandbox, tenants, permissions, the audit log and the limits.

mod audit;
mod authz_matrix;
mod loading;
mod rate_limit;
mod sandbox;
mod shown_text;
mod surface;
mod tenancy;
