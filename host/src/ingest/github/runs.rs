//! Workflow runs. All workflows of a repository are kept: which of them are Atmos's cannot be told by their
//! names.

use super::{RecordError, Recorder, inference};
use crate::clock::Timestamp;
use crate::store::github::Target;
use crate::store::github::links::{self, Linked};
use crate::store::github::outcomes::{self, Settled};
use crate::store::github::runs::{self, Run, Stored};
use crate::upstream::github_app::types::{Account, Workflow, WorkflowRun};

/// Writes a run, links it to the instance that its title names, and tells the instance when it is over; gives
/// the instance's change of status, too. `workflow` is what GitHub says of the workflow beside the run.
pub(in crate::ingest) async fn store(
    recorder: &mut Recorder<'_>,
    target: &Target,
    payload: &WorkflowRun,
    workflow: Option<&Workflow>,
) -> Result<(Stored, Option<Settled>), RecordError> {
    let instance = find_instance(recorder, target, payload).await?;
    let run = read(payload, workflow, instance, recorder.now)?;
    let id = recorder.entropy.id("run", run.created_at);
    let stored = runs::upsert(recorder.tx, target, id, &run).await?;
    let settled = if stored.changed {
        outcomes::settle(recorder.tx, target, &stored.run_id, recorder.entropy, recorder.now).await?
    } else {
        None
    };
    Ok((stored, settled))
}

/// The one instance that the title names.
async fn find_instance(
    recorder: &mut Recorder<'_>,
    target: &Target,
    payload: &WorkflowRun,
) -> Result<Option<Linked>, RecordError> {
    let titles = [payload.display_title.get(), payload.name.get()];
    let mut pairs: Vec<_> = titles.into_iter().flatten().flat_map(inference::pairs).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut named = links::find_named(recorder.tx, target, &pairs).await?;
    let first = named.pop();
    Ok(first.filter(|_| named.is_empty()))
}

fn read<'a>(
    payload: &'a WorkflowRun,
    workflow: Option<&'a Workflow>,
    instance: Option<Linked>,
    now: Timestamp,
) -> Result<Run<'a>, RecordError> {
    let path = payload.path.get().or(workflow.and_then(|workflow| workflow.path.get()));
    let workflow_file = path.and_then(inference::workflow_file);
    let workflow_name = workflow.and_then(|workflow| workflow.name.get()).or(payload.name.get());
    let status = payload.status.get().unwrap_or("queued");
    let created_at = payload.created_at.0.or(payload.updated_at.0).unwrap_or(now);
    let updated_at = payload.updated_at.0.unwrap_or(created_at);
    let pull_request_number = payload.pull_requests.iter().find_map(|pull_request| pull_request.number);
    let event = payload.event.or_empty();
    Ok(Run {
        github_run_id: payload.id.ok_or(RecordError::MissingField("workflow_run.id"))?,
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
