//! `deployment_review`: requested, approved, rejected.

use serde_json::json;

use super::error::WebhookError;
use super::payload::Payload;
use super::work::{Outcome, Work};
use crate::clock::Timestamp;
use crate::ingest::github::runs;
use crate::store::github::Target;
use crate::store::github::approvals::{self, Decision, Request};
use crate::upstream::github_app::types::{Account, WorkflowRun};

/// Applies a review. It brings its run, which may not have been told of yet.
pub(super) async fn apply(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let payload = work.payload;
    // GitHub's schema lets it be null.
    let Some(run) = payload.workflow_run.as_ref() else {
        return Ok(Outcome::Ignored("the review names no run"));
    };
    if let Some(ignored) = work.unless_known(&["requested", "approved", "rejected"]) {
        return Ok(ignored);
    }
    let workflow = payload.workflow.as_ref();
    let targets = work.targets().await?;
    for target in &targets {
        let (stored, settled) = runs::store(&mut work.recorder(), target, run, workflow).await?;
        work.note_status(target, &stored.run_id, settled);
        review(work, target, &stored.run_id, run).await?;
    }
    Ok(Outcome::of(&targets))
}

async fn review(work: &mut Work<'_>, target: &Target, run_id: &str, run: &WorkflowRun) -> Result<(), WebhookError> {
    let payload = work.payload;
    let attempt = run.run_attempt.unwrap_or(1);
    let since = payload.since.0.or(run.updated_at.0).unwrap_or(work.now);
    let state = match work.action() {
        "requested" => {
            let environment = environments(payload).first().copied();
            let request = Request { attempt, environment, reviewers: reviewers(payload), at: since };
            return Ok(approvals::request(work.tx, target, run_id, &request).await?);
        }
        "approved" => "approved",
        "rejected" => "rejected",
        _ => return Ok(()),
    };
    let decision = Decision {
        attempt,
        state,
        environments: environments(payload),
        reviewers: payload.approver.as_ref().and_then(name).map(|login| json!([login]).to_string()),
        at: decided_at(since, run),
    };
    Ok(approvals::decide(work.tx, target, run_id, &decision).await?)
}

/// A decision tells since when it was waited for; it was made when the run went on, and never before.
fn decided_at(since: Timestamp, run: &WorkflowRun) -> Timestamp {
    run.updated_at.0.map_or(since, |updated_at| updated_at.max(since))
}

/// The environments that the review is of.
fn environments(payload: &Payload) -> Vec<&str> {
    let of_jobs = payload.workflow_job_runs.iter().chain(&payload.workflow_job_run);
    let mut environments: Vec<_> =
        payload.environment.get().into_iter().chain(of_jobs.filter_map(|job| job.environment.get())).collect();
    environments.sort_unstable();
    environments.dedup();
    environments
}

/// Who may decide, JSON list.
fn reviewers(payload: &Payload) -> Option<String> {
    let names: Vec<_> = payload.reviewers.iter().filter_map(|entry| name(entry.reviewer.as_ref()?)).collect();
    (!names.is_empty()).then(|| json!(names).to_string())
}

/// A user's login, or a team's name.
fn name(account: &Account) -> Option<&str> {
    account.login.get().or(account.name.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_names_environments_and_people() {
        let payload: Payload = serde_json::from_value(json!({
            "workflow_job_runs": [{ "environment": "prod" }, { "environment": "dev" }, { "environment": "prod" }],
            "reviewers": [{ "reviewer": { "login": "dana" } }, { "reviewer": { "name": "admins" } }, {}],
        }))
        .unwrap();
        assert_eq!(environments(&payload), ["dev", "prod"]);
        assert_eq!(reviewers(&payload).as_deref(), Some(r#"["dana","admins"]"#));
        assert_eq!(reviewers(&Payload::default()), None);
    }

    #[test]
    fn a_decision_is_never_older_than_its_request() {
        let (early, late) = (Timestamp::from_micros(1_000_000), Timestamp::from_micros(2_000_000));
        let run = |updated_at: i64| serde_json::from_value::<WorkflowRun>(json!({ "updated_at": updated_at })).unwrap();
        assert_eq!(decided_at(early, &run(2)), late);
        assert_eq!(decided_at(late, &run(1)), late);
    }
}
