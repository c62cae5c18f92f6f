//! What is shown of a log.

use schemars::JsonSchema;
use sdk::capability::run_logs::{JobLog, LogState};
use sdk::capability::workflow_runs::RunConclusion;
use serde::Serialize;

use super::choice::Part;
use super::share::last_lines;

/// The ends of a run's logs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunLogs {
    /// Jobs of the newest attempt, in GitHub's order.
    pub jobs: Vec<RunLog>,
    /// What to do about logs that are not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The end of one log.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunLog {
    pub job_name: String,
    /// The step whose lines these are; null for the whole job.
    pub step_name: Option<String>,
    /// How the step ended, or the whole job; null until then.
    pub conclusion: Option<RunConclusion>,
    /// The last lines, without timestamps and colours.
    pub lines: String,
    /// Number of the first of them in the job's log, from 1.
    pub first_line: u32,
    /// Lines of the step, or of the whole job.
    pub total_lines: u32,
    /// Whether lines are missing before these, or one was cut.
    pub truncated: bool,
    /// Why there are no lines, or other ones than were asked for.
    pub note: Option<String>,
    pub github_url: Option<String>,
    #[serde(skip)]
    state: LogState,
}

impl RunLog {
    /// What the host read of a part, cut to `share` bytes of JSON.
    pub fn new(part: &Part, log: JobLog, share: u32) -> Self {
        if log.state != LogState::Available || log.total_lines == 0 {
            let conclusion = part.conclusion(log.step_name.is_some());
            return Self { conclusion, step_name: log.step_name, ..Self::missing(part, log.state) };
        }
        let lines = last_lines(&log.text, usize::try_from(share).unwrap_or(usize::MAX));
        let before = log.text.lines().count() - lines.lines().count();
        let note = if log.incomplete {
            Some("this log has more than 16 MiB; its beginning was not kept, and lines are numbered after that")
        } else if part.step_name.is_some() && log.step_name.is_none() {
            Some("the log does not tell which lines are the step's; these are the end of the whole job's")
        } else {
            None
        };
        Self {
            job_name: log.job_name,
            conclusion: part.conclusion(log.step_name.is_some()),
            step_name: log.step_name,
            lines: lines.to_owned(),
            first_line: log.first_line.saturating_add(u32::try_from(before).unwrap_or(u32::MAX)),
            total_lines: log.total_lines,
            truncated: log.truncated || lines.len() < log.text.len(),
            note: note.map(ToOwned::to_owned),
            github_url: part.github_url.clone(),
            state: log.state,
        }
    }

    /// Says why there are no lines.
    pub fn missing(part: &Part, state: LogState) -> Self {
        let note = match state {
            LogState::Available => "nothing was printed",
            LogState::Expired => "GitHub no longer has this log; it keeps logs for 90 days unless it is told otherwise",
            LogState::NotReady => "the job has not finished; its log comes a moment after that",
            LogState::NoSource => {
                "this log cannot be read: no GitHub App is connected that has access to the repository"
            }
            LogState::Unreachable => "GitHub has not given this log yet; call again in a few seconds",
        };
        Self {
            job_name: part.job_name.clone(),
            step_name: part.step_name.clone(),
            conclusion: part.conclusion(part.step_name.is_some()),
            lines: String::new(),
            first_line: 1,
            total_lines: 0,
            truncated: false,
            note: Some(note.to_owned()),
            github_url: part.github_url.clone(),
            state,
        }
    }

    /// Whether GitHub did not answer.
    pub fn is_unreachable(&self) -> bool {
        self.state == LogState::Unreachable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run_logs::choice::tests::{NOTHING, job};
    use crate::run_logs::select;

    fn log(text: &str, total_lines: u32) -> JobLog {
        JobLog {
            job_name: "b".to_owned(),
            step_name: Some("Plan".to_owned()),
            state: LogState::Available,
            text: text.to_owned(),
            first_line: 101,
            total_lines,
            truncated: false,
            incomplete: false,
        }
    }

    fn part() -> Part {
        select(&[job("b", Some(RunConclusion::Failure))], &NOTHING, None).unwrap().parts.remove(0)
    }

    #[test]
    fn a_log_is_cut_to_its_share_of_json() {
        let whole = RunLog::new(&part(), log("one\ntwo\nthree", 3), 100);
        assert_eq!((whole.lines.as_str(), whole.first_line, whole.truncated), ("one\ntwo\nthree", 101, false));
        let cut = RunLog::new(&part(), log("one\ntwo\n\"3\"", 3), 10);
        assert_eq!((cut.lines.as_str(), cut.first_line, cut.truncated), ("two\n\"3\"", 102, true));
        let cut = RunLog::new(&part(), log("one\ntwo\n\"3\"", 3), 9);
        assert_eq!((cut.lines.as_str(), cut.first_line), ("\"3\"", 103));
        let line = RunLog::new(&part(), log("one\n\"é\"\"", 2), 5);
        assert_eq!((line.lines.as_str(), line.first_line, line.truncated), ("\"é", 102, true));
        let blank = RunLog::new(&part(), log("one\n", 2), 4);
        assert_eq!((blank.lines.as_str(), blank.truncated), ("", true));
    }

    #[test]
    fn what_is_missing_is_said_in_a_sentence() {
        let gone = JobLog { state: LogState::Expired, text: String::new(), total_lines: 0, ..log("", 0) };
        let gone = RunLog::new(&part(), gone, 100);
        assert!(gone.note.unwrap().starts_with("GitHub no longer has this log"));
        let elsewhere = RunLog::new(&part(), JobLog { step_name: None, ..log("x", 1) }, 100);
        assert!(elsewhere.note.unwrap().contains("does not tell which lines are the step's"));
        assert_eq!(RunLog::new(&part(), log("", 0), 100).note.as_deref(), Some("nothing was printed"));
        assert!(RunLog::missing(&part(), LogState::Unreachable).is_unreachable());
    }
}
