//! Topology tools: what is deployed where.
