//! GitHub's own example payloads, which `scripts/webhook-examples.sh` fetches.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests::harness::{Engine, TestApp, root};

use super::{Github, start};

/// Examples whose event is used, but for five pushes of tags, one of new permissions, and a run of another repository
/// that has the name of the one before.
const APPLIED: usize = 66;

/// The file with the examples of github.com.
fn file() -> PathBuf {
    let folder = std::env::var_os("ATMOS_MCP_WEBHOOK_EXAMPLES")
        .map_or_else(|| root().join("target/webhook-examples"), PathBuf::from);
    folder.join("api.github.com/index.json")
}

/// Event and payload of each example; none where they could not be fetched, which CI does not let pass.
#[expect(clippy::print_stderr, reason = "a test that does nothing has to say so")]
fn examples() -> Result<Vec<(String, Value)>> {
    if !file().exists() {
        ensure!(std::env::var_os("CI").is_none(), "no examples: run scripts/webhook-examples.sh");
        eprintln!("**** {} is missing: GitHub's payloads are NOT tested ****", file().display());
        return Ok(Vec::new());
    }
    let index: Vec<Value> = serde_json::from_slice(&std::fs::read(file())?)?;
    let mut examples = Vec::new();
    for entry in &index {
        let event = entry["name"].as_str().context("the name of an event")?;
        let payloads = entry["examples"].as_array().context("examples")?;
        examples.extend(payloads.iter().map(|payload| (event.to_owned(), payload.clone())));
    }
    Ok(examples)
}

/// Gives Acme all installations and repositories of the examples, so that they have something to change.
async fn adopt(app: &TestApp, examples: &[(String, Value)]) -> Result<()> {
    let payloads = || examples.iter().map(|(_, payload)| payload);
    let installations: BTreeSet<i64> =
        payloads().filter_map(|payload| payload["installation"]["id"].as_i64()).collect();
    for id in installations {
        app.db_execute(&format!(
            "INSERT INTO github_installations (id, workspace_id, github_id, account, status, status_since) \
             SELECT 'ghi_{id}', id, {id}, 'octocat', 'active', 0 FROM workspaces WHERE slug = 'acme'"
        ))
        .await?;
    }
    let names: BTreeSet<&str> = payloads().filter_map(|payload| payload["repository"]["full_name"].as_str()).collect();
    for name in names {
        let (owner, repository) = name.split_once('/').context("owner and name")?;
        app.db_execute(&format!(
            "INSERT INTO repositories (id, workspace_id, host, owner, name, status, created_at) \
             SELECT 'repo_{name}', id, 'github.com', '{owner}', '{repository}', 'active', 0 \
             FROM workspaces WHERE slug = 'acme'"
        ))
        .await?;
    }
    Ok(())
}

on_both_engines! {
    async fn every_example_of_github_is_applied_or_ignored(engine: Engine) {
        let examples = examples()?;
        let app = start(engine).await?;
        let github = Github::new(&app);
        adopt(&app, &examples).await?;
        let mut applied = 0;
        // Twice: what comes again finds what it wrote itself.
        for round in 0..2 {
            for (event, payload) in &examples {
                let outcome = github.send(event, payload).await?;
                ensure!(["applied", "ignored"].contains(&outcome.as_str()), "{event} is {outcome} in round {round}");
                applied += usize::from(outcome == "applied");
            }
        }
        assert_eq!(applied, if examples.is_empty() { 0 } else { APPLIED * 2 });
    }

    async fn every_example_is_accepted_where_nothing_is_known(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        for (event, payload) in examples()? {
            assert_eq!(github.send(&event, &payload).await?, "ignored", "{event}");
        }
    }
}
