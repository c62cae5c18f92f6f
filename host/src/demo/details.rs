//! Jobs with their steps, logs and summaries, for the runs that still have them.

use super::dice::DAY;
use super::events::Outcome;
use super::sites::Stage;
use super::speaker::{Speaker, job_name};
use super::steps::{Step, steps, to_json};
use super::timeline::Draft;
use super::{log_text, summary_text};
use crate::store::demo_seed::{Job, JobLog, JobSummary, Run};

/// Days for which jobs and summaries of all runs are kept; those of failed runs are kept for ever.
const KEPT: u32 = 14;

/// How many of the newest successful runs have their log.
const LOGS: usize = 40;

/// The fastest of zstd's levels: there is much to compress when the demo starts.
const LEVEL: i32 = 1;

/// What is kept of the runs.
#[derive(Default)]
pub(super) struct Details {
    pub(super) jobs: Vec<Job>,
    pub(super) logs: Vec<JobLog>,
    pub(super) summaries: Vec<JobSummary>,
}

/// Makes it, of runs in order of time.
pub(super) fn rows<'l>(stage: &Stage<'l>, workspace_id: &str, drafts: &[Draft<'l>], runs: &[Run]) -> Details {
    let mut details = Details::default();
    let kept_since = stage.now.minus(DAY * KEPT);
    let mut logs_left = LOGS;
    for (draft, run) in drafts.iter().zip(runs).rev() {
        let is_recent = kept_since <= run.created_at || draft.finished_at.is_none();
        let is_broken = draft.event.failure().is_some();
        if !draft.event.is_dispatched() || !(is_recent || is_broken) {
            continue;
        }
        let speaker = Speaker { stage, workspace_id, draft, run };
        let steps = steps(draft);
        let job = job(&speaker, &steps);
        let is_shown = !is_broken && draft.finished_at.is_some() && logs_left > 0;
        logs_left -= usize::from(is_shown);
        if (is_broken && run.conclusion != Some("action_required")) || is_shown {
            details.logs.extend(log(&speaker, &job.id, &steps));
        }
        details.jobs.push(job);
        if is_recent {
            details.summaries.extend(summary(&speaker));
        }
    }
    details
}

fn job(speaker: &Speaker<'_>, steps: &[Step]) -> Job {
    let Speaker { stage, draft, run, .. } = *speaker;
    let number = run.github_run_id.unwrap_or_default() * 2 + 12_000_000_007;
    let (status, state_rank) = match draft.event.outcome {
        Outcome::Waiting => ("waiting", 1),
        Outcome::Running => ("in_progress", 2),
        Outcome::Exit(_) | Outcome::Succeeded | Outcome::Broken(_) => ("completed", 3),
    };
    Job {
        id: stage.dice.id("job", run.created_at),
        run_id: run.id.clone(),
        github_job_id: number,
        name: job_name(run),
        status,
        // A job that GitHub did not start has failed, as far as jobs go.
        conclusion: run.conclusion.map(|word| if word == "startup_failure" { "failure" } else { word }),
        started_at: run.started_at,
        completed_at: run.finished_at,
        steps: to_json(steps, stage.spec.mark),
        github_url: run.github_url.as_ref().map(|url| format!("{url}/job/{number}")),
        state_rank,
    }
}

fn log(speaker: &Speaker<'_>, job_id: &str, steps: &[Step]) -> Option<JobLog> {
    let (text, lines) = log_text::compose(speaker, steps);
    let finished_at = speaker.run.finished_at?;
    Some(JobLog {
        job_id: job_id.to_owned(),
        bytes: i64::try_from(text.len()).unwrap_or(i64::MAX),
        content: zstd::bulk::compress(text.as_bytes(), LEVEL).ok()?,
        lines,
        fetched_at: finished_at,
    })
}

fn summary(speaker: &Speaker<'_>) -> Option<JobSummary> {
    let markdown = summary_text::compose(speaker)?;
    let created_at = speaker.run.finished_at?;
    Some(JobSummary {
        id: speaker.stage.dice.id("sum", created_at),
        run_id: speaker.run.id.clone(),
        job_name: job_name(speaker.run),
        bytes: i64::try_from(markdown.len()).unwrap_or(i64::MAX),
        markdown: zstd::bulk::compress(markdown.as_bytes(), LEVEL).ok()?,
        created_at,
    })
}
