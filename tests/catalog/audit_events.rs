//! Something for the audit log to tell.

use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, TestApp, sign_webhook};

const SECRET: &str = "It's a Secret to Everybody";

/// A stack that the demo data does not have.
pub(super) const STACK: &str = "audit-dev";

/// The tests begin here; what the demo tells of is older.
pub(super) const START: &str = "2026-08-21T10:01:00Z";

/// A server that stands at [`START`].
pub(super) async fn start(engine: Engine) -> Result<TestApp> {
    let app = Fixture::new(engine).webhook_secret(SECRET)?.start().await?;
    app.advance(Duration::from_mins(1));
    Ok(app)
}

/// Sends a request, which must succeed, and lets a second pass.
async fn send(app: &TestApp, request: RequestBuilder) -> Result<()> {
    let response = request.send().await?;
    let status = response.status();
    ensure!(status.is_success(), "{status}: {}", response.text().await?);
    app.advance(Duration::from_secs(1));
    Ok(())
}

/// What CI and GitHub tell of `vpc` in [`STACK`]: eight events.
pub(super) async fn tell_of_stack(app: &TestApp) -> Result<()> {
    let token = app.workspace_token("acme").await?;
    let upload = |method: Method, path: &str, body: Value| {
        Client::new().request(method, app.url(&format!("/api/v1/{path}"))).bearer_auth(&token).json(&body)
    };
    let instance = json!({ "component": "vpc", "stack": STACK });
    let inventory = json!({ "repo_owner": "acme", "repo_name": "audited", "instances": [instance] });
    send(app, upload(Method::POST, "instances", inventory)).await?;
    let affected = json!({
        "repo_owner": "acme", "repo_name": "audited", "head_sha": "abc", "base_sha": "base", "stacks": [instance],
    });
    send(app, upload(Method::POST, "affected-stacks", affected)).await?;
    let result = json!({ "command": "plan", "exit_code": 2 });
    let path = format!("repos/acme/audited/instances?stack={STACK}&component=vpc");
    send(app, upload(Method::PATCH, &path, result)).await?;
    let key = format!("acme/audited/{STACK}/vpc");
    send(app, upload(Method::POST, "locks", json!({ "key": key, "ttl": 600 }))).await?;
    send(app, upload(Method::DELETE, "locks", json!({ "key": key }))).await?;
    let run = json!({
        "id": 7001, "run_attempt": 1, "name": "Apply", "display_title": format!("apply vpc/{STACK}/3Ac4tgT3JZZS7"),
        "path": ".github/workflows/atmos-terraform-apply.yaml", "event": "workflow_dispatch",
        "head_branch": "main", "head_sha": "abc", "actor": { "login": "amir" }, "pull_requests": [],
        "created_at": "2026-08-21T10:02:00Z", "run_started_at": "2026-08-21T10:02:00Z",
    });
    for (action, status, conclusion) in [("requested", "queued", None), ("completed", "completed", Some("failure"))] {
        let mut run = run.clone();
        run["status"] = json!(status);
        run["conclusion"] = json!(conclusion);
        run["updated_at"] = json!(if conclusion.is_some() { "2026-08-21T10:05:00Z" } else { "2026-08-21T10:02:00Z" });
        let repository = json!({ "full_name": "acme/audited", "default_branch": "main" });
        let event = json!({ "action": action, "repository": repository, "workflow_run": run }).to_string();
        let request = Client::new()
            .post(app.url("/api/github/webhooks"))
            .header("x-github-event", "workflow_run")
            .header("x-github-delivery", action)
            .header("x-hub-signature-256", sign_webhook(SECRET, &event))
            .body(event);
        send(app, request).await?;
    }
    Ok(())
}

/// What `mia` does: an answer, an error, and a call that her role does not allow.
pub(super) async fn tell_of_mia(app: &TestApp) -> Result<()> {
    let mia = app.agent("mia").await?;
    app.advance(Duration::from_secs(1));
    mia.call("list_repos", json!({ "limit": 3 })).await?.structured()?;
    app.advance(Duration::from_secs(1));
    mia.call("get_instance", json!({ "id": "inst_nothing" })).await?.tool_error()?;
    app.advance(Duration::from_secs(1));
    mia.call("list_audit_log_entries", json!({})).await?.tool_error()?;
    app.advance(Duration::from_secs(1));
    Ok(())
}
