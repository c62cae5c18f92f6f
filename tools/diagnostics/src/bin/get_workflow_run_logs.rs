//! `get_workflow_run_logs`

use sdk::capability::jobs::{self, Job, JobFilter};
use sdk::capability::run_logs::{self, LogState, TailRequest};
use sdk::capability::types::PageRequest;
use sdk::prelude::*;
use tools_diagnostics::run_logs::{Part, RunLog, RunLogs, Shares, TailLines, Wanted, no_run, select};

#[args]
struct Args {
    /// `id` of a run.
    run_id: String,
    /// Failed steps alone; true by default.
    failed_only: Option<bool>,
    /// All logs together have 50 bytes per line: 10 to 50 kB.
    tail_lines: Option<TailLines>,
    /// As `list_jobs` shows it.
    job_name: Option<String>,
    /// As `list_jobs` shows it.
    step_name: Option<String>,
}

/// The end of the logs of a run, by default of its failed steps. Call `explain_workflow_failure` first; `list_jobs`
/// has names to narrow with.
#[tool]
fn get_workflow_run_logs(args: Args) -> ToolResult<RunLogs> {
    let Some(jobs) = newest_jobs(&args.run_id)? else { return Err(no_run(&args.run_id)) };
    let wanted = Wanted {
        failed_only: args.failed_only.unwrap_or(true),
        job_name: args.job_name.as_deref(),
        step_name: args.step_name.as_deref(),
    };
    let selection = select(&jobs, &wanted, args.tail_lines)?;
    let logs = read(&selection.parts, args.tail_lines)?;
    Ok(RunLogs { jobs: logs, hint: selection.hint })
}

/// The jobs of the newest attempt; none if there is no such run.
fn newest_jobs(run_id: &str) -> ToolResult<Option<Vec<Job>>> {
    let filter = JobFilter { statuses: Vec::new(), conclusions: Vec::new() };
    let mut request = PageRequest { limit: 100, cursor: None };
    let mut newest: Vec<Job> = Vec::new();
    loop {
        let Some(page) = jobs::list_jobs(run_id, &filter, &request)? else { return Ok(None) };
        let count = newest.len() + page.items.len();
        for job in page.items {
            if newest.first().is_none_or(|first| first.run_attempt == job.run_attempt) {
                newest.push(job);
            }
        }
        // An older attempt has begun, or there is none.
        if newest.len() < count || page.next_cursor.is_none() {
            return Ok(Some(newest));
        }
        request.cursor = page.next_cursor;
    }
}

fn read(parts: &[Part], tail_lines: Option<TailLines>) -> ToolResult<Vec<RunLog>> {
    let mut shares = Shares::new(parts.len(), tail_lines);
    let lines = tail_lines.unwrap_or_default().0;
    let mut logs: Vec<RunLog> = Vec::new();
    for part in parts {
        let share = shares.next_share();
        let request = TailRequest { step_name: part.step_name.clone(), lines, max_bytes: share };
        // GitHub does not answer sooner for the next job.
        let log = if logs.last().is_some_and(RunLog::is_unreachable) {
            RunLog::missing(part, LogState::Unreachable)
        } else {
            // A job that went away in between has no log.
            let Some(log) = run_logs::tail_job_log(&part.job_id, &request)? else { continue };
            RunLog::new(part, log, share)
        };
        shares.use_up(&log.lines);
        logs.push(log);
    }
    Ok(logs)
}
