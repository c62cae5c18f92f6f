//! Runs of which both an upload and a webhook tell, in either order.

use anyhow::{Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use tests::harness::{Engine, Reply, WEBHOOK_SECRET, sign_webhook};

use super::{Ci, succeeded};

impl Ci {
    /// Delivers an event of `org/repo`, which must be applied.
    async fn deliver(&self, event: &str, body: &Value) -> Result<()> {
        let body = body.to_string();
        let request = Client::new()
            .post(self.app.url("/api/github/webhooks"))
            .header("content-type", "application/json")
            .header("x-github-event", event)
            // No two events of a test are the same.
            .header("x-github-delivery", sign_webhook("delivery", &body))
            .header("x-hub-signature-256", sign_webhook(WEBHOOK_SECRET, &body))
            .body(body);
        let reply = Reply::read(request).await?;
        ensure!(reply.status == 202 && reply.body["outcome"] == "applied", "{} {}", reply.status, reply.body);
        Ok(())
    }

    /// The session of a job of this run and workflow file.
    async fn session_of(&self, run_id: u32, attempt: u32, file: &str) -> Result<String> {
        let workflow = format!("org/repo/.github/workflows/{file}@refs/heads/main");
        self.session(&[
            ("run_id", json!(run_id.to_string())),
            ("run_attempt", json!(attempt.to_string())),
            ("workflow_ref", json!(workflow)),
        ])
        .await
    }

    /// Posts a summary from a job of this run, which makes its row if there is none.
    async fn summarize(&self, run_id: u32, file: &str) -> Result<()> {
        let session = self.session_of(run_id, 1, file).await?;
        succeeded(&self.summary(&session, "?jobName=plan", "## Plan").await?)?;
        Ok(())
    }
}

/// An event of a run of this workflow file, which runs in its first attempt unless `state` says otherwise.
fn run(run_id: u32, file: &str, state: &Value) -> Value {
    let mut run = json!({
        "id": run_id, "run_attempt": 1, "name": "Infrastructure", "display_title": "Add vpc",
        "path": format!(".github/workflows/{file}"), "event": "push", "status": "in_progress", "conclusion": null,
        "head_branch": "main", "head_sha": "abc123", "created_at": "2026-08-21T09:00:00Z",
        "run_started_at": "2026-08-21T09:00:05Z", "updated_at": "2026-08-21T09:01:00Z",
    });
    for (field, value) in state.as_object().into_iter().flatten() {
        run[field.as_str()] = value.clone();
    }
    json!({ "action": "in_progress", "repository": { "full_name": "org/repo" }, "workflow_run": run })
}

/// Attempt and approval of the run 8001.
async fn attempts(ci: &Ci) -> Result<Vec<String>> {
    let rows = ci.app.db_text(
        "SELECT CAST(run_attempt AS TEXT) || ' ' || approval_state FROM workflow_runs WHERE github_run_id = 8001",
    );
    rows.await
}

on_both_engines! {
    async fn a_runs_command_is_the_same_whoever_tells_first(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let files = ["Apply.yml", "Deploy.yaml", "REMEDIATE.yaml", "deploy-prod.yaml", "plan.yaml"];
        for (number, file) in (8_001..).step_by(2).zip(files) {
            let (upload_first, webhook_first) = (number, number + 1);
            ci.summarize(upload_first, file).await?;
            ci.deliver("workflow_run", &run(upload_first, file, &json!({}))).await?;
            ci.deliver("workflow_run", &run(webhook_first, file, &json!({}))).await?;
            ci.summarize(webhook_first, file).await?;
        }
        let rows = ci.app.db_text(
            "SELECT workflow_file || ' ' || command || ' ' || CAST(COUNT(*) AS TEXT) FROM workflow_runs \
             WHERE github_run_id BETWEEN 8001 AND 8010 GROUP BY workflow_file, command",
        );
        let mut rows = rows.await?;
        rows.sort_unstable();
        let expected = [
            "Apply.yml apply 2",
            "Deploy.yaml apply 2",
            "REMEDIATE.yaml remediate 2",
            "deploy-prod.yaml apply 2",
            "plan.yaml plan 2",
        ];
        assert_eq!(rows, expected);
    }

    async fn a_late_result_does_not_bring_an_earlier_attempt_back(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let session = ci.session_of(8_001, 1, "apply.yaml").await?;
        let done = json!({ "run_attempt": 2, "status": "completed", "conclusion": "success" });
        ci.deliver("workflow_run", &run(8_001, "apply.yaml", &done)).await?;
        succeeded(&ci.result(&session, "vpc", &json!({ "command": "apply", "exit_code": 0 })).await?)?;
        assert_eq!(attempts(&ci).await?, ["2 none"]);
    }

    async fn an_early_result_does_not_keep_the_approval_of_the_attempt_before(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let mut approved = run(8_001, "apply.yaml", &json!({}));
        approved["action"] = json!("approved");
        approved["since"] = json!("2026-08-21T09:00:10Z");
        approved["approver"] = json!({ "login": "amir" });
        approved["workflow_job_runs"] = json!([{ "environment": "prod" }]);
        ci.deliver("deployment_review", &approved).await?;
        assert_eq!(attempts(&ci).await?, ["1 approved"]);
        let session = ci.session_of(8_001, 2, "apply.yaml").await?;
        succeeded(&ci.result(&session, "vpc", &json!({ "command": "apply", "exit_code": 0 })).await?)?;
        let again = json!({ "run_attempt": 2, "updated_at": "2026-08-21T09:30:00Z" });
        ci.deliver("workflow_run", &run(8_001, "apply.yaml", &again)).await?;
        assert_eq!(attempts(&ci).await?, ["2 none"]);
    }

    async fn without_webhooks_the_latest_attempt_is_kept(engine: Engine) {
        let ci = Ci::start(engine).await?;
        for attempt in [1, 2, 1] {
            let session = ci.session_of(8_001, attempt, "apply.yaml").await?;
            succeeded(&ci.result(&session, "vpc", &json!({ "command": "apply", "exit_code": 0 })).await?)?;
        }
        assert_eq!(attempts(&ci).await?, ["2 none"]);
    }
}
