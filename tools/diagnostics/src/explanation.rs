//! From a run and the pieces of its logs to the tool's answer.

use schemars::JsonSchema;
use sdk::capability::run_logs::{ErrorExcerpts, ErrorPiece, LogState};
use sdk::capability::workflow_runs::RunDetails;
use serde::Serialize;

use crate::verdict::{ParentRun, RunFacts, StepLog, SuggestedAction};

/// Why a run failed, and what to do about it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What kind of failure it is; the words are those of `docs/failure-classifier.md`.
    pub category: &'static str,
    /// Two or three sentences, with what the log says. Secrets are removed.
    pub description: String,
    pub suggested_action: SuggestedAction,
    /// The run that has to succeed first, if one is known.
    pub parent_run_id: Option<String>,
    /// Whether the plan found changes; null if neither the exit code nor the log says.
    pub plan_saw_changes: Option<bool>,
    /// Where the logs say so, the cause first.
    pub evidence: Vec<EvidenceLine>,
}

/// A line that supports the answer.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceLine {
    /// Null if the dispatch failed, so that there was no job.
    pub job_name: Option<String>,
    pub step_name: Option<String>,
    /// Number of the line in the job's log, from 1.
    pub line: Option<u32>,
    /// The line, with secrets removed.
    pub text: String,
}

/// What a failed job's log says.
#[derive(Debug)]
pub struct JobExcerpts {
    /// How the job ended.
    pub conclusion: String,
    pub excerpts: ErrorExcerpts,
}

/// The pieces of one step as one text, and which lines of the log they were.
struct StepText {
    log: StepLog,
    /// Number of a piece's first line in the text, and in the job's log.
    starts: Vec<(usize, u32)>,
    lines: usize,
}

/// Explains a run.
pub fn explain_run(run: RunDetails, jobs: Vec<JobExcerpts>) -> Explanation {
    let facts = facts(run);
    let missing = jobs.iter().find_map(|job| missing(job.excerpts.state));
    let texts: Vec<StepText> = jobs.into_iter().flat_map(step_texts).collect();
    let logs: Vec<StepLog> = texts.iter().map(|text| text.log.clone()).collect();
    let verdict = crate::explain(&facts, &logs);
    let mut description = verdict.description;
    if let Some(missing) = missing {
        description.push(' ');
        description.push_str(missing);
    }
    let evidence = verdict.evidence.into_iter().map(|evidence| EvidenceLine {
        line: evidence.line.and_then(|line| line_in_log(&texts, &evidence.job, evidence.step.as_deref(), line)),
        job_name: (!evidence.job.is_empty()).then_some(evidence.job),
        step_name: evidence.step,
        text: evidence.text,
    });
    Explanation {
        category: verdict.category,
        suggested_action: verdict.suggested_action,
        parent_run_id: verdict.parent_run_id,
        plan_saw_changes: verdict.plan_saw_changes,
        evidence: evidence.collect(),
        description,
    }
}

fn facts(run: RunDetails) -> RunFacts {
    RunFacts {
        status: word(&run.status),
        conclusion: run.conclusion.as_ref().and_then(word),
        command: word(&run.command),
        approval_state: word(&run.approval.state),
        dispatch_error: run.dispatch_error,
        plan_exit_code: run.plan_exit_code,
        parent: run.parent_run_id.map(|id| ParentRun { id, conclusion: run.parent_conclusion.as_ref().and_then(word) }),
        git_ref: run.git_ref.or(run.branch),
        environment: run.approval.environment,
        repo: Some(run.repo),
        started_at: run.started_at,
    }
}

/// The word of an enum, as agents see it.
fn word(value: &impl Serialize) -> Option<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Some(word),
        _ => None,
    }
}

/// What to say of a log that is not there.
fn missing(state: LogState) -> Option<&'static str> {
    match state {
        LogState::Available => None,
        LogState::Expired => Some("The log has expired on GitHub, so this rests on the run's state alone."),
        LogState::NotReady => Some("The log is not there yet, because the job has not finished; ask again later."),
        LogState::NoSource => Some("The log cannot be read: no GitHub App has access to the repository."),
        LogState::Unreachable => Some("GitHub did not give the log just now; the same call may know more later."),
    }
}

/// The texts of a job: consecutive pieces of one step belong together.
fn step_texts(job: JobExcerpts) -> Vec<StepText> {
    let mut texts: Vec<StepText> = Vec::new();
    for piece in job.excerpts.pieces {
        match texts.last_mut().filter(|text| text.log.step == piece.step_name) {
            Some(text) => text.push(&piece),
            None => texts.push(StepText::new(&job.excerpts.job_name, &job.conclusion, &piece)),
        }
    }
    texts
}

impl StepText {
    fn new(job: &str, job_conclusion: &str, piece: &ErrorPiece) -> Self {
        let conclusion = piece.conclusion.as_ref().and_then(word).unwrap_or_else(|| job_conclusion.to_owned());
        let log = StepLog {
            job: job.to_owned(),
            step: piece.step_name.clone(),
            conclusion: Some(conclusion),
            text: String::new(),
        };
        let mut text = Self { log, starts: Vec::new(), lines: 0 };
        text.push(piece);
        text
    }

