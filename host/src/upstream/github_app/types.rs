//! GitHub's objects, as its REST API and its webhooks write them, read liberally: unknown fields are ignored,
//! missing and null ones are none, times come in two forms.

use serde::Deserialize;

use super::lenient::{Moment, Text, or_default};

/// A user or an organization.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Account {
    pub(crate) login: Text,
    /// Of an author in git; the login, if git's address is known to GitHub.
    pub(crate) username: Text,
    pub(crate) name: Text,
}

/// Of the App, in an account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Installation {
    pub(crate) id: Option<i64>,
    pub(crate) account: Option<Account>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
    pub(crate) suspended_at: Moment,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Repository {
    pub(crate) id: Option<i64>,
    name: Text,
    full_name: Text,
    owner: Option<Account>,
    pub(crate) default_branch: Text,
    /// Where the whole repository is told of; events of installations have id and name alone.
    pub(crate) updated_at: Moment,
}

impl Repository {
    /// Owner and name. Events of installations have no owner beside the full name.
    pub(crate) fn owner_and_name(&self) -> Option<(&str, &str)> {
        let split = self.full_name.get().and_then(|name| name.split_once('/'));
        let apart = || Some((self.owner.as_ref()?.login.get()?, self.name.get()?));
        split.or_else(apart)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PullRequest {
    pub(crate) number: Option<i64>,
    pub(crate) title: Text,
    pub(crate) user: Option<Account>,
    pub(crate) state: Text,
    #[serde(deserialize_with = "or_default")]
    pub(crate) draft: bool,
    #[serde(deserialize_with = "or_default")]
    pub(crate) merged: bool,
    pub(crate) html_url: Text,
    pub(crate) head: Option<Branch>,
    pub(crate) base: Option<Branch>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
    pub(crate) merged_at: Moment,
    pub(crate) closed_at: Moment,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Branch {
    #[serde(rename = "ref")]
    pub(crate) git_ref: Text,
    pub(crate) sha: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Workflow {
    pub(crate) name: Text,
    pub(crate) path: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WorkflowRun {
    pub(crate) id: Option<i64>,
    pub(crate) run_attempt: Option<i64>,
    pub(crate) name: Text,
    pub(crate) display_title: Text,
    pub(crate) path: Text,
    pub(crate) event: Text,
    pub(crate) status: Text,
    pub(crate) conclusion: Text,
    pub(crate) head_branch: Text,
    pub(crate) head_sha: Text,
    /// Where the branch is; differs from `repository` for forks.
    pub(crate) head_repository: Option<Repository>,
    pub(crate) repository: Option<Repository>,
    pub(crate) html_url: Text,
    pub(crate) actor: Option<Account>,
    pub(crate) triggering_actor: Option<Account>,
    /// Empty for forks.
    #[serde(deserialize_with = "or_default")]
    pub(crate) pull_requests: Vec<Numbered>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
    pub(crate) run_started_at: Moment,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Numbered {
    pub(crate) number: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WorkflowJob {
    pub(crate) id: Option<i64>,
    pub(crate) run_id: Option<i64>,
    pub(crate) run_attempt: Option<i64>,
    pub(crate) name: Text,
    pub(crate) workflow_name: Text,
    pub(crate) status: Text,
    pub(crate) conclusion: Text,
    pub(crate) head_branch: Text,
    pub(crate) head_sha: Text,
    pub(crate) html_url: Text,
    /// Empty while the job is queued or waits.
    #[serde(deserialize_with = "or_default")]
    pub(crate) steps: Vec<Step>,
    pub(crate) created_at: Moment,
    pub(crate) started_at: Moment,
    pub(crate) completed_at: Moment,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Step {
    pub(crate) number: Option<i64>,
    pub(crate) name: Text,
    pub(crate) status: Text,
    pub(crate) conclusion: Text,
    pub(crate) started_at: Moment,
    pub(crate) completed_at: Moment,
}

/// A commit as a list of commits has it; a push writes it in another way.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Commit {
    pub(crate) sha: Text,
    pub(crate) html_url: Text,
    #[serde(rename = "commit")]
    pub(crate) git: Option<GitCommit>,
    /// None if GitHub does not know git's address.
    pub(crate) author: Option<Account>,
}

/// What git itself says of a commit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct GitCommit {
    pub(crate) message: Text,
    pub(crate) author: Option<Account>,
    pub(crate) committer: Option<Signature>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Signature {
    pub(crate) date: Moment,
}

/// An installation token: good for an hour.
#[derive(Deserialize)]
pub(super) struct InstallationToken {
    pub(super) token: String,
    pub(super) expires_at: Moment,
}

/// `GET /installation/repositories`
#[derive(Debug, Deserialize)]
pub(super) struct Repositories {
    pub(super) repositories: Vec<Repository>,
}

/// `GET /repos/{owner}/{repo}/actions/runs`
#[derive(Debug, Deserialize)]
pub(super) struct WorkflowRuns {
    pub(super) workflow_runs: Vec<WorkflowRun>,
}

/// `GET /repos/{owner}/{repo}/actions/runs/{id}/jobs`
#[derive(Debug, Deserialize)]
pub(super) struct WorkflowJobs {
    pub(super) jobs: Vec<WorkflowJob>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_repository_has_its_name_in_either_form() {
        let whole: Repository = serde_json::from_value(json!({ "full_name": "acme/infra", "name": "x" })).unwrap();
        let apart: Repository =
            serde_json::from_value(json!({ "owner": { "login": "acme" }, "name": "infra" })).unwrap();
        for repository in [whole, apart] {
            assert_eq!(repository.owner_and_name(), Some(("acme", "infra")));
        }
        assert_eq!(Repository::default().owner_and_name(), None);
    }

    #[test]
    fn a_list_needs_its_items_and_they_need_nothing() {
        let runs: WorkflowRuns = serde_json::from_value(json!({ "total_count": 1, "workflow_runs": [{}] })).unwrap();
        assert!(runs.workflow_runs.iter().all(|run| run.id.is_none()));
        assert!(serde_json::from_value::<WorkflowRuns>(json!({ "message": "Not Found" })).is_err());
    }
}
