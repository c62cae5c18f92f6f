//! `get_deployment`

use sdk::capability::deployments;
use sdk::capability::workflow_runs::RunDetails;
use sdk::prelude::*;

#[args]
struct Args {
    /// From `list_deployments`.
    id: String,
}

/// One deployment (a run that applies or remediates) in full: status, approval, pull request, blocking run, failed
/// jobs.
#[tool]
fn get_deployment(args: Args) -> ToolResult<RunDetails> {
    deployments::get_deployment(&args.id)?.ok_or_else(|| {
        ToolError::NotFound(format!(
            "no deployment {} in this workspace; list_deployments has the ids, and get_workflow_run reads plans too",
            args.id
        ))
    })
}
