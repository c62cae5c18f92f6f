//! `workflow_job`: queued, waiting, `in_progress`, completed.

use serde_json::{Value, json};

use super::error::WebhookError;
use super::inference;
use super::payload::{Step, WorkflowJob};
use super::work::{Outcome, Work};
use crate::clock::Timestamp;
use crate::store::github::jobs::{self, Job};
use crate::store::github::links;
use crate::store::github::runs::{self, Stub};
use crate::store::github::{Target, outcomes};

/// Runs with more jobs are not linked by the names of their jobs: they are of many instances.
const MAX_NAMES: usize = 8;

/// Applies an event of a job.
pub(super) async fn apply(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let payload = work.payload.workflow_job.as_ref().ok_or(WebhookError::MissingField("workflow_job"))?;
    let job = read(payload)?;
    let stub = stub(payload, work.now)?;
    let targets = work.targets().await?;
    for target in &targets {
        let run_id = find_run(work, target, &stub).await?;
        let id = work.entropy.id("job", stub.created_at);
        jobs::upsert(work.tx, target, &run_id, id, &job).await?;
        link(work, target, &run_id).await?;
    }
    Ok(Outcome::of(&targets))
}

/// The job's run, made up if it has not been told of.
async fn find_run(work: &mut Work<'_>, target: &Target, stub: &Stub<'_>) -> Result<String, WebhookError> {
    if let Some(id) = runs::find_id(work.tx, target, stub.github_run_id).await? {
        return Ok(id);
    }
    let id = work.entropy.id("run", stub.created_at);
    runs::insert_stub(work.tx, target, id.clone(), stub).await?;
    // An upload may have made the row a moment ago.
    Ok(runs::find_id(work.tx, target, stub.github_run_id).await?.unwrap_or(id))
}

/// The newer workflows name their jobs and not their runs after the instance.
async fn link(work: &mut Work<'_>, target: &Target, run_id: &str) -> Result<(), WebhookError> {
    let limit = i64::try_from(MAX_NAMES + 1).unwrap_or(i64::MAX);
    let names = jobs::find_names(work.tx, target, run_id, limit).await?;
    if names.len() > MAX_NAMES {
        return Ok(());
    }
    let mut instances = Vec::new();
    for name in &names {
        instances.extend(links::find_named(work.tx, target, &inference::pairs(name)).await?);
    }
    instances.sort_unstable();
    instances.dedup();
    links::link_by_jobs(work.tx, target, run_id, &instances).await?;
    // The run may have been over before its job told whose it was.
    outcomes::settle(work.tx, target, run_id, work.entropy, work.now).await?;
    Ok(())
}

fn read(payload: &WorkflowJob) -> Result<Job<'_>, WebhookError> {
    Ok(Job {
        github_job_id: payload.id.ok_or(WebhookError::MissingField("workflow_job.id"))?,
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

fn stub(payload: &WorkflowJob, now: Timestamp) -> Result<Stub<'_>, WebhookError> {
    let has_started = matches!(payload.status.get(), Some("in_progress" | "completed"));
    Ok(Stub {
        github_run_id: payload.run_id.ok_or(WebhookError::MissingField("workflow_job.run_id"))?,
        workflow_name: payload.workflow_name.get(),
        command: inference::command(payload.workflow_name.or_empty()),
        status: if has_started { "in_progress" } else { "queued" },
        created_at: payload.created_at.0.or(payload.started_at.0).unwrap_or(now),
        branch: payload.head_branch.get(),
        sha: payload.head_sha.get(),
    })
}
