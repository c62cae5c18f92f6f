//! The contract that the atmos CLI publishes (`pacts/atmos-AtmosPro.json`), and what stands behind it: the
//! exchange of OIDC tokens, permissions, results, affected instances, locks and summaries.

mod affected;
mod contract;
mod locks;
mod oidc;
mod permissions;
mod results;
mod summaries;
mod webhooks;

use anyhow::{Context as _, Result, ensure};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tests::harness::{Engine, FakeIssuer, Fixture, Reply, TestApp, WEBHOOK_SECRET, text};

/// A stack that the demo data does not have.
const STACK: &str = "ci-dev";

/// A server that has `org/repo` in Acme's workspace and hears webhooks, and the issuer that it trusts.
struct Ci {
    app: TestApp,
    issuer: FakeIssuer,
    /// Acme's static token.
    token: String,
    /// Acme's id.
    workspace: String,
}

impl Ci {
    /// Starts both, and uploads an inventory: `vpc` with drift detection, `eks/cluster` without.
    async fn start(engine: Engine) -> Result<Self> {
        let issuer = FakeIssuer::start().await?;
        let app = Fixture::new(engine).oidc_issuer(issuer.url()).webhook_secret(WEBHOOK_SECRET)?.start().await?;
        let token = app.workspace_token("acme").await?;
        let workspace = app.db_text("SELECT id FROM workspaces WHERE slug = 'acme'").await?.pop().context("Acme")?;
        let ci = Self { app, issuer, token, workspace };
        succeeded(&ci.app.upload(&ci.token, &inventory("repo")).await?)?;
        Ok(ci)
    }

    /// Exchanges an OIDC token.
    async fn exchange(&self, token: &str) -> Result<Reply> {
        let body = json!({ "token": token, "workspaceId": self.workspace });
        Reply::read(Client::new().post(self.app.url("/api/v1/auth/github-oidc")).json(&body)).await
    }

    /// The session of a job with these claims; see [`FakeIssuer::claims`].
    async fn session(&self, changes: &[(&str, Value)]) -> Result<String> {
        let token = self.issuer.token(&self.issuer.claims(changes))?;
        let reply = self.exchange(&token).await?;
        Ok(text(succeeded(&reply)?, "/token").to_owned())
    }

    /// A request as the CLI makes it.
    async fn send(&self, method: Method, path: &str, token: &str, body: &Value) -> Result<Reply> {
        let request = Client::new()
            .request(method, self.app.url(&format!("/api/v1{path}")))
            .bearer_auth(token)
            .header("user-agent", "atmos/1.220.0 (linux; amd64)")
            .json(body);
        Reply::read(request).await
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Result<Reply> {
        self.send(Method::POST, path, token, body).await
    }

    /// Sends the result of an instance of `org/repo`.
    async fn result(&self, token: &str, component: &str, body: &Value) -> Result<Reply> {
        let component = component.replace('/', "%2F");
        let path = format!("/repos/org/repo/instances?stack={STACK}&component={component}");
        self.send(Method::PATCH, &path, token, body).await
    }

    /// `component status driftStatus` of the stack, in alphabetical order.
    async fn states(&self) -> Result<Vec<String>> {
        let rows = self.app.db_text(
            "SELECT component || ' ' || status || ' ' || drift_status FROM instances WHERE stack = 'ci-dev' \
             ORDER BY component",
        );
        rows.await
    }

    /// `component command trigger status conclusion exitCode githubRunId` of the stack's runs, in alphabetical
    /// order.
    async fn runs(&self) -> Result<Vec<String>> {
        let rows = self.app.db_text(
            "SELECT component || ' ' || command || ' ' || trigger_kind || ' ' || status || ' ' \
             || COALESCE(conclusion, '-') || ' ' || COALESCE(CAST(plan_exit_code AS TEXT), '-') || ' ' \
             || COALESCE(CAST(github_run_id AS TEXT), '-') FROM workflow_runs WHERE stack = 'ci-dev'",
        );
        let mut rows = rows.await?;
        rows.sort_unstable();
        Ok(rows)
    }

    /// How many live or expired sessions there are.
    async fn sessions(&self) -> Result<usize> {
        Ok(self.app.db_text("SELECT permissions FROM ci_sessions").await?.len())
    }
}

/// An inventory of a repository of `org`.
fn inventory(repo: &str) -> Value {
    let detect = json!({ "workflows": { "plan.yaml": { "inputs": { "component": "vpc", "stack": STACK } } } });
    let remediate = json!({ "workflows": { "remediate.yaml": {} } });
    let pro =
        json!({ "enabled": true, "drift_detection": { "enabled": true, "detect": detect, "remediate": remediate } });
    json!({
        "repo_url": format!("https://github.com/org/{repo}"), "repo_name": repo, "repo_owner": "org",
        "repo_host": "github.com",
        "instances": [
            { "component": "eks/cluster", "stack": STACK, "component_type": "terraform" },
            { "component": "vpc", "stack": STACK, "component_type": "terraform", "settings": { "pro": pro } },
        ],
    })
}

/// The data of a success, which must have the envelope's types.
fn succeeded(reply: &Reply) -> Result<&Value> {
    ensure!(reply.status == 200, "{} {}", reply.status, reply.body);
    ensure!(reply.body["success"] == true && reply.body["status"] == 200, "no success: {}", reply.body);
    ensure!(reply.body["request"].is_string() && reply.body["data"].is_object(), "other types: {}", reply.body);
    Ok(&reply.body["data"])
}

/// The message of a refusal, which must have the envelope's types, the status, and the tag.
fn refused<'r>(reply: &'r Reply, status: u16, tag: &str) -> Result<&'r str> {
    ensure!(reply.status == status, "{} {}", reply.status, reply.body);
    ensure!(reply.body["success"] == false && reply.body["status"] == status, "no refusal: {}", reply.body);
    ensure!(reply.body["errorTag"] == tag, "another tag: {}", reply.body);
    ensure!(text(&reply.body, "/traceId") == reply.header("x-request-id"), "another trace: {}", reply.body);
    ensure!(reply.body["data"].is_null(), "data: {}", reply.body);
    Ok(text(&reply.body, "/errorMessage"))
}
