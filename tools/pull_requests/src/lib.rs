//! Pull request tools: rows with the hours to merge, and how the latest runs of one stand.

mod checks;

pub use checks::{Checks, Instance, LatestRun, RunResult};

use schemars::JsonSchema;
use sdk::capability::pull_requests::{PullRequest, PullRequestDetails, PullRequestFilter};
use sdk::capability::workflow_runs::ChangeRequestState;
use serde::Serialize;

/// One pull request.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub id: String,
    pub number: u32,
    pub title: String,
    /// GitHub login.
    pub author: String,
    pub state: ChangeRequestState,
    pub draft: bool,
    /// `owner/name`.
    pub repo: String,
    pub created_at: String,
    pub merged_at: Option<String>,
    pub closed_at: Option<String>,
    /// From creation to merge, with one decimal; null until then.
    pub hours_to_merge: Option<f64>,
    /// Instances that the head commit affects, as uploaded; 5000 stands for that and more.
    pub affected_instance_count: u32,
    pub url: String,
}

impl From<PullRequest> for Row {
    fn from(row: PullRequest) -> Self {
        Self {
            id: row.id,
            number: row.number,
            title: row.title,
            author: row.author,
            state: row.state,
            draft: row.draft,
            repo: row.repo,
            created_at: row.created_at,
            merged_at: row.merged_at,
            closed_at: row.closed_at,
            hours_to_merge: row.seconds_to_merge.map(hours),
            affected_instance_count: row.affected_instance_count,
            url: row.url,
        }
    }
}

/// Hours with one decimal.
fn hours(seconds: u32) -> f64 {
    (f64::from(seconds) / 360.0).round() / 10.0
}

/// One pull request with its runs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    #[serde(flatten)]
    pub row: Row,
    pub head_sha: String,
    pub head_ref: String,
    pub base_ref: String,
    pub checks: Checks,
    /// By stack and component, at most 100.
    pub instances: Vec<Instance>,
    /// Whether there are more instances.
    pub truncated: bool,
}

impl From<PullRequestDetails> for Details {
    fn from(details: PullRequestDetails) -> Self {
        let instances: Vec<Instance> = details.instances.into_iter().map(Instance::from).collect();
        Self {
            row: details.pull_request.into(),
            head_sha: details.head_sha,
            head_ref: details.head_ref,
            base_ref: details.base_ref,
            checks: Checks::of(&instances),
            instances,
            truncated: details.truncated,
        }
    }
}

/// What to try when no pull request matches.
pub fn hint(filter: &PullRequestFilter) -> String {
    let hint = if filter.component.is_some() || filter.stack.is_some() {
        "no pull request that matches affects it or has a run of it; list_components, list_stacks and list_repos show \
         the names there are"
    } else if filter.author.is_some() {
        "no pull request matches; `author` is an exact GitHub login, of a bot with `[bot]` at its end"
    } else {
        "no pull request matches; drop a filter, or call list_repos for the names of repositories"
    };
    hint.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sdk::capability::types::TimeWindow;

    #[test]
    fn hours_have_one_decimal() {
        for (seconds, expected) in [(0, 0.0), (179, 0.0), (180, 0.1), (5_400, 1.5), (90_000, 25.0), (3_540, 1.0)] {
            assert!((hours(seconds) - expected).abs() < 1e-9, "{seconds}: {}", hours(seconds));
        }
    }

    #[test]
    fn the_hint_is_about_what_was_asked() {
        let window = TimeWindow { since: None, until: None };
        let none = PullRequestFilter { states: vec![], repo: None, component: None, stack: None, author: None, window };
        assert!(hint(&none).contains("drop a filter"));
        assert!(hint(&PullRequestFilter { author: Some("mia".to_owned()), ..none.clone() }).contains("GitHub login"));
        assert!(hint(&PullRequestFilter { stack: Some("prod".to_owned()), ..none }).contains("list_stacks"));
    }
}
