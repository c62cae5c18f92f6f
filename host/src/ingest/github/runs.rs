//! Workflow runs. All workflows of a repository are kept; which of them are Atmos's is told by [`super::linking`].

use std::borrow::Cow;

use super::inference::{self, Called};
use super::{RecordError, Recorder, linking};
use crate::clock::Timestamp;
use crate::store::github::outcomes::Settled;
use crate::store::github::runs::{self, Run, Stored};
use crate::store::github::{Target, approvals};
use crate::upstream::github_app::types::{Account, Workflow, WorkflowRun};

/// Writes a run, links it to the instance that its title or its jobs name, and tells the instance when it is over;
/// gives the instance's change of status, too. `workflow` is what GitHub says of the workflow beside the run.
pub(in crate::ingest) async fn store(
    recorder: &mut Recorder<'_>,
    target: &Target,
    payload: &WorkflowRun,
    workflow: Option<&Workflow>,
) -> Result<(Stored, Option<Settled>), RecordError> {
    let called = called(payload, workflow);
    let mut run = read(payload, called, recorder.now)?;
    run.instance = linking::find_titled(recorder, target, payload, called).await?;
    let id = recorder.entropy.id("run", run.created_at);
    let mut stored = runs::upsert(recorder.tx, target, id, &run).await?;
    if !stored.changed {
        return Ok((stored, None));
    }
    // Its jobs may have been told of before.
    approvals::wait_for_jobs(recorder.tx, target, &stored.run_id).await?;
    let followed = linking::follow(recorder, target, &stored.run_id).await?;
    if let Some(subject) = followed.subject {
        stored.subject = subject;
    }
    Ok((stored, followed.settled))
}

fn called<'a>(payload: &'a WorkflowRun, workflow: Option<&'a Workflow>) -> Called<'a> {
    let path = payload.path.get().or(workflow.and_then(|workflow| workflow.path.get()));
    Called {
        file: path.and_then(inference::workflow_file),
        name: workflow.and_then(|workflow| workflow.name.get()).or(payload.name.get()),
    }
}

fn read<'a>(payload: &'a WorkflowRun, called: Called<'a>, now: Timestamp) -> Result<Run<'a>, RecordError> {
    let status = payload.status.get().unwrap_or("queued");
    let created_at = payload.created_at.0.or(payload.updated_at.0).unwrap_or(now);
    let updated_at = payload.updated_at.0.or(payload.run_started_at.0).unwrap_or(created_at);
    let pull_request_number = payload.pull_requests.iter().find_map(|pull_request| pull_request.number);
    let event = payload.event.or_empty();
    let fork = fork_owner(payload);
    // No ref of this repository is a branch of a fork, and the fork may call its branch like any of this one.
    let branch_here = payload.head_branch.get().filter(|_| fork.is_none());
    Ok(Run {
        github_run_id: payload.id.ok_or(RecordError::MissingField("workflow_run.id"))?,
        attempt: payload.run_attempt.unwrap_or(1),
        updated_at,
        workflow_name: called.name,
        workflow_file: called.file,
        command: inference::command(called.file.or(called.name).unwrap_or_default()),
        trigger: inference::trigger(event, called),
        status,
        conclusion: payload.conclusion.get(),
        created_at,
        started_at: payload.run_started_at.0,
        finished_at: (status == "completed").then_some(updated_at),
        instance: None,
        branch: branch(payload, fork),
        git_ref: inference::git_ref(event, branch_here, pull_request_number),
        sha: payload.head_sha.get(),
        actor: login(payload.triggering_actor.as_ref()).or(login(payload.actor.as_ref())),
        github_url: payload.html_url.get(),
        pull_request_number,
    })
}

/// The branch; that of a fork as `owner:branch`, which is how GitHub shows it.
fn branch<'a>(payload: &'a WorkflowRun, fork: Option<&str>) -> Option<Cow<'a, str>> {
    let name = payload.head_branch.get()?;
    Some(fork.map_or(Cow::Borrowed(name), |owner| Cow::Owned(format!("{owner}:{name}"))))
}

/// Whose fork the branch is in; none if it is in the repository itself.
fn fork_owner(payload: &WorkflowRun) -> Option<&str> {
    let (owner, name) = payload.head_repository.as_ref()?.owner_and_name()?;
    let (base_owner, base_name) = payload.repository.as_ref()?.owner_and_name()?;
    let is_same = owner.eq_ignore_ascii_case(base_owner) && name.eq_ignore_ascii_case(base_name);
    (!is_same).then_some(owner)
}

fn login(account: Option<&Account>) -> Option<&str> {
    account.and_then(|account| account.login.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_branch_of_a_fork_is_none_of_the_repository() {
        let told = |head: serde_json::Value, event: &str| {
            let payload: WorkflowRun = serde_json::from_value(json!({
                "id": 1, "event": event, "head_branch": "main", "head_repository": head,
                "repository": { "full_name": "acme/infra" },
            }))
            .unwrap();
            let run = read(&payload, Called::default(), Timestamp::from_micros(0)).unwrap();
            (run.branch.map(Cow::into_owned), run.git_ref)
        };
        let ours = (Some("main".to_owned()), Some("refs/heads/main".to_owned()));
        assert_eq!(told(json!({ "full_name": "Acme/Infra" }), "push"), ours);
        assert_eq!(told(json!(null), "workflow_dispatch"), ours);
        let fork = (Some("stranger:main".to_owned()), None);
        assert_eq!(told(json!({ "full_name": "stranger/infra" }), "pull_request"), fork);
        assert_eq!(told(json!({ "full_name": "stranger/infra" }), "pull_request_target"), fork);
    }
}
