//! Instance tools: components deployed to stacks.
