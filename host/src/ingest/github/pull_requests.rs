//! Pull requests. GitHub always tells the whole of one.

use super::{RecordError, Recorder};
use crate::clock::Timestamp;
use crate::store::github::Target;
use crate::store::github::pull_requests::{self, PullRequest};
use crate::upstream::github_app::types::PullRequest as Payload;

/// How a pull request is told of.
#[derive(Debug, Clone, Copy)]
pub(in crate::ingest) enum Told<'a> {
    /// In a list, as it was when that was read.
    Listed,
    /// By an event, as it was then.
    Event {
        /// What happened, in GitHub's word.
        action: &'a str,
        /// The head before, if new commits came.
        before: Option<&'a str>,
    },
}

/// What is kept of a pull request. Without any time, it is older than all that is known.
pub(in crate::ingest) fn read<'a>(
    payload: &'a Payload,
    told: Told<'a>,
    now: Timestamp,
) -> Result<PullRequest<'a>, RecordError> {
    let (head, base) = (payload.head.as_ref(), payload.base.as_ref());
    let state = state(payload);
    let times = [payload.created_at.0, payload.closed_at.0, payload.merged_at.0];
    let latest = || times.into_iter().flatten().max().unwrap_or(Timestamp::from_micros(0));
    Ok(PullRequest {
        number: payload.number.ok_or(RecordError::MissingField("pull_request.number"))?,
        title: payload.title.or_empty(),
        author: payload.user.as_ref().map(|user| user.login.or_empty()).unwrap_or_default(),
        state,
        draft: payload.draft,
        head_sha: head.map(|head| head.sha.or_empty()).unwrap_or_default(),
        head_ref: head.map(|head| head.git_ref.or_empty()).unwrap_or_default(),
        base_ref: base.map(|base| base.git_ref.or_empty()).unwrap_or_default(),
        url: payload.html_url.or_empty(),
        created_at: payload.created_at.0.unwrap_or(now),
        merged_at: payload.merged_at.0,
        closed_at: payload.closed_at.0,
        updated_at: payload.updated_at.0.unwrap_or_else(latest),
        rank: rank(state, told),
        before: match told {
            Told::Event { action: "synchronize", before } => before,
            Told::Event { .. } | Told::Listed => None,
        },
    })
}

/// Which of two states of one second is the later. It does not depend on which of them comes first, so it is a guess
/// where both orders can happen: that a pull request was closed and reopened within a second, and not reopened and
/// closed. A list is read after the events of its seconds.
fn rank(state: &str, told: Told<'_>) -> i64 {
    match (told, state) {
        (Told::Listed, _) => 7,
        (Told::Event { .. }, "merged") => 6,
        (Told::Event { action: "reopened", .. }, _) => 5,
        (Told::Event { .. }, "closed") => 4,
        (Told::Event { action: "synchronize" | "ready_for_review" | "converted_to_draft", .. }, _) => 3,
        (Told::Event { action: "edited", .. }, _) => 2,
        (Told::Event { action: "opened", .. }, _) => 0,
        (Told::Event { .. }, _) => 1,
    }
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
    fn what_ends_a_second_outranks_what_begins_it() {
        let event = |action, state| rank(state, Told::Event { action, before: None });
        let in_order = [
            event("opened", "open"),
            event("labeled", "open"),
            event("edited", "open"),
            event("synchronize", "open"),
            event("closed", "closed"),
            event("reopened", "open"),
            event("closed", "merged"),
            rank("open", Told::Listed),
        ];
        assert!(in_order.is_sorted_by(|earlier, later| earlier < later), "{in_order:?}");
        assert_eq!(event("labeled", "closed"), event("closed", "closed"));
    }

    #[test]
    fn without_a_time_of_its_own_it_is_as_old_as_what_it_tells_of() {
        let updated_at = |payload: serde_json::Value| {
            let payload: Payload = serde_json::from_value(payload).unwrap();
            read(&payload, Told::Listed, Timestamp::from_micros(9_000_000)).unwrap().updated_at.seconds()
        };
        assert_eq!(updated_at(json!({ "number": 1, "created_at": 2, "closed_at": 4, "updated_at": 5 })), 5);
        assert_eq!(updated_at(json!({ "number": 1, "created_at": 2, "closed_at": 4 })), 4);
        assert_eq!(updated_at(json!({ "number": 1 })), 0);
    }

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
