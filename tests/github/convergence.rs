//! Webhooks and the backfill tell the same, whichever comes first.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use tests::harness::{Engine, INSTALLATION, Reply, TestApp, WEBHOOK_SECRET, sign_webhook};

use super::{ago, job, pull, repository, run, start, sync, with};

/// One webhook, another, and a sync.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// What stands for the sync in an order.
const SYNC: usize = 2;

/// Delivers an event of a repository, which must be applied.
async fn deliver(app: &TestApp, id: &str, repository: &str, event: &str, body: &Value) -> Result<()> {
    let about = json!({
        "installation": { "id": INSTALLATION },
        "repository": { "full_name": format!("acme/{repository}"), "default_branch": "main" },
    });
    let body = with(about, body).to_string();
    let request = Client::new()
        .post(app.url("/api/github/webhooks"))
        .header("content-type", "application/json")
        .header("x-github-event", event)
        .header("x-github-delivery", format!("{id}-{repository}-{event}"))
        .header("x-hub-signature-256", sign_webhook(WEBHOOK_SECRET, &body))
        .body(body);
    let reply = Reply::read(request).await?;
    ensure!(reply.body["outcome"] == "applied", "{event}: {} {}", reply.status, reply.body);
    Ok(())
}

/// What GitHub tells by webhook at two moments.
async fn tell(app: &TestApp, number: usize, repository: &str) -> Result<()> {
    let run_states = [
        json!({ "status": "in_progress", "conclusion": null, "updated_at": ago(59) }),
        json!({ "conclusion": "failure", "updated_at": ago(55) }),
    ];
    let job_states =
        [json!({ "status": "queued", "conclusion": null, "steps": [] }), json!({ "conclusion": "failure" })];
    let pull_states = [
        json!({ "state": "open", "merged_at": null, "closed_at": null, "updated_at": ago(200) }),
        json!({ "state": "open", "merged_at": null, "closed_at": null, "updated_at": ago(180), "title": "Add a vpc" }),
    ];
    let id = format!("delivery-{number}");
    let at = |states: &[Value; 2]| states.get(number).cloned().context("a state");
    let run = json!({ "action": "", "workflow_run": run(7_001, &at(&run_states)?) });
    deliver(app, &id, repository, "workflow_run", &run).await?;
    let job = json!({ "action": "", "workflow_job": job(9_001, 7_001, &at(&job_states)?) });
    deliver(app, &id, repository, "workflow_job", &job).await?;
    let pull = json!({ "action": "edited", "pull_request": pull(12, &at(&pull_states)?) });
    deliver(app, &id, repository, "pull_request", &pull).await
}

on_both_engines! {
    async fn webhooks_and_a_sync_converge_in_every_order(engine: Engine) {
        let (app, github) = start(engine).await?;
        let names: Vec<String> = (0..ORDERS.len()).map(|number| format!("order-{number}")).collect();
        github.world().repositories.extend(names.iter().map(|name| repository(name)));
        sync(&app).await?;
        app.advance(Duration::from_hours(1));

        // GitHub has a second attempt by now, and the pull request is merged.
        let second = json!({ "run_attempt": 2, "run_started_at": ago(50), "updated_at": ago(40) });
        for name in &names {
            github.world().runs.insert(format!("acme/{name}"), vec![run(7_001, &second)]);
            github.world().pulls.insert(format!("acme/{name}"), vec![pull(12, &json!({}))]);
        }
        github.world().jobs.insert(7_001, vec![job(9_002, 7_001, &json!({ "run_attempt": 2 }))]);

        for (name, order) in names.iter().zip(&ORDERS) {
            for number in order.iter().take_while(|number| **number != SYNC) {
                tell(&app, *number, name).await?;
            }
        }
        sync(&app).await?;
        for (name, order) in names.iter().zip(&ORDERS) {
            for number in order.iter().skip_while(|number| **number != SYNC).skip(1) {
                tell(&app, *number, name).await?;
            }
        }

        let runs = app
            .db_text(
                "SELECT r.status || '|' || COALESCE(r.conclusion, '-') || '|' || CAST(r.run_attempt AS TEXT) || '|' \
                 || r.workflow_file || '|' || r.actor || ' x' || CAST(COUNT(*) AS TEXT) FROM workflow_runs r \
                 JOIN repositories p ON p.id = r.repository_id WHERE p.name LIKE 'order-%' \
                 GROUP BY r.status, r.conclusion, r.run_attempt, r.workflow_file, r.actor",
            )
            .await?;
        assert_eq!(runs, ["completed|success|2|atmos-terraform-plan.yaml|dana x6"]);
        let jobs = app
            .db_text(
                "SELECT CAST(j.github_job_id AS TEXT) || '|' || j.status || '|' || j.conclusion || '|' \
                 || CAST(j.run_attempt AS TEXT) || ' x' || CAST(COUNT(*) AS TEXT) FROM jobs j \
                 JOIN workflow_runs r ON r.id = j.run_id JOIN repositories p ON p.id = r.repository_id \
                 WHERE p.name LIKE 'order-%' GROUP BY j.github_job_id, j.status, j.conclusion, j.run_attempt \
                 ORDER BY j.github_job_id",
            )
            .await?;
        assert_eq!(jobs, ["9001|completed|failure|1 x6", "9002|completed|success|2 x6"]);
        let pulls = app
            .db_text(
                "SELECT q.state || '|' || q.title || ' x' || CAST(COUNT(*) AS TEXT) FROM pull_requests q \
                 JOIN repositories p ON p.id = q.repository_id WHERE p.name LIKE 'order-%' GROUP BY q.state, q.title",
            )
            .await?;
        assert_eq!(pulls, ["merged|Add vpc x6"]);
    }
}
