//! Workspace tools: the workspace itself.
