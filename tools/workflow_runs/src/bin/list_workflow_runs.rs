//! `list_workflow_runs`

use sdk::capability::workflow_runs::{
    self, ApprovalState, Run, RunCommand, RunConclusion, RunFilter, RunStatus, RunTrigger,
};
use sdk::prelude::*;

#[args(paged)]
struct Args {
    status: Option<OneOrMany<RunStatus>>,
    conclusion: Option<OneOrMany<RunConclusion>>,
    command: Option<OneOrMany<RunCommand>>,
    trigger: Option<OneOrMany<RunTrigger>>,
    approval_state: Option<OneOrMany<ApprovalState>>,
    /// From `list_instances`.
    instance_id: Option<String>,
    /// `owner/name`.
    repo: Option<String>,
    stack: Option<String>,
    component: Option<String>,
    branch: Option<String>,
    /// Whole hash.
    sha: Option<String>,
    since: Option<Since>,
    until: Option<Until>,
}

/// Lists workflow runs, newest first: `approvalState: "pending"` awaits approval, `trigger: "drift_detection"`
/// looks for drift, `command: "apply"` with `status: ["in_progress"]` deploys now. Then `get_workflow_run`, or
/// `explain_workflow_failure`.
#[tool]
fn list_workflow_runs(args: Args) -> ToolResult<Listing<Run>> {
    let page = args.page();
    let filter = RunFilter {
        statuses: OneOrMany::values(args.status),
        conclusions: OneOrMany::values(args.conclusion),
        commands: OneOrMany::values(args.command),
        triggers: OneOrMany::values(args.trigger),
        approval_states: OneOrMany::values(args.approval_state),
        instance_id: args.instance_id,
        repo: args.repo,
        stack: args.stack,
        component: args.component,
        branch: args.branch,
        sha: args.sha.map(|sha| sha.to_ascii_lowercase()),
        window: window(args.since, args.until),
    };
    let read = |page: &_| workflow_runs::list_runs(&filter, page).map(|page| (page.items, page.next_cursor));
    Ok(Listing::read(page, read)?.or_hint(|| tools_workflow_runs::hint(&filter)))
}
