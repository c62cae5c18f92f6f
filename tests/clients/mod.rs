//! MCP clients that others wrote, from sign-in to revocation.

mod rmcp;
