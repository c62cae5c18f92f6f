//! `list_jobs`

use std::cell::Cell;

use sdk::capability::jobs::{self, Job, JobFilter};
use sdk::capability::workflow_runs::{RunConclusion, RunStatus};
use sdk::prelude::*;
use tools_diagnostics::run_logs::no_run;

#[args(paged)]
struct Args {
    /// `id` of a run.
    run_id: String,
    status: Option<OneOrMany<RunStatus>>,
    /// Only these; `["failure"]` for triage.
    conclusion: Option<OneOrMany<RunConclusion>>,
}

/// The jobs of a run with steps and conclusions, newest attempt first. Cheap: call it before
/// `get_workflow_run_logs`, to pick `jobName` and `stepName`.
#[tool]
fn list_jobs(args: Args) -> ToolResult<Listing<Job>> {
    let page = args.page();
    let run_id = args.run_id;
    let filter =
        JobFilter { statuses: OneOrMany::values(args.status), conclusions: OneOrMany::values(args.conclusion) };
    let is_filtered = !filter.statuses.is_empty() || !filter.conclusions.is_empty();
    let is_known = Cell::new(true);
    let jobs = Listing::read(page, |page| {
        let found = jobs::list_jobs(&run_id, &filter, page)?;
        is_known.set(found.is_some());
        Ok(found.map_or((Vec::new(), None), |page| (page.items, page.next_cursor)))
    })?;
    if !is_known.get() {
        return Err(no_run(&run_id));
    }
    Ok(jobs.or_hint(|| {
        let hint = if is_filtered {
            "no job matches; without `status` and `conclusion`, all jobs of the run come"
        } else {
            "the run has no jobs, so it was never dispatched or has not started; explain_workflow_failure says more"
        };
        hint.to_owned()
    }))
}
