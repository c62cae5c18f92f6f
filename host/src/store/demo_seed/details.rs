//! Jobs, their logs and their summaries.

use crate::clock::Timestamp;
use crate::store::db::Value;

/// A job of a run's first attempt.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) run_id: String,
    pub(crate) github_job_id: i64,
    pub(crate) name: String,
    pub(crate) status: &'static str,
    pub(crate) conclusion: Option<&'static str>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) completed_at: Option<Timestamp>,
    /// JSON list.
    pub(crate) steps: String,
    pub(crate) github_url: Option<String>,
    pub(crate) state_rank: i64,
}

/// The log of a job.
#[derive(Debug)]
pub(crate) struct JobLog {
    pub(crate) job_id: String,
    /// Text, zstd.
    pub(crate) content: Vec<u8>,
    /// Of the text.
    pub(crate) bytes: i64,
    /// Of the text.
    pub(crate) lines: i64,
    pub(crate) fetched_at: Timestamp,
}

/// The summary of a job.
#[derive(Debug)]
pub(crate) struct JobSummary {
    pub(crate) id: String,
    pub(crate) run_id: String,
    pub(crate) job_name: String,
    /// Markdown, zstd.
    pub(crate) markdown: Vec<u8>,
    /// Of the Markdown.
    pub(crate) bytes: i64,
    pub(crate) created_at: Timestamp,
}

pub(super) const JOBS: &str = "INSERT INTO jobs (id, run_id, github_job_id, run_attempt, name, status, conclusion, \
     started_at, completed_at, steps, github_url, state_rank, workspace_id) VALUES ";

pub(super) fn job_row(row: Job) -> [Value; 12] {
    [
        row.id.into(),
        row.run_id.into(),
        row.github_job_id.into(),
        1_i64.into(),
        row.name.into(),
        row.status.into(),
        row.conclusion.into(),
        row.started_at.into(),
        row.completed_at.into(),
        row.steps.into(),
        row.github_url.into(),
        row.state_rank.into(),
    ]
}

pub(super) const LOGS: &str =
    "INSERT INTO job_logs (job_id, content, bytes, lines, truncated, fetched_at, workspace_id) VALUES ";

pub(super) fn log_row(row: JobLog) -> [Value; 6] {
    [row.job_id.into(), row.content.into(), row.bytes.into(), row.lines.into(), false.into(), row.fetched_at.into()]
}

pub(super) const SUMMARIES: &str =
    "INSERT INTO job_summaries (id, run_id, job_name, markdown, bytes, created_at, workspace_id) VALUES ";

pub(super) fn summary_row(row: JobSummary) -> [Value; 6] {
    [
        row.id.into(),
        row.run_id.into(),
        row.job_name.into(),
        row.markdown.into(),
        row.bytes.into(),
        row.created_at.into(),
    ]
}
