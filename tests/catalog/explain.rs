//! `explain_workflow_failure`: the demo has a failed run, with a full log, for every known text.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, text};

use super::{all_rows, fields, refuses};

async fn explain(agent: &Agent, run: &Value) -> Result<Value> {
    let reply = agent.call("explain_workflow_failure", json!({ "runId": run })).await?;
    Ok(reply.structured().with_context(|| run.to_string())?.clone())
}

on_both_engines! {
    async fn explain_workflow_failure(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let filter = json!({ "component": "vpc", "stack": "plat-use2-prod", "conclusion": "failure", "limit": 1 });
        let run = agent.call("list_deployments", filter).await?.structured()?["items"][0]["id"].clone();
        let answer = explain(&agent, &run).await?;
        assert_eq!(
            fields(&answer),
            ["category", "description", "evidence", "parentRunId", "planSawChanges", "suggestedAction"]
        );
        assert_eq!(fields(&answer["suggestedAction"]), ["confidence", "target", "type"]);
        assert_eq!(text(&answer, "/suggestedAction/type"), "fix_credentials");
        // The evidence is a line of the log that the other tool shows.
        let line = text(&answer, "/evidence/0/text");
        let logs = agent.call("get_workflow_run_logs", json!({ "runId": run, "tailLines": 2000 })).await?;
        assert!(text(logs.structured()?, "/jobs/0/lines").contains(line), "{line}");
    }

    async fn explain_workflow_failure_tells_what_a_run_waits_for(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for run in all_rows(&agent, "list_workflow_runs", json!({ "approvalState": "pending" })).await? {
            let answer = explain(&agent, &run["id"]).await?;
            assert_eq!(text(&answer, "/suggestedAction/type"), "approve", "{answer}");
            assert!(answer["suggestedAction"]["target"].is_string(), "the environment: {answer}");
        }
    }

    async fn explain_workflow_failure_has_nothing_to_repair_in_a_run_that_succeeded(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let filter = json!({ "conclusion": "success", "limit": 1 });
        let run = agent.call("list_workflow_runs", filter).await?.structured()?["items"][0]["id"].clone();
        let answer = explain(&agent, &run).await?;
        assert_eq!((text(&answer, "/category"), text(&answer, "/suggestedAction/type")), ("no_failure", "investigate"));
    }

    async fn explain_workflow_failure_names_the_parent(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let children = app.db_text(
            "SELECT w.id FROM workflow_runs w JOIN workflow_runs p ON p.id = w.parent_run_id \
             JOIN workspaces s ON s.id = w.workspace_id \
             WHERE s.slug = 'acme' AND w.conclusion = 'failure' AND p.conclusion = 'failure'",
        ).await?;
        assert!(!children.is_empty());
        for child in children {
            let answer = explain(&agent, &json!(child)).await?;
            assert_eq!(text(&answer, "/suggestedAction/type"), "fix_parent_run", "{answer}");
            assert_eq!(answer["suggestedAction"]["target"], answer["parentRunId"], "{answer}");
            let parent = agent.call("get_workflow_run", json!({ "id": answer["parentRunId"] })).await?;
            assert_eq!(text(parent.structured()?, "/conclusion"), "failure");
        }
    }

    async fn explain_workflow_failure_knows_every_failure_of_the_demo(engine: Engine) {
        let app = Fixture::new(engine).limits(100_000, 100_000).start().await?;
        let agent = app.agent("mia").await?;
        let mut runs = all_rows(&agent, "list_workflow_runs", json!({ "conclusion": ["failure", "timed_out", "cancelled", "startup_failure"], "limit": 100 })).await?;
        runs.truncate(250);
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let mut unknown = 0;
        for run in &runs {
            let answer = explain(&agent, &run["id"]).await?;
            *kinds.entry(text(&answer, "/category").to_owned()).or_default() += 1;
            unknown += usize::from(text(&answer, "/suggestedAction/confidence") == "low");
            assert!(!text(&answer, "/description").is_empty());
        }
        assert!(kinds.len() >= 30, "{kinds:?}");
        assert!(unknown * 10 <= runs.len(), "{unknown} of {} are guesses: {kinds:?}", runs.len());
    }

    async fn explain_workflow_failure_says_how_to_find_a_run(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "runId": "run_nothing" }),
                "no run run_nothing in this workspace; list_workflow_runs with `conclusion: [\"failure\"]` finds its id",
            ),
            (json!({}), "Invalid arguments: missing field `runId`"),
        ];
        refuses(&agent, "explain_workflow_failure", &cases).await?;
    }
}
