//! The payloads of the events that are used, read liberally: unknown fields are ignored, missing and null
//! ones are none, times come in two forms.

use serde::Deserialize;

use super::error::WebhookError;
use super::event::Event;
use super::lenient::{Moment, Text, or_default};
use crate::store::github::FullName;

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

/// A user or an organization.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Account {
    pub(super) login: Text,
    /// Of an author in git; the login, if git's address is known to GitHub.
    pub(super) username: Text,
    pub(super) name: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Installation {
    pub(super) id: Option<i64>,
    pub(super) account: Option<Account>,
    pub(super) created_at: Moment,
    pub(super) updated_at: Moment,
    pub(super) suspended_at: Moment,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repository {
    name: Text,
    full_name: Text,
    owner: Option<Account>,
    pub(super) default_branch: Text,
}

impl Repository {
    /// Owner and name. Events of installations have no owner beside the full name.
    pub(super) fn full_name(&self) -> Option<FullName<'_>> {
        let split = self.full_name.get().and_then(|name| name.split_once('/'));
        let apart = || Some((self.owner.as_ref()?.login.get()?, self.name.get()?));
        let (owner, name) = split.or_else(apart)?;
        Some(FullName { owner, name })
    }
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

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PullRequest {
    pub(super) number: Option<i64>,
    pub(super) title: Text,
    pub(super) user: Option<Account>,
    pub(super) state: Text,
    #[serde(deserialize_with = "or_default")]
    pub(super) draft: bool,
    #[serde(deserialize_with = "or_default")]
    pub(super) merged: bool,
    pub(super) html_url: Text,
    pub(super) head: Option<Branch>,
    pub(super) base: Option<Branch>,
    pub(super) created_at: Moment,
    pub(super) updated_at: Moment,
    pub(super) merged_at: Moment,
    pub(super) closed_at: Moment,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Branch {
    #[serde(rename = "ref")]
    pub(super) git_ref: Text,
    pub(super) sha: Text,
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
pub(super) struct Workflow {
    pub(super) name: Text,
    pub(super) path: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WorkflowRun {
    pub(super) id: Option<i64>,
    pub(super) run_attempt: Option<i64>,
    pub(super) name: Text,
    pub(super) display_title: Text,
    pub(super) path: Text,
    pub(super) event: Text,
    pub(super) status: Text,
    pub(super) conclusion: Text,
    pub(super) head_branch: Text,
    pub(super) head_sha: Text,
    pub(super) html_url: Text,
    pub(super) actor: Option<Account>,
    pub(super) triggering_actor: Option<Account>,
    /// Empty for forks.
    #[serde(deserialize_with = "or_default")]
    pub(super) pull_requests: Vec<Numbered>,
    pub(super) created_at: Moment,
    pub(super) updated_at: Moment,
    pub(super) run_started_at: Moment,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Numbered {
    pub(super) number: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WorkflowJob {
    pub(super) id: Option<i64>,
    pub(super) run_id: Option<i64>,
    pub(super) run_attempt: Option<i64>,
    pub(super) name: Text,
    pub(super) workflow_name: Text,
    pub(super) status: Text,
    pub(super) conclusion: Text,
    pub(super) head_branch: Text,
    pub(super) head_sha: Text,
    pub(super) html_url: Text,
    /// Empty while the job is queued or waits.
    #[serde(deserialize_with = "or_default")]
    pub(super) steps: Vec<Step>,
    pub(super) created_at: Moment,
    pub(super) started_at: Moment,
    pub(super) completed_at: Moment,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    pub(super) number: Option<i64>,
    pub(super) name: Text,
    pub(super) status: Text,
    pub(super) conclusion: Text,
    pub(super) started_at: Moment,
    pub(super) completed_at: Moment,
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
    fn a_repository_has_its_name_in_either_form() {
        let whole: Repository = serde_json::from_value(json!({ "full_name": "acme/infra", "name": "x" })).unwrap();
        let apart: Repository =
            serde_json::from_value(json!({ "owner": { "login": "acme" }, "name": "infra" })).unwrap();
        for repository in [whole, apart] {
            assert_eq!(repository.full_name(), Some(FullName { owner: "acme", name: "infra" }));
        }
        assert_eq!(Repository::default().full_name(), None);
    }

    #[test]
    fn an_event_that_is_not_used_has_to_be_json() {
        let odd = br#"{ "action": "created", "installation": "none", "commits": 3 }"#;
        assert_eq!(parse(Event::Unknown, odd).unwrap().action.get(), Some("created"));
        for bad in ["", "{", "payload=%7B%7D"] {
            assert!(matches!(parse(Event::Unknown, bad.as_bytes()), Err(WebhookError::Malformed(_))), "{bad}");
        }
    }
}
