//! Pull requests. GitHub always tells the whole of one.

use super::{RecordError, Recorder};
use crate::clock::Timestamp;
use crate::store::github::Target;
use crate::store::github::pull_requests::{self, PullRequest};
use crate::upstream::github_app::types::PullRequest as Payload;

/// What is kept of a pull request.
pub(in crate::ingest) fn read(payload: &Payload, now: Timestamp) -> Result<PullRequest<'_>, RecordError> {
    let (head, base) = (payload.head.as_ref(), payload.base.as_ref());
    let created_at = payload.created_at.0.unwrap_or(now);
    Ok(PullRequest {
        number: payload.number.ok_or(RecordError::MissingField("pull_request.number"))?,
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

/// Lists do not say whether a pull request was merged, only when.
fn state(payload: &Payload) -> &'static str {
    match payload.state.or_empty() {
        _ if payload.merged || payload.merged_at.0.is_some() => "merged",
        "closed" => "closed",
        _ => "open",
    }
}

/// Writes a pull request; its id, or none if a newer state is known.
pub(in crate::ingest) async fn store(
    recorder: &mut Recorder<'_>,
    target: &Target,
    pull_request: &PullRequest<'_>,
) -> Result<Option<String>, RecordError> {
    let id = recorder.entropy.id("pr", pull_request.created_at);
    Ok(pull_requests::upsert(recorder.tx, target, id, pull_request).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
