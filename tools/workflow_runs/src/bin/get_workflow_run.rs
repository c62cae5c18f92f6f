//! `get_workflow_run`

use sdk::capability::workflow_runs::{self, RunDetails};
use sdk::prelude::*;

#[args]
struct Args {
    /// From `list_workflow_runs`; not GitHub's number.
    id: String,
}

/// One run in full: status, dispatch error, plan exit code, ref, approval, pull request, blocking run, failed jobs.
/// For why it failed: `explain_workflow_failure`.
#[tool]
fn get_workflow_run(args: Args) -> ToolResult<RunDetails> {
    workflow_runs::get_run(&args.id)?.ok_or_else(|| {
        ToolError::NotFound(format!(
            "no workflow run {} in this workspace; list_workflow_runs has the ids, which begin with `run_`",
            args.id
        ))
    })
}
