//! `pull_request`: every action brings the whole pull request.

use serde_json::json;

use super::error::WebhookError;
use super::payload::PullRequest as Payload;
use super::work::{Note, Outcome, Work};
use crate::clock::Timestamp;
use crate::store::github::Target;
use crate::store::github::pull_requests::{self, PullRequest};

/// Applies an event of a pull request.
pub(super) async fn apply(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let payload = work.payload.pull_request.as_ref().ok_or(WebhookError::MissingField("pull_request"))?;
    let pull_request = read(payload, work.now)?;
    let (action, targets) = (work.action(), work.targets().await?);
    for target in &targets {
        let id = work.entropy.id("pr", pull_request.created_at);
        let written = pull_requests::upsert(work.tx, target, id, &pull_request).await?;
        if let Some(id) = written {
            work.notes.extend(note(action, target, id, &pull_request));
        }
    }
    Ok(Outcome::of(&targets))
}

fn read(payload: &Payload, now: Timestamp) -> Result<PullRequest<'_>, WebhookError> {
    let (head, base) = (payload.head.as_ref(), payload.base.as_ref());
    let created_at = payload.created_at.0.unwrap_or(now);
    Ok(PullRequest {
        number: payload.number.ok_or(WebhookError::MissingField("pull_request.number"))?,
        title: payload.title.or_empty(),
        author: payload.user.as_ref().map(|user| user.login.or_empty()).unwrap_or_default(),
        state: state(payload),
        draft: payload.draft,
        head_sha: head.map(|head| head.sha.or_empty()).unwrap_or_default(),
        head_ref: head.map(|head| head.git_ref.or_empty()).unwrap_or_default(),
        base_ref: base.map(|base| base.git_ref.or_empty()).unwrap_or_default(),
        url: payload.html_url.or_empty(),
        created_at,
        merged_at: payload.merged_at.0,
        closed_at: payload.closed_at.0,
        updated_at: payload.updated_at.0.unwrap_or(created_at),
    })
}

fn state(payload: &Payload) -> &'static str {
    match payload.state.or_empty() {
        _ if payload.merged || payload.merged_at.0.is_some() => "merged",
        "closed" => "closed",
        _ => "open",
    }
}

/// What the audit log tells. The title is somebody's own words.
fn note(action: &str, target: &Target, id: String, pull_request: &PullRequest<'_>) -> Option<Note> {
    let action = match (action, pull_request.state) {
        ("opened", _) => "opened",
        ("closed", "merged") => "merged",
        _ => return None,
    };
    Some(Note {
        workspace_id: target.scope.workspace_id().to_owned(),
        event: ("pull_request", action),
        target: ("pull_request", id),
        metadata: json!({
            "number": pull_request.number,
            "author": pull_request.author,
            "repositoryId": target.repository_id,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_request_is_open_closed_or_merged() {
        for (payload, expected) in [
            (json!({ "state": "open" }), "open"),
            (json!({ "state": "closed", "merged": false }), "closed"),
            (json!({ "state": "closed", "merged": true }), "merged"),
            (json!({ "state": "closed", "merged_at": "2026-08-21T10:00:00Z" }), "merged"),
            (json!({}), "open"),
        ] {
            let payload: Payload = serde_json::from_value(payload).unwrap();
            assert_eq!(state(&payload), expected);
        }
    }
}
