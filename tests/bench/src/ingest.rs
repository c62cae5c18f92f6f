//! How fast data comes in: webhooks, and an inventory of 10,000 instances.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, TestApp, sign_webhook};

use crate::say;

/// The secret that the App and the server share.
const SECRET: &str = "a webhook secret";

/// The demo's installation of Acme.
const INSTALLATION: i64 = 51_804_417;

/// Deliveries of the webhook measurement.
const DELIVERIES: usize = 2_000;

/// Deliveries that are on their way at once.
const AT_ONCE: usize = 16;

/// Instances of the inventory.
const INSTANCES: usize = 10_000;

/// Measures both on one engine.
pub(crate) async fn run(engine: Engine) -> Result<()> {
    let app = Fixture::new(engine).webhook_secret(SECRET)?.limits(u32::MAX, u32::MAX).start().await?;
    let elapsed = deliver(&app).await?;
    let count = u32::try_from(DELIVERIES)?;
    say(&format!(
        "{engine:?}: {count} workflow_run deliveries, {AT_ONCE} at once: {:.0} webhooks/s",
        f64::from(count) / elapsed.as_secs_f64()
    ))?;
    let token = app.workspace_token("acme").await?;
    for what in ["first upload", "same again", "one in ten changed"] {
        let body = inventory(what == "one in ten changed");
        let began = Instant::now();
        let reply = app.upload(&token, &body).await?;
        ensure!(reply.status == 200, "{what}: {} {}", reply.status, reply.body);
        say(&format!("{engine:?}: {INSTANCES} instances, {what}: {:.0?}", began.elapsed()))?;
    }
    Ok(())
}

async fn deliver(app: &TestApp) -> Result<Duration> {
    let (http, url) = (Client::new(), app.url("/api/github/webhooks"));
    let mut bodies = Vec::new();
    for number in 0..DELIVERIES {
        bodies.push(delivery(number).to_string());
    }
    let began = Instant::now();
    let mut tasks = Vec::new();
    for (task, share) in bodies.chunks(DELIVERIES / AT_ONCE).enumerate() {
        let (http, url, share) = (http.clone(), url.clone(), share.to_vec());
        tasks.push(tokio::spawn(async move {
            for (number, body) in share.into_iter().enumerate() {
                let request = http
                    .post(&url)
                    .header("content-type", "application/json")
                    .header("x-github-delivery", format!("bench-{task}-{number}"))
                    .header("x-github-event", "workflow_run")
                    .header("x-hub-signature-256", sign_webhook(SECRET, &body))
                    .body(body);
                let status = request.send().await?.status();
                ensure!(status == 202, "{status}");
            }
            Ok(())
        }));
    }
    for task in tasks {
        task.await.context("a delivery")??;
    }
    Ok(began.elapsed())
}

/// Each run is told of three times: requested, in progress, completed.
fn delivery(number: usize) -> Value {
    let (run, state) = (number / 3, number % 3);
    let (action, status, conclusion) = match state {
        0 => ("requested", "queued", Value::Null),
        1 => ("in_progress", "in_progress", Value::Null),
        _ => ("completed", "completed", json!("success")),
    };
    json!({
        "action": action,
        "installation": { "id": INSTALLATION },
        "repository": { "full_name": "acme/infrastructure", "default_branch": "main" },
        "workflow_run": {
            "id": 900_000_000 + run, "run_attempt": 1, "name": "plan", "path": ".github/workflows/atmos-pro-terraform-plan.yaml",
            "status": status, "conclusion": conclusion, "event": "workflow_dispatch", "head_branch": "main",
            "head_sha": format!("{run:040x}"), "display_title": format!("plan vpc/plat-use2-dev/{run}"),
            "html_url": "https://github.com/acme/infrastructure/actions", "actor": { "login": "dana" },
            "created_at": "2026-08-21T09:00:00Z", "run_started_at": "2026-08-21T09:00:00Z",
            "updated_at": format!("2026-08-21T09:0{state}:00Z"),
        },
    })
}

fn inventory(changed: bool) -> Value {
    let mut instances = Vec::with_capacity(INSTANCES);
    for number in 0..INSTANCES {
        let mut component = String::new();
        // A write to a string cannot fail.
        write!(component, "component-{}", number % 50).ok();
        let enabled = !(changed && number % 10 == 0);
        let workflow = |file: &str| json!({ "workflows": { file: { "inputs": { "component": component.as_str() } } } });
        let detection = json!({
            "enabled": enabled,
            "detect": workflow("atmos-pro-terraform-plan.yaml"),
            "remediate": workflow("atmos-pro-terraform-apply.yaml"),
        });
        instances.push(json!({
            "component": component, "stack": format!("bench-{}", number / 50), "component_type": "terraform",
            "settings": { "pro": { "enabled": true, "drift_detection": detection } },
        }));
    }
    json!({
        "repo_url": "https://github.com/acme/infrastructure.git", "repo_name": "infrastructure", "repo_owner": "acme",
        "repo_host": "github.com", "instances": instances,
    })
}
