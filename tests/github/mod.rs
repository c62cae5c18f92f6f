//! What is read from GitHub as its App: the backfill, logs of jobs, and the commands of the operator.

mod commands;
mod convergence;
mod limits;
mod logs;
mod sync;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use atmos_mcp::ingest::backfill::{Backfill, Outcome, Request, Summary};
use atmos_mcp::upstream::GithubApp;
use serde_json::{Value, json};
use tests::harness::{Engine, FakeGithubApp, Fixture, INSTALLATION, NOW, TestApp};

/// A server, and the GitHub that it reads from.
async fn start(engine: Engine) -> Result<(TestApp, FakeGithubApp)> {
    let github = FakeGithubApp::start().await?;
    let app = Fixture::new(engine).github_app(&github)?.start().await?;
    Ok((app, github))
}

/// The same, with `acme/synced` on both sides; here with the instances `vpc` and `eks/cluster` in `dev`.
async fn start_with_instances(engine: Engine) -> Result<(TestApp, FakeGithubApp)> {
    let (app, github) = start(engine).await?;
    github.world().repositories.push(repository("synced"));
    let token = app.workspace_token("acme").await?;
    let body = json!({
        "repo_owner": "acme", "repo_name": "synced",
        "instances": [{ "component": "vpc", "stack": "dev" }, { "component": "eks/cluster", "stack": "dev" }],
    });
    let reply = app.upload(&token, &body).await?;
    ensure!(reply.status == 200, "{}", reply.body);
    Ok((app, github))
}

fn github_app(app: &TestApp) -> Result<&GithubApp> {
    app.app().github_app.as_ref().context("an App")
}

/// A backfill of Acme's last 30 days.
async fn open(app: &TestApp) -> Result<Backfill> {
    open_since(app, 30).await
}

async fn open_since(app: &TestApp, days: u64) -> Result<Backfill> {
    let since = Duration::from_hours(24 * days);
    let request = Request { workspace: "acme".to_owned(), installation: Some(INSTALLATION), since, full: false };
    let parts = app.app();
    Ok(Backfill::open(&parts.store, github_app(app)?, &parts.clock, &parts.entropy, &request).await?)
}

/// Runs a backfill to its end.
async fn sync(app: &TestApp) -> Result<Summary> {
    let mut backfill = open(app).await?;
    let outcome = backfill.run().await?;
    ensure!(outcome == Outcome::Done, "{outcome:?}");
    Ok(backfill.summary().clone())
}

/// What became of a backfill that cannot go on.
async fn failure(app: &TestApp) -> Result<String> {
    match open(app).await?.run().await {
        Ok(outcome) => anyhow::bail!("it did not fail: {outcome:?}"),
        Err(error) => Ok(format!("{:#}", anyhow::Error::from(error))),
    }
}

/// RFC 3339 of some minutes before [`NOW`].
fn ago(minutes: u64) -> String {
    NOW.minus(Duration::from_mins(minutes)).to_string()
}

/// Its id is made of its name.
fn repository(name: &str) -> Value {
    json!({
        "id": name.bytes().map(i64::from).sum::<i64>(), "name": name, "full_name": format!("acme/{name}"),
        "owner": { "login": "acme" }, "private": true,
        "default_branch": "main",
    })
}

/// A run that was created an hour ago and ended well.
fn run(id: i64, state: &Value) -> Value {
    let run = json!({
        "id": id, "run_attempt": 1, "name": "Plan", "display_title": "Add vpc", "event": "workflow_dispatch",
        "path": ".github/workflows/atmos-terraform-plan.yaml", "status": "completed", "conclusion": "success",
        "head_branch": "main", "head_sha": "5779607b49aab1200488439f02372c57b4f75444",
        "html_url": format!("https://github.com/acme/synced/actions/runs/{id}"), "actor": { "login": "dana" },
        "pull_requests": [], "created_at": ago(60), "run_started_at": ago(59), "updated_at": ago(57),
    });
    with(run, state)
}

/// A job of such a run.
fn job(id: i64, run: i64, state: &Value) -> Value {
    let job = json!({
        "id": id, "run_id": run, "run_attempt": 1, "name": "vpc-dev", "workflow_name": "Plan",
        "status": "completed", "conclusion": "success", "head_branch": "main", "head_sha": "57796",
        "created_at": ago(60), "started_at": ago(59), "completed_at": ago(57),
        "steps": [{ "name": "Plan", "status": "completed", "conclusion": "success", "number": 1,
                    "started_at": ago(59), "completed_at": ago(57) }],
        "html_url": format!("https://github.com/acme/synced/actions/runs/{run}/job/{id}"),
    });
    with(job, state)
}

/// A pull request that was merged two hours ago, as a list has it.
fn pull(number: i64, state: &Value) -> Value {
    let pull = json!({
        "number": number, "title": "Add vpc", "user": { "login": "mia" }, "state": "closed", "draft": false,
        "html_url": format!("https://github.com/acme/synced/pull/{number}"),
        "head": { "ref": "vpc", "sha": "ec26c3e57ca3a959ca5aad62de7213c562f8c821" }, "base": { "ref": "main" },
        "created_at": ago(240), "updated_at": ago(120), "merged_at": ago(120), "closed_at": ago(120),
    });
    with(pull, state)
}

fn commit(sha: &str, message: &str) -> Value {
    let git = json!({
        "message": message, "author": { "name": "Mia", "email": "mia@acme.example", "date": ago(130) },
        "committer": { "name": "GitHub", "date": ago(120) },
    });
    json!({
        "sha": sha, "html_url": format!("https://github.com/acme/synced/commit/{sha}"), "commit": git,
        "author": { "login": "mia" },
    })
}

/// `base` with the fields of `change`.
fn with(mut base: Value, change: &Value) -> Value {
    for (name, value) in change.as_object().into_iter().flatten() {
        base[name.as_str()] = value.clone();
    }
    base
}
