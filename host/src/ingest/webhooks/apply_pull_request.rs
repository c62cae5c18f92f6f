//! `pull_request`: every action brings the whole pull request.

use serde_json::json;

use super::error::WebhookError;
use super::work::{Note, Outcome, Work};
use crate::ingest::github::pull_requests::{self, Told};
use crate::store::github::Target;
use crate::store::github::pull_requests::PullRequest;

/// GitHub's words for what happens to a pull request.
const ACTIONS: &[&str] = &[
    "assigned",
    "auto_merge_disabled",
    "auto_merge_enabled",
    "closed",
    "converted_to_draft",
    "demilestoned",
    "dequeued",
    "edited",
    "enqueued",
    "labeled",
    "locked",
    "merged",
    "milestoned",
    "opened",
    "ready_for_review",
    "reopened",
    "review_request_removed",
    "review_requested",
    "synchronize",
    "unassigned",
    "unlabeled",
    "unlocked",
];

/// Applies an event of a pull request.
pub(super) async fn apply(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let payload = work.payload.pull_request.as_ref().ok_or(WebhookError::MissingField("pull_request"))?;
    let told = Told::Event { action: work.action(), before: work.payload.before.get() };
    let pull_request = pull_requests::read(payload, told, work.now)?;
    if let Some(ignored) = work.unless_known(ACTIONS) {
        return Ok(ignored);
    }
    let targets = work.targets().await?;
    for target in &targets {
        let written = pull_requests::store(&mut work.recorder(), target, &pull_request).await?;
        if let Some(id) = written {
            let note = note(work, target, id, &pull_request);
            work.notes.extend(note);
        }
    }
    Ok(Outcome::of(&targets))
}

/// What the audit log tells. The title is somebody's own words.
fn note(work: &Work<'_>, target: &Target, id: String, pull_request: &PullRequest<'_>) -> Option<Note> {
    let change = work.action();
    let action = match (change, pull_request.state) {
        ("opened", _) => "opened",
        ("closed", "merged") => "merged",
        // New commits, and what changes its state.
        ("synchronize" | "closed" | "reopened" | "ready_for_review" | "converted_to_draft", _) => "updated",
        _ => return None,
    };
    Some(Note {
        workspace_id: target.scope.workspace_id().to_owned(),
        event: ("pull_request", action),
        target: ("pull_request", id),
        metadata: json!({
            "repository": work.repository_name(),
            "number": pull_request.number,
            "author": pull_request.author,
            "change": change,
            "state": pull_request.state,
            "headSha": pull_request.head_sha,
        }),
    })
}