    fn push(&mut self, piece: &ErrorPiece) {
        self.starts.push((self.lines + 1, piece.first_line));
        self.lines += piece.text.lines().count();
        self.log.text.push_str(&piece.text);
        if !piece.text.ends_with('\n') {
            self.log.text.push('\n');
        }
    }
}

/// Turns a line's number in the text that was explained into its number in the job's log.
fn line_in_log(texts: &[StepText], job: &str, step: Option<&str>, line: usize) -> Option<u32> {
    let text = texts.iter().find(|text| text.log.job == job && text.log.step.as_deref() == step)?;
    let (start, first) = text.starts.iter().rev().find(|(start, _)| *start <= line)?;
    first.checked_add(u32::try_from(line - start).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sdk::capability::workflow_runs::{Approval, ApprovalState, RunCommand, RunConclusion, RunStatus, RunTrigger};

    fn run() -> RunDetails {
        RunDetails {
            id: "run_1".to_owned(),
            github_run_id: Some(1),
            command: RunCommand::Apply,
            trigger: RunTrigger::Push,
            status: RunStatus::Completed,
            conclusion: Some(RunConclusion::Failure),
            approval_state: ApprovalState::None,
            approval: Approval { state: ApprovalState::None, environment: None, reviewers: vec![], decided_at: None },
            component: Some("vpc".to_owned()),
            stack: Some("plat-use2-prod".to_owned()),
            repo: "acme/infrastructure".to_owned(),
            instance_id: None,
            branch: Some("main".to_owned()),
            git_ref: None,
            sha: None,
            actor: None,
            workflow_name: None,
            workflow_file: None,
            run_attempt: 1,
            plan_exit_code: None,
            dispatch_error: None,
            parent_run_id: None,
            parent_conclusion: None,
            change_request: None,
            failed_jobs: vec![],
            created_at: "2026-08-21T09:00:00Z".to_owned(),
            started_at: None,
            finished_at: None,
            duration_seconds: None,
            dashboard_url: String::new(),
            github_url: None,
        }
    }

    fn job(state: LogState, pieces: &[(u32, &str)]) -> JobExcerpts {
        let piece = |(first_line, text): &(u32, &str)| ErrorPiece {
            step_name: Some("Apply".to_owned()),
            conclusion: Some(RunConclusion::Failure),
            first_line: *first_line,
            text: (*text).to_owned(),
        };
        JobExcerpts {
            conclusion: "failure".to_owned(),
            excerpts: ErrorExcerpts {
                job_name: "vpc-plat-use2-prod".to_owned(),
                state,
                started_at: None,
                pieces: pieces.iter().map(piece).collect(),
            },
        }
    }

    #[test]
    fn evidence_has_the_line_of_the_whole_log() {
        let pieces = [
            (10, "##[group]Run atmos terraform deploy vpc\nInitializing the backend...\n"),
            (
                4_000,
                "noise\nError: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity\n",
            ),
            (9_000, "##[error]Process completed with exit code 1."),
        ];
        let explanation = explain_run(run(), vec![job(LogState::Available, &pieces)]);
        assert_eq!(explanation.category, "oidc_assume_role");
        let evidence = &explanation.evidence[0];
        assert_eq!((evidence.job_name.as_deref(), evidence.line), (Some("vpc-plat-use2-prod"), Some(4_001)));
        assert_eq!(evidence.step_name.as_deref(), Some("Apply"));
    }

    #[test]
    fn evidence_of_a_failed_dispatch_is_of_no_job() {
        let run = RunDetails { dispatch_error: Some("workflow_not_found".to_owned()), ..run() };
        let explanation = explain_run(run, vec![]);
        assert_eq!(explanation.category, "dispatch_workflow");
        let evidence = &explanation.evidence[0];
        assert_eq!((evidence.job_name.as_deref(), evidence.text.as_str()), (None, "workflow_not_found"));
    }

    #[test]
    fn a_log_that_is_gone_is_said_to_be() {
        let explanation = explain_run(run(), vec![job(LogState::Expired, &[])]);
        assert!(explanation.description.contains("expired on GitHub"), "{}", explanation.description);
        assert_eq!(serde_json::to_value(&explanation.suggested_action).unwrap()["type"], "investigate");
    }

    #[test]
    fn a_waiting_run_needs_no_log() {
        let mut run = run();
        (run.status, run.conclusion) = (RunStatus::Waiting, None);
        run.approval = Approval {
            state: ApprovalState::Pending,
            environment: Some("production".to_owned()),
            reviewers: vec![],
            decided_at: None,
        };
        let action = serde_json::to_value(explain_run(run, vec![]).suggested_action).unwrap();
        assert_eq!(action, serde_json::json!({ "type": "approve", "target": "production", "confidence": "high" }));
    }
}
