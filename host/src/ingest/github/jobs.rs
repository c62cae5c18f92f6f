//! Jobs of workflow runs, with their steps.

use serde_json::{Value, json};

use super::{RecordError, Recorder, inference, linking};
use crate::clock::Timestamp;
use crate::store::github::jobs::{self, Job};
use crate::store::github::outcomes::Settled;
use crate::store::github::runs::{self, Stub};
use crate::store::github::{Target, approvals};
use crate::upstream::github_app::types::{Step, WorkflowJob};

/// What is kept of a job.
pub(in crate::ingest) struct Told<'a> {
    job: Job<'a>,
    /// What the job says of its run.
    run: Stub<'a>,
}

/// Reads a job.
pub(in crate::ingest) fn read(payload: &WorkflowJob, now: Timestamp) -> Result<Told<'_>, RecordError> {
    Ok(Told { job: job(payload)?, run: stub(payload, now)? })
}

/// What became of a job.
pub(in crate::ingest) struct Kept {
    pub(in crate::ingest) run_id: String,
    /// False if a later state of the job was known.
    pub(in crate::ingest) is_news: bool,
    /// Of the instance that the job linked its run to.
    pub(in crate::ingest) settled: Option<Settled>,
}

/// Writes a job, and its run if that has not been told of. Links the run to the instance that the names of its
/// jobs tell.
pub(in crate::ingest) async fn store(
    recorder: &mut Recorder<'_>,
    target: &Target,
    told: &Told<'_>,
) -> Result<Kept, RecordError> {
    let run_id = find_run(recorder, target, &told.run).await?;
    let id = recorder.entropy.id("job", told.run.created_at);
    let has_waited = jobs::is_waiting(recorder.tx, target, &run_id, told.job.github_job_id).await?;
    let is_news = jobs::upsert(recorder.tx, target, &run_id, id, &told.job).await?;
    if is_news && told.job.status == "waiting" {
        approvals::wait_for_jobs(recorder.tx, target, &run_id).await?;
    } else if is_news && has_waited {
        approvals::go_on(recorder.tx, target, &run_id).await?;
    }
    let settled = linking::follow(recorder, target, &run_id).await?.settled;
    Ok(Kept { run_id, is_news, settled })
}

/// The job's run, made up if it has not been told of.
async fn find_run(recorder: &mut Recorder<'_>, target: &Target, stub: &Stub<'_>) -> Result<String, RecordError> {
    if let Some(id) = runs::find_id(recorder.tx, target, stub.github_run_id).await? {
        return Ok(id);
    }
    let id = recorder.entropy.id("run", stub.created_at);
    runs::insert_stub(recorder.tx, target, id.clone(), stub).await?;
    // An upload may have made the row a moment ago.
    Ok(runs::find_id(recorder.tx, target, stub.github_run_id).await?.unwrap_or(id))
}

fn job(payload: &WorkflowJob) -> Result<Job<'_>, RecordError> {
    Ok(Job {
        github_job_id: payload.id.ok_or(RecordError::MissingField("workflow_job.id"))?,
        run_attempt: payload.run_attempt.unwrap_or(1),
        name: payload.name.or_empty(),
        status: payload.status.get().unwrap_or("queued"),
        conclusion: payload.conclusion.get(),
        started_at: payload.started_at.0,
        completed_at: payload.completed_at.0,
        steps: payload.steps.iter().map(step).collect::<Value>().to_string(),
        github_url: payload.html_url.get(),
    })
}

fn step(step: &Step) -> Value {
    json!({
        "number": step.number,
        "name": step.name.or_empty(),
        "status": step.status.or_empty(),
        "conclusion": step.conclusion.get(),
        "startedAt": step.started_at.0.map(Timestamp::micros),
        "completedAt": step.completed_at.0.map(Timestamp::micros),
    })
}

fn stub(payload: &WorkflowJob, now: Timestamp) -> Result<Stub<'_>, RecordError> {
    let has_started = matches!(payload.status.get(), Some("in_progress" | "completed"));
    Ok(Stub {
        github_run_id: payload.run_id.ok_or(RecordError::MissingField("workflow_job.run_id"))?,
        workflow_name: payload.workflow_name.get(),
        command: inference::command(payload.workflow_name.or_empty()),
        status: if has_started { "in_progress" } else { "queued" },
        created_at: payload.created_at.0.or(payload.started_at.0).unwrap_or(now),
        branch: payload.head_branch.get(),
        sha: payload.head_sha.get(),
    })
}
