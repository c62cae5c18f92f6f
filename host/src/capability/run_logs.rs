//! `run-logs`: logs of jobs, cleaned and in bounded pieces.

use std::sync::Arc;

use super::bindings::atmos::mcp::run_logs::{ErrorExcerpts, ErrorPiece, Host, JobLog, LogState as State, TailRequest};
use super::bindings::atmos::mcp::types::CapabilityError;
use super::bindings::atmos::mcp::workflow_runs::RunConclusion;
use super::log_parts::{failed_parts, find_step, step_lines};
use super::state::CallState;
use super::text;
use super::wire::{self, Word as _};
use crate::authz::Permission;
use crate::error_chain::Chain;
use crate::logs::{LogState, LogText, off_reactor};
use crate::store::jobs::{self, StepRow};

const PERMISSION: Option<Permission> = Some(Permission::WorkspaceRead);

/// Lines of one answer at most.
const MAX_LINES: u32 = 2_000;

/// Bytes of one answer at most.
const MAX_BYTES: u32 = 131_072;

impl Host for CallState {
    async fn tail_job_log(
        &mut self,
        job_id: String,
        request: TailRequest,
    ) -> wasmtime::Result<Result<Option<JobLog>, CapabilityError>> {
        Ok(tail_job_log(self, &job_id, request).await)
    }

    async fn list_error_excerpts(
        &mut self,
        job_id: String,
        max_bytes: u32,
    ) -> wasmtime::Result<Result<Option<ErrorExcerpts>, CapabilityError>> {
        Ok(list_error_excerpts(self, &job_id, max_bytes).await)
    }
}

async fn tail_job_log(
    state: &mut CallState,
    job_id: &str,
    request: TailRequest,
) -> Result<Option<JobLog>, CapabilityError> {
    state.enter(PERMISSION)?;
    let most = bounded("lines", request.lines, MAX_LINES)?;
    let budget = bounded("max-bytes", request.max_bytes, MAX_BYTES)?;
    let Some(job) = jobs::find_job(&state.context.reader, state.scope(), job_id).await? else { return Ok(None) };
    state.charge_rows(1)?;
    let steps = job.steps()?;
    let wanted = request.step_name.as_deref().map(|name| find_step(&job.name, &steps, name)).transpose()?;
    let Some(log) = state.context.logs.read(state.scope(), job_id).await? else { return Ok(None) };
    let step = wanted.and_then(|at| steps.get(at)).map(|step| text::clean_line(&step.name));
    let job_name = text::clean_line(&job.name);
    let (log, word) = text_of(log);
    let Some(log) = log else {
        return Ok(Some(JobLog {
            job_name,
            step_name: step,
            state: word,
            text: String::new(),
            first_line: 1,
            total_lines: 0,
            truncated: false,
            incomplete: false,
        }));
    };
    let incomplete = log.incomplete;
    let end = on_text(log.text.len(), move || end_of(&log, &steps, wanted, (most, budget))).await?;
    state.charge_bytes(end.text.len())?;
    Ok(Some(JobLog {
        job_name,
        step_name: step.filter(|_| end.is_of_step),
        state: word,
        first_line: number(end.first + 1),
        total_lines: number(end.total),
        truncated: end.truncated,
        text: end.text,
        incomplete,
    }))
}

async fn list_error_excerpts(
    state: &mut CallState,
    job_id: &str,
    max_bytes: u32,
) -> Result<Option<ErrorExcerpts>, CapabilityError> {
    state.enter(PERMISSION)?;
    let budget = bounded("max-bytes", max_bytes, MAX_BYTES)?;
    let Some(job) = jobs::find_job(&state.context.reader, state.scope(), job_id).await? else { return Ok(None) };
    state.charge_rows(1)?;
    let steps = job.steps()?;
    let Some(log) = state.context.logs.read(state.scope(), job_id).await? else { return Ok(None) };
    let (job_name, started_at) = (text::clean_line(&job.name), job.started_at.map(wire::time));
    let (log, word) = text_of(log);
    let pieces = match log {
        Some(log) => {
            on_text(log.text.len(), move || error_pieces(&log, &steps, job.conclusion.as_deref(), budget)).await?
        }
        None => Vec::new(),
    };
    state.charge_bytes(pieces.iter().map(|piece| piece.text.len()).sum())?;
    Ok(Some(ErrorExcerpts { job_name, state: word, started_at, pieces }))
}

/// The end of a log, or of a step of it.
struct End {
    is_of_step: bool,
    /// Position of the first line.
    first: usize,
    total: usize,
    text: String,
    truncated: bool,
}

fn end_of(log: &LogText, steps: &[StepRow], wanted: Option<usize>, (most, budget): (usize, usize)) -> End {
    let lines: Vec<&str> = log.text.lines().collect();
    let of_step = wanted.and_then(|at| step_lines(&lines, steps, at));
    let is_of_step = of_step.is_some();
    let range = of_step.unwrap_or(0..lines.len());
    let own = lines.get(range.clone()).unwrap_or_default();
    let end = actions_log::tail(own, most, budget, text::clean);
    End { is_of_step, first: range.start + end.first, total: own.len(), text: end.text, truncated: end.truncated }
}

