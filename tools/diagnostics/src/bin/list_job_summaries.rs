//! `list_job_summaries`

use std::cell::Cell;

use sdk::capability::job_summaries::{self, JobSummary};
use sdk::prelude::*;
use tools_diagnostics::run_logs::no_run;

#[args(paged)]
struct Args {
    /// `id` of a run.
    run_id: String,
    /// As `list_jobs` shows it.
    job_name: Option<String>,
}

/// The job summaries of a run (`$GITHUB_STEP_SUMMARY`, Markdown): what Atmos planned or applied. Shorter than logs:
/// read them first.
#[tool]
fn list_job_summaries(args: Args) -> ToolResult<Listing<JobSummary>> {
    let page = args.page();
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let (run_id, job_name) = (args.run_id, args.job_name);
    let is_known = Cell::new(true);
    let mut summaries = Listing::read(page, |page| {
        let found = job_summaries::list_job_summaries(&run_id, job_name.as_deref(), page)?;
        is_known.set(found.is_some());
        Ok(found.map_or((Vec::new(), None), |page| (page.items, page.next_cursor)))
    })?;
    if !is_known.get() {
        return Err(no_run(&run_id));
    }
    // The capability ends a page early when its Markdown is long.
    if summaries.next_cursor.is_some() && summaries.items.len() < limit {
        summaries.truncated = Some(true);
    }
    Ok(summaries.or_hint(|| match job_name {
        Some(_) => {
            "no summary of this job; list_jobs has the names, and without `jobName` all summaries come".to_owned()
        }
        None => "no summary: the workflow posts none for this run; get_workflow_run_logs has its logs".to_owned(),
    }))
}
