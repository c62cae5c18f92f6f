//! `explain_workflow_failure`

use sdk::capability::run_logs::{self, LogState};
use sdk::capability::workflow_runs::{self, RunDetails};
use sdk::prelude::*;
use tools_diagnostics::explanation::{Explanation, JobExcerpts, explain_run};

/// Bytes of logs that are read in all. The cause stands at an error or at the end, which the pieces have.
const LOG_BYTES: u32 = 384 << 10;

/// Bytes of one job's log.
const JOB_BYTES: u32 = 128 << 10;

/// Failed jobs whose logs are read; in a matrix, the others fail for the same reason.
const JOBS: usize = 6;

#[args]
struct Args {
    /// `id` of a run.
    run_id: String,
}

/// Why a run failed, or what it waits for, and what to do: act on `suggestedAction` by its `type` and `confidence`.
/// Call it before reading any log.
#[tool]
fn explain_workflow_failure(args: Args) -> ToolResult<Explanation> {
    let Some(run) = workflow_runs::get_run(&args.run_id)? else {
        return Err(ToolError::NotFound(format!(
            "no run {} in this workspace; list_workflow_runs with `conclusion: [\"failure\"]` finds its id",
            args.run_id
        )));
    };
    let excerpts = read_excerpts(&run)?;
    Ok(explain_run(run, excerpts))
}

fn read_excerpts(run: &RunDetails) -> ToolResult<Vec<JobExcerpts>> {
    let jobs = run.failed_jobs.iter().take(JOBS);
    let share = LOG_BYTES / u32::try_from(jobs.len()).unwrap_or(u32::MAX).max(1);
    let mut excerpts = Vec::new();
    for job in jobs {
        // A job that went away in between is none to explain.
        let Some(found) = run_logs::list_error_excerpts(&job.id, share.min(JOB_BYTES))? else { continue };
        // What GitHub does not give for one job, it does not give for the next; each would wait for seconds.
        let is_last = matches!(found.state, LogState::Unreachable);
        excerpts.push(JobExcerpts { conclusion: job.conclusion.clone(), excerpts: found });
        if is_last {
            break;
        }
    }
    Ok(excerpts)
}
