//! `workflow_run`: requested, `in_progress`, completed.

use serde_json::json;

use super::error::WebhookError;
use super::inference;
use super::payload::{Account, WorkflowRun};
use super::work::{Note, Outcome, Work};
use crate::store::github::links::{self, Linked};
use crate::store::github::runs::{self, Run, Stored};
use crate::store::github::{Target, outcomes};

/// Applies an event of a run. All workflows of a repository are kept: which of them are Atmos's cannot be
/// told by their names.
pub(super) async fn apply(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let payload = work.payload.workflow_run.as_ref().ok_or(WebhookError::MissingField("workflow_run"))?;
    let targets = work.targets().await?;
    for target in &targets {
        let stored = store_run(work, target, payload).await?;
        if stored.changed && payload.status.get() == Some("completed") {
            work.notes.push(note(target, stored.run_id, payload));
        }
    }
    Ok(Outcome::of(&targets))
}

/// Writes a run, links it to the instance that its title names, and tells the instance when it is over.
pub(super) async fn store_run(
    work: &mut Work<'_>,
    target: &Target,
    payload: &WorkflowRun,
) -> Result<Stored, WebhookError> {
    let instance = find_instance(work, target, payload).await?;
    let run = read(work, payload, instance)?;
    let id = work.entropy.id("run", run.created_at);
    let stored = runs::upsert(work.tx, target, id, &run).await?;
    if stored.changed {
        outcomes::settle(work.tx, target, &stored.run_id, work.entropy, work.now).await?;
    }
    Ok(stored)
}

/// The one instance that the title names.
async fn find_instance(
    work: &mut Work<'_>,
    target: &Target,
    payload: &WorkflowRun,
) -> Result<Option<Linked>, WebhookError> {
    let titles = [payload.display_title.get(), payload.name.get()];
    let pairs: Vec<_> = titles.into_iter().flatten().flat_map(inference::pairs).collect();
    let mut named = links::find_named(work.tx, target, &pairs).await?;
    let first = named.pop();
    Ok(first.filter(|_| named.is_empty()))
}

fn read<'a>(work: &Work<'a>, payload: &'a WorkflowRun, instance: Option<Linked>) -> Result<Run<'a>, WebhookError> {
    let workflow = work.payload.workflow.as_ref();
    let path = payload.path.get().or(workflow.and_then(|workflow| workflow.path.get()));
    let workflow_file = path.and_then(inference::workflow_file);
    let workflow_name = workflow.and_then(|workflow| workflow.name.get()).or(payload.name.get());
    let status = payload.status.get().unwrap_or("queued");
    let created_at = payload.created_at.0.or(payload.updated_at.0).unwrap_or(work.now);
    let updated_at = payload.updated_at.0.unwrap_or(created_at);
    let pull_request_number = payload.pull_requests.iter().find_map(|pull_request| pull_request.number);
    let event = payload.event.or_empty();
    Ok(Run {
        github_run_id: payload.id.ok_or(WebhookError::MissingField("workflow_run.id"))?,
        attempt: payload.run_attempt.unwrap_or(1),
        updated_at,
        workflow_name,
        workflow_file,
        command: inference::command(workflow_file.or(workflow_name).unwrap_or_default()),
        trigger: inference::trigger(event),
        status,
        conclusion: payload.conclusion.get(),
        created_at,
        started_at: payload.run_started_at.0,
        finished_at: (status == "completed").then_some(updated_at),
        instance,
        branch: payload.head_branch.get(),
        git_ref: inference::git_ref(event, payload.head_branch.get(), pull_request_number),
        sha: payload.head_sha.get(),
        actor: login(payload.triggering_actor.as_ref()).or(login(payload.actor.as_ref())),
        github_url: payload.html_url.get(),
        pull_request_number,
    })
}

fn login(account: Option<&Account>) -> Option<&str> {
    account.and_then(|account| account.login.get())
}

fn note(target: &Target, run_id: String, payload: &WorkflowRun) -> Note {
    let action = if outcomes::is_failure(payload.conclusion.get()) { "failed" } else { "completed" };
    Note {
        workspace_id: target.scope.workspace_id().to_owned(),
        event: ("workflow", action),
        target: ("workflow_run", run_id),
        metadata: json!({
            "githubRunId": payload.id,
            "attempt": payload.run_attempt,
            "conclusion": payload.conclusion.get(),
            "repositoryId": target.repository_id,
        }),
    }
}
