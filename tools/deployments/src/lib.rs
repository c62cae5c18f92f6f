//! Deployment tools: the workflow runs that change infrastructure.
