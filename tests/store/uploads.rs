//! What workflows and GitHub send: one request of each kind, to a workspace of any size.

use anyhow::{Context as _, Result, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tests::harness::{FakeIssuer, Reply, TestApp, WEBHOOK_SECRET, sign_webhook, text};

/// A repository of the fleet that [`TestApp::generate`] makes, and a stack of it.
const OWNER: &str = "scale";
const REPO: &str = "repo-1000000001";
const STACK: &str = "scale-1000000000";

/// Who sends.
struct Sender<'a> {
    app: &'a TestApp,
    issuer: &'a FakeIssuer,
    /// The workspace's static token.
    token: String,
}

/// Sends all of it, which must be taken. The server must trust the issuer and know the webhooks' secret.
pub(super) async fn send_all(app: &TestApp, issuer: &FakeIssuer) -> Result<()> {
    let sender = Sender { app, issuer, token: app.workspace_token("acme").await? };
    sender.inventories().await?;
    let session = sender.session().await?;
    for (execution, token) in [("1", &sender.token), ("2", &session)] {
        sender.results(execution, token).await?;
    }
    sender.post("/job-summaries?jobName=plan", &session, &json!("## Plan")).await?;
    sender.webhooks().await
}

impl Sender<'_> {
    /// The session of a job of the repository.
    async fn session(&self) -> Result<String> {
        let workspaces = self.app.db_text("SELECT id FROM workspaces WHERE slug = 'acme'").await?;
        let workflow = format!("{OWNER}/{REPO}/.github/workflows/plan.yaml@refs/heads/main");
        let claims = self.issuer.claims(&[
            ("repository", json!(format!("{OWNER}/{REPO}"))),
            ("repository_owner", json!(OWNER)),
            ("workflow_ref", json!(workflow)),
        ]);
        let body = json!({ "token": self.issuer.token(&claims)?, "workspaceId": workspaces.first().context("Acme")? });
        let request = Client::new().post(self.app.url("/api/v1/auth/github-oidc")).json(&body);
        Ok(text(&taken(request).await?.body, "/data/token").to_owned())
    }

    /// A chunk of the large repository's, the whole of a small one's, and a comparison.
    async fn inventories(&self) -> Result<()> {
        let named = ["component-1", "component-2", "new"].map(|name| json!({ "component": name, "stack": STACK }));
        let repository = json!({ "repo_owner": OWNER, "repo_name": REPO, "instances": named, "stacks": named });
        let chunk = with(&repository, &json!({ "batch_id": "b", "batch_index": 0, "batch_total": 2 }));
        self.post("/instances", &self.token, &chunk).await?;
        self.post("/instances", &self.token, &with(&repository, &json!({ "repo_name": "small" }))).await?;
        self.post("/affected-stacks", &self.token, &with(&chunk, &json!({ "head_sha": "abc" }))).await
    }

    /// Results of two instances, the record of a command, and a lock.
    async fn results(&self, execution: &str, token: &str) -> Result<()> {
        for component in ["component-1", "component-2"] {
            let path = format!("/repos/{OWNER}/{REPO}/instances?stack={STACK}&component={component}");
            self.send(Method::PATCH, &path, token, &json!({ "command": "plan", "exit_code": 2 })).await?;
        }
        let components = json!([{ "component": "component-3", "stack": STACK, "exit_code": 0 }]);
        let record = json!({
            "execution_id": execution, "command": "plan", "repo_owner": OWNER, "repo_name": REPO,
            "data": { "components": components },
        });
        self.post("/atmos/exec", token, &record).await?;
        let lock = json!({ "key": format!("{OWNER}/{REPO}/{STACK}/component-1"), "ttl": 30 });
        self.post("/locks", token, &lock).await?;
        self.send(Method::DELETE, "/locks", token, &lock).await
    }

    /// A run with its job and review, a push, and a pull request.
    async fn webhooks(&self) -> Result<()> {
        let at = "2026-08-21T09:00:00Z";
        let run = json!({
            "id": 70_001, "run_attempt": 1, "display_title": format!("plan component-4/{STACK}/1"),
            "status": "completed", "conclusion": "failure", "path": ".github/workflows/plan.yaml", "event": "push",
            "head_branch": "main", "head_sha": "abc", "created_at": at, "run_started_at": at, "updated_at": at,
        });
        let job = json!({
            "id": 90_001, "run_id": 70_002, "run_attempt": 1, "name": format!("component-4-{STACK}"),
            "status": "completed", "conclusion": "failure", "created_at": at, "started_at": at, "completed_at": at,
            "steps": [],
        });
        let pull_request = json!({
            "number": 7, "title": "Add vpc", "user": { "login": "dana" }, "state": "open", "draft": false,
            "head": { "sha": "abc", "ref": "feature" }, "base": { "ref": "main" }, "html_url": "https://github.com/x",
            "created_at": at, "updated_at": at,
        });
        let commits = json!([{ "id": "abc", "message": "Add vpc (#7)", "timestamp": at }]);
        for (event, fields) in [
            ("workflow_run", json!({ "action": "completed", "workflow_run": run })),
            ("workflow_job", json!({ "action": "completed", "workflow_job": job })),
            ("deployment_review", json!({ "action": "requested", "workflow_run": run, "environment": "prod" })),
            ("push", json!({ "ref": "refs/heads/main", "commits": commits })),
            ("pull_request", json!({ "action": "opened", "pull_request": pull_request })),
        ] {
            let repository = json!({ "full_name": format!("{OWNER}/{REPO}"), "default_branch": "main" });
            self.deliver(event, &with(&fields, &json!({ "repository": repository }))).await?;
        }
        Ok(())
    }

    async fn deliver(&self, event: &str, body: &Value) -> Result<()> {
        let body = body.to_string();
        let request = Client::new()
            .post(self.app.url("/api/github/webhooks"))
            .header("content-type", "application/json")
            .header("x-github-event", event)
            .header("x-github-delivery", event)
            .header("x-hub-signature-256", sign_webhook(WEBHOOK_SECRET, &body))
            .body(body);
        let reply = taken(request).await?;
        ensure!(reply.body["outcome"] == "applied", "{event}: {}", reply.body);
        Ok(())
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Result<()> {
        self.send(Method::POST, path, token, body).await
    }

    async fn send(&self, method: Method, path: &str, token: &str, body: &Value) -> Result<()> {
        let url = self.app.url(&format!("/api/v1{path}"));
        taken(Client::new().request(method, url).bearer_auth(token).json(body)).await?;
        Ok(())
    }
}

/// The reply to a request, which must be a success.
async fn taken(request: RequestBuilder) -> Result<Reply> {
    let reply = Reply::read(request).await?;
    ensure!(reply.status.is_success(), "{} {}", reply.status, reply.body);
    Ok(reply)
}

/// `base` with the fields of `change`.
fn with(base: &Value, change: &Value) -> Value {
    let mut base = base.clone();
    for (name, value) in change.as_object().into_iter().flatten() {
        base[name.as_str()] = value.clone();
    }
    base
}
