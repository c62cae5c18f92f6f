//! The payloads of the events that are used, read as liberally as the objects in them
//! (`crate::upstream::github_app::types`).

use serde::Deserialize;

use super::error::WebhookError;
use super::event::Event;
use crate::upstream::github_app::lenient::{Moment, Text, or_default};
use crate::upstream::github_app::types::{
    Account, Installation, PullRequest, Repository, Workflow, WorkflowJob, WorkflowRun,
};

/// All that is read of any event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Payload {
    pub(super) action: Text,
    pub(super) installation: Option<Installation>,
    pub(super) repository: Option<Repository>,
    /// Of `installation`.
    #[serde(deserialize_with = "or_default")]
    pub(super) repositories: Vec<Repository>,
    #[serde(deserialize_with = "or_default")]
    pub(super) repositories_added: Vec<Repository>,
    #[serde(deserialize_with = "or_default")]
    pub(super) repositories_removed: Vec<Repository>,
    /// Of `repository`.
    pub(super) changes: Option<Changes>,
    pub(super) pull_request: Option<PullRequest>,
    /// Of `synchronize`: the head before.
    pub(super) before: Text,
    /// Of `push`.
    #[serde(rename = "ref")]
    pub(super) git_ref: Text,
    #[serde(deserialize_with = "or_default")]
    pub(super) deleted: bool,
    #[serde(deserialize_with = "or_default")]
    pub(super) commits: Vec<Commit>,
    pub(super) workflow_run: Option<WorkflowRun>,
    pub(super) workflow: Option<Workflow>,
    pub(super) workflow_job: Option<WorkflowJob>,
    /// Of `deployment_review`, as are the fields that follow.
    pub(super) environment: Text,
    #[serde(deserialize_with = "or_default")]
    pub(super) reviewers: Vec<Reviewer>,
    pub(super) approver: Option<Account>,
    pub(super) since: Moment,
    pub(super) workflow_job_run: Option<WorkflowJobRun>,
    #[serde(deserialize_with = "or_default")]
    pub(super) workflow_job_runs: Vec<WorkflowJobRun>,
}

/// All that is read of an event that is not used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Head {
    action: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Commit {
    pub(super) id: Text,
    pub(super) message: Text,
    pub(super) timestamp: Moment,
    pub(super) url: Text,
    pub(super) author: Option<Account>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Changes {
    pub(super) repository: Option<RepositoryChange>,
    pub(super) owner: Option<OwnerChange>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RepositoryChange {
    pub(super) name: Option<NameChange>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NameChange {
    pub(super) from: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OwnerChange {
    pub(super) from: Option<FormerOwner>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FormerOwner {
    pub(super) user: Option<Account>,
    pub(super) organization: Option<Account>,
}

/// A user or a team that may decide.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reviewer {
    pub(super) reviewer: Option<Account>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WorkflowJobRun {
    pub(super) environment: Text,
}

/// Reads a body. Of an event that is not used, it has to be JSON and no more.
pub(super) fn parse(event: Event, body: &[u8]) -> Result<Payload, WebhookError> {
    // A list would be read as the fields of a payload in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(WebhookError::Malformed("it does not begin like a JSON object".to_owned()));
    }
    let malformed = |error: serde_json::Error| WebhookError::Malformed(error.to_string());
    if event.is_used() {
        return serde_json::from_slice(body).map_err(malformed);
    }
    let Head { action } = serde_json::from_slice(body).map_err(malformed)?;
    Ok(Payload { action, ..Payload::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn null_and_missing_are_none() {
        let body = json!({
            "action": null, "commits": null, "deleted": null, "reviewers": null, "installation": null,
            "workflow_run": { "id": 1, "pull_requests": null, "actor": null }, "unheard_of": [],
        });
        let payload = parse(Event::WorkflowRun, body.to_string().as_bytes()).unwrap();
        assert_eq!(payload.action.get(), None);
        assert!(payload.installation.is_none() && payload.commits.is_empty() && !payload.deleted);
        assert_eq!(payload.workflow_run.unwrap().id, Some(1));
    }

    #[test]
    fn an_event_that_is_not_used_has_to_be_json() {
        let odd = br#"{ "action": "created", "installation": "none", "commits": 3 }"#;
        assert_eq!(parse(Event::Unknown, odd).unwrap().action.get(), Some("created"));
        for bad in ["", "{", "payload=%7B%7D", "[]", " [{}]", "null", "\"push\""] {
            for event in [Event::Unknown, Event::Push, Event::WorkflowRun] {
                assert!(matches!(parse(event, bad.as_bytes()), Err(WebhookError::Malformed(_))), "{bad}");
            }
        }
    }
}
