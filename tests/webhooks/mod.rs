//! `POST /api/github/webhooks`: deliveries as GitHub makes them.

mod deliveries;
mod payloads;
mod pull_requests;
mod results;
mod runs;
mod topology;

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, ensure};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, Reply, TestApp, sign_webhook as sign};

/// The secret that the App and the server share.
const SECRET: &str = "It's a Secret to Everybody";

/// The demo's installation of Acme.
const ACME: i64 = 51_804_417;

/// A server that takes webhooks.
async fn start(engine: Engine) -> Result<TestApp> {
    Fixture::new(engine).webhook_secret(SECRET)?.start().await
}

/// GitHub, as the App's webhook.
struct Github {
    http: Client,
    url: String,
    deliveries: AtomicU64,
}

impl Github {
    fn new(app: &TestApp) -> Self {
        Self { http: Client::new(), url: app.url("/api/github/webhooks"), deliveries: AtomicU64::new(0) }
    }

    /// A delivery without signature.
    fn unsigned(&self, body: String) -> RequestBuilder {
        let number = self.deliveries.fetch_add(1, Ordering::SeqCst);
        self.http
            .post(&self.url)
            .header("content-type", "application/json")
            .header("user-agent", "GitHub-Hookshot/044aadd")
            .header("x-github-delivery", format!("delivery-{number}"))
            .body(body)
    }

    /// A signed delivery.
    fn request(&self, event: &str, body: &str) -> RequestBuilder {
        self.unsigned(body.to_owned()).header("x-github-event", event).header("x-hub-signature-256", sign(SECRET, body))
    }

    /// Delivers an event, which must be accepted; gives the outcome.
    async fn send(&self, event: &str, body: &Value) -> Result<String> {
        let reply = Reply::read(self.request(event, &body.to_string())).await?;
        ensure!(reply.status == 202, "{event}: {} {}", reply.status, reply.body);
        Ok(reply.body["outcome"].as_str().context("an outcome")?.to_owned())
    }

    /// Delivers an event that must concern some workspace.
    async fn apply(&self, event: &str, body: &Value) -> Result<()> {
        let outcome = self.send(event, body).await?;
        ensure!(outcome == "applied", "{event} is {outcome}: {body}");
        Ok(())
    }

    /// Adds repositories to Acme's installation.
    async fn add_repositories(&self, names: &[String]) -> Result<()> {
        let added: Vec<Value> = names.iter().map(|name| json!({ "full_name": format!("acme/{name}") })).collect();
        let body = json!({
            "action": "added", "installation": { "id": ACME },
            "repositories_added": added, "repositories_removed": [],
        });
        self.apply("installation_repositories", &body).await
    }
}

/// An event of a repository of Acme.
fn event(repository: &str, action: &str, field: &str, value: Value) -> Value {
    let mut event = json!({
        "action": action, "installation": { "id": ACME },
        "repository": { "full_name": format!("acme/{repository}"), "default_branch": "main" },
    });
    event[field] = value;
    event
}

/// `base` with the fields of `change`.
fn with(mut base: Value, change: &Value) -> Value {
    for (name, value) in change.as_object().into_iter().flatten() {
        base[name.as_str()] = value.clone();
    }
    base
}