fn error_pieces(log: &LogText, steps: &[StepRow], job: Option<&str>, budget: usize) -> Vec<ErrorPiece> {
    let lines: Vec<&str> = log.text.lines().collect();
    let parts = failed_parts(&lines, steps, job);
    let mut pieces = Vec::new();
    let mut left = budget;
    for (done, (at, range)) in parts.iter().enumerate() {
        let share = left / (parts.len() - done);
        let step = at.and_then(|at| steps.get(at));
        let conclusion = step.map_or(job, |step| step.conclusion.as_deref());
        let conclusion = conclusion.and_then(|word| RunConclusion::read(word, "-").ok());
        for piece in actions_log::blocks(lines.get(range.clone()).unwrap_or_default(), share) {
            let text = text::clean(&piece.text);
            left = left.saturating_sub(text.len());
            pieces.push(ErrorPiece {
                step_name: step.map(|step| text::clean_line(&step.name)),
                conclusion,
                first_line: number(range.start + piece.first_line),
                text,
            });
        }
    }
    pieces
}

/// The text, if there is one, and the word for what there is.
fn text_of(log: LogState) -> (Option<Arc<LogText>>, State) {
    match log {
        LogState::Text(log) => (Some(log), State::Available),
        LogState::Expired => (None, State::Expired),
        LogState::NotReady => (None, State::NotReady),
        LogState::NoSource => (None, State::NoSource),
        LogState::Unreachable => (None, State::Unreachable),
    }
}

/// Works on a text of this many bytes without holding up other calls.
pub(super) async fn on_text<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CapabilityError> {
    off_reactor(bytes, work).await.map_err(|error| {
        tracing::error!(error = %Chain(&error), "a log or summary could not be read");
        CapabilityError::Unavailable
    })
}

fn bounded(argument: &str, wanted: u32, most: u32) -> Result<usize, CapabilityError> {
    if (1..=most).contains(&wanted) {
        return Ok(usize::try_from(wanted).unwrap_or(usize::MAX));
    }
    Err(CapabilityError::InvalidArgument(format!("`{argument}` must be between 1 and {most} (got {wanted})")))
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: i64 = 1_787_306_400_000_000;

    fn step(name: &str, conclusion: &str, start: i64, end: i64) -> StepRow {
        StepRow {
            number: None,
            name: name.to_owned(),
            status: "completed".to_owned(),
            conclusion: Some(conclusion.to_owned()),
            started_at: Some(TEN + start * 1_000_000),
            completed_at: Some(TEN + end * 1_000_000),
        }
    }

    fn steps() -> Vec<StepRow> {
        vec![
            step("Set up job", "success", 0, 1),
            step("Plan", "failure", 1, 5),
            step("Apply", "skipped", 5, 5),
            step("Report \u{202e}", "success", 5, 6),
        ]
    }

    fn log() -> LogText {
        let lines = [
            "00 Current runner version: '2.317.0'",
            "01 ##[group]Run atmos terraform plan vpc",
            "01 ##[endgroup]",
            "02 \u{1b}[31mError: \u{1b}[0mno \u{200b}credentials",
            "05 ##[error]Process completed with exit code 1.",
            "05 ##[group]Run echo failed",
            "05 ##[endgroup]",
            "05 failed",
        ];
        let stamped = |line: &&str| {
            let (second, text) = line.split_once(' ').unwrap();
            format!("2026-08-21T10:00:{second}.1234567Z {text}\n")
        };
        LogText::new(lines.iter().map(stamped).collect(), false)
    }

    #[test]
    fn the_end_of_a_step_is_plain_and_numbered() {
        let end = end_of(&log(), &steps(), Some(1), (2, 1_000));
        assert_eq!(end.text, "Error: no credentials\n##[error]Process completed with exit code 1.");
        assert_eq!((end.is_of_step, end.first, end.total, end.truncated), (true, 3, 4, true));
        let skipped = end_of(&log(), &steps(), Some(2), (10, 1_000));
        assert_eq!((skipped.is_of_step, skipped.total, skipped.text.as_str()), (true, 0, ""));
        let all = end_of(&log(), &steps(), None, (100, 1_000));
        assert_eq!((all.is_of_step, all.first, all.total, all.truncated), (false, 0, 8, false));
    }

    #[test]
    fn colours_and_invisible_characters_take_no_room() {
        let line = format!("2026-08-21T10:00:00.1234567Z \u{1b}[1mplain\u{1b}[0m{}\n", "\u{200b}".repeat(100));
        let log = LogText::new(line.repeat(10), false);
        let end = end_of(&log, &[], None, (10, 59));
        assert_eq!((end.text, end.truncated), (["plain"; 10].join("\n"), false));
    }

    #[test]
    fn pieces_are_of_the_steps_that_failed() {
        let pieces = error_pieces(&log(), &steps(), Some("failure"), 1_000);
        let [piece] = pieces.as_slice() else { panic!("{pieces:?}") };
        assert_eq!((piece.step_name.as_deref(), piece.first_line), (Some("Plan"), 2));
        assert!(piece.text.contains("Error: no credentials\n##[error]Process") && !piece.text.contains("echo"));
        assert!(error_pieces(&log(), &steps(), Some("success"), 1_000).is_empty());
        let unknown = error_pieces(&log(), &[], Some("failure"), 1_000);
        assert_eq!((unknown[0].step_name.as_deref(), unknown[0].first_line), (None, 1));
        let few = error_pieces(&log(), &steps(), Some("failure"), 60);
        assert!(few.iter().map(|piece| piece.text.len()).sum::<usize>() <= 60, "{few:?}");
    }
}
