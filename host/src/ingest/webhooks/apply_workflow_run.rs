//! `workflow_run`: requested, `in_progress`, completed.

use serde_json::json;

use super::error::WebhookError;
use super::work::{Note, Outcome, Work};
use crate::ingest::github::runs;
use crate::store::github::Target;
use crate::store::github::runs::Stored;
use crate::store::words::is_failure;
use crate::upstream::github_app::types::WorkflowRun;

/// Applies an event of a run.
pub(super) async fn apply(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let workflow = work.payload.workflow.as_ref();
    let payload = work.payload.workflow_run.as_ref().ok_or(WebhookError::MissingField("workflow_run"))?;
    if let Some(ignored) = work.unless_known(&["requested", "in_progress", "completed"]) {
        return Ok(ignored);
    }
    let targets = work.targets().await?;
    for target in &targets {
        let (stored, settled) = runs::store(&mut work.recorder(), target, payload, workflow).await?;
        work.note_status(target, &stored.run_id, settled);
        if stored.changed {
            let note = note(work, target, stored, payload);
            work.notes.extend(note);
        }
    }
    Ok(Outcome::of(&targets))
}

/// What the audit log tells: that somebody dispatched the run, or how it ended.
fn note(work: &Work<'_>, target: &Target, stored: Stored, payload: &WorkflowRun) -> Option<Note> {
    let is_dispatch = matches!(payload.event.get(), Some("workflow_dispatch" | "repository_dispatch"));
    let action = match payload.status.get() {
        Some("completed") if is_failure(payload.conclusion.get()) => "failed",
        Some("completed") => "completed",
        _ if work.action() == "requested" && is_dispatch => "dispatched",
        _ => return None,
    };
    let actor = payload.triggering_actor.as_ref().or(payload.actor.as_ref());
    Some(Note {
        workspace_id: target.scope.workspace_id().to_owned(),
        event: ("workflow", action),
        target: ("workflow_run", stored.run_id),
        metadata: json!({
            "repository": work.repository_name(),
            "command": stored.subject.command,
            "trigger": stored.subject.trigger_kind,
            "component": stored.subject.component,
            "stack": stored.subject.stack,
            "actor": actor.and_then(|account| account.login.get()),
            "githubRunId": payload.id,
            "attempt": payload.run_attempt,
            "conclusion": payload.conclusion.get(),
        }),
    })
}
