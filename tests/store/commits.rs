//! The commits of a component are the same wherever the search for them starts.

use anyhow::Result;
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, text};

use crate::catalog::all_rows;

/// Adds uploads of commits that nobody knows, so many to each repository that the search starts elsewhere.
pub(super) async fn upload_many(app: &TestApp, component: &str, stack: &str) -> Result<()> {
    let insert = "INSERT INTO affected_instances \
         (repository_id, workspace_id, head_sha, stack, component, base_sha, is_dependent, uploaded_at)";
    let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT n.i + 1 FROM n WHERE n.i < 1100)";
    let select = format!(
        "SELECT r.id, r.workspace_id, 'unknown-' || CAST(n.i AS TEXT), '{stack}', '{component}', 'base', FALSE, 0 \
         FROM repositories r CROSS JOIN n"
    );
    app.db_execute(&format!("{insert} {numbers} {select}")).await
}

/// The answers to questions with every filter, and in pages.
async fn answers(agent: &Agent) -> Result<Vec<Vec<Value>>> {
    let all = all_rows(agent, "list_commits", json!({ "component": "vpc", "limit": 100 })).await?;
    let (late, early) = (text(&all[all.len() / 4], "/committedAt"), text(&all[all.len() / 2], "/committedAt"));
    let instance = json!({ "stack": "plat-use2-prod", "component": "vpc" });
    let instances = all_rows(agent, "list_instances", instance).await?;
    let mut answers = Vec::new();
    for filter in [
        json!({ "component": "vpc", "limit": 2 }),
        json!({ "component": "vpc", "stack": "plat-use2-prod" }),
        json!({ "component": "vpc", "repo": "acme/infrastructure" }),
        json!({ "component": "vpc", "since": early, "until": late, "limit": 1 }),
        json!({ "component": "vpc", "until": early }),
        json!({ "instanceId": instances[0]["id"] }),
    ] {
        let rows = all_rows(agent, "list_commits", filter.clone()).await?;
        assert!(!rows.is_empty(), "{filter}");
        answers.push(rows);
    }
    Ok(answers)
}

on_both_engines! {
    async fn commits_are_the_same_for_few_uploads_and_for_many(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let before = answers(&agent).await?;
        upload_many(&app, "vpc", "plat-use2-prod").await?;
        assert_eq!(answers(&agent).await?, before);
    }
}
