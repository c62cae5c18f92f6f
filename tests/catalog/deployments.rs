//! `list_deployments`, `get_deployment`.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, text};

use super::workflow_runs::{FIELDS, MORE_FIELDS, ids, passes};
use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

const REPO: &str = "acme/infrastructure";

/// The runs of a repository that are deployments.
async fn deployments(agent: &Agent) -> Result<Vec<Value>> {
    let filter = json!({ "repo": REPO, "command": ["apply", "remediate"], "limit": 50 });
    all_rows(agent, "list_workflow_runs", filter).await
}

on_both_engines! {
    async fn list_deployments(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let rows = all_rows(&agent, "list_deployments", json!({ "limit": 50 })).await?;
        let expected = app.db_text(
            "SELECT w.id FROM workflow_runs w JOIN workspaces s ON s.id = w.workspace_id \
             WHERE s.slug = 'acme' AND w.command IN ('apply', 'remediate') ORDER BY w.id DESC",
        );
        assert_eq!(ids(&rows), expected.await?);
        let row = rows.first().context("a deployment")?;
        assert_eq!(fields(row), FIELDS);
    }

    async fn list_deployments_has_the_latest_of_a_component(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let newest = deployments(&agent).await?.into_iter().find(|row| row["component"] == "vpc").context("of vpc")?;
        let filter = json!({ "component": "vpc", "repo": REPO, "limit": 1 });
        let reply = agent.call("list_deployments", filter).await?;
        assert_eq!(reply.structured()?["items"], json!([newest]));
        let filter = json!({ "component": "vpc", "stack": "plat-use2-prod", "limit": 1 });
        let reply = agent.call("list_deployments", filter).await?;
        assert_eq!(text(reply.structured()?, "/items/0/conclusion"), "failure", "{}", reply.body);
    }

    async fn list_deployments_filters_combine(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let all = deployments(&agent).await?;
        let failed = all.iter().find(|row| row["conclusion"] == "failure").context("a failure")?;
        let waiting = all.iter().find(|row| row["status"] == "waiting").context("one that waits")?;
        for mut filter in [
            json!({}),
            json!({ "conclusion": "failure" }),
            json!({ "conclusion": ["failure", "success"], "stack": failed["stack"] }),
            json!({ "component": failed["component"], "conclusion": "failure" }),
            json!({ "status": ["waiting", "in_progress"] }),
            json!({ "status": "waiting", "stack": waiting["stack"], "component": waiting["component"] }),
            json!({ "since": "2026-07-15", "until": "2026-08-15" }),
        ] {
            filter["repo"] = REPO.into();
            filter["limit"] = 50.into();
            let expected: Vec<&str> =
                all.iter().filter(|row| passes(&filter, row)).map(|row| text(row, "/id")).collect();
            assert!(!expected.is_empty(), "nothing passes {filter}");
            assert_eq!(ids(&all_rows(&agent, "list_deployments", filter.clone()).await?), expected, "{filter}");
        }
    }

    async fn list_deployments_names_the_argument_that_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        // A cursor of the same runs, which another list gave.
        let runs = json!({ "command": ["apply", "remediate"], "limit": 1 });
        let cursor = agent.call("list_workflow_runs", runs).await?.structured()?["nextCursor"].clone();
        let cases = [
            (
                json!({ "command": "plan" }),
                "Invalid arguments: unknown field `command`, expected one of `component`, `stack`, `repo`, `status`, \
                 `conclusion`, `since`, `until`, `limit`, `cursor`",
            ),
            (
                json!({ "status": "done" }),
                "Invalid arguments: `status`: must be one of `requested`, `queued`, `pending`, `waiting`, \
                 `in_progress`, `completed` (got `done`)",
            ),
            (json!({ "cursor": cursor }), FOREIGN_CURSOR),
        ];
        refuses(&agent, "list_deployments", &cases).await?;
        let reply = agent.call("list_deployments", json!({ "component": "nothing" })).await?;
        assert!(text(reply.structured()?, "/hint").contains("list_components"), "{}", reply.body);
    }

    async fn get_deployment(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let row = deployments(&agent).await?.into_iter().next().context("a deployment")?;
        let reply = agent.call("get_deployment", json!({ "id": row["id"] })).await?;
        let deployment = reply.structured()?;
        let mut expected = [FIELDS.as_slice(), &MORE_FIELDS].concat();
        expected.sort_unstable();
        assert_eq!(fields(deployment), expected);
        let run = agent.call("get_workflow_run", json!({ "id": row["id"] })).await?;
        assert_eq!(deployment, run.structured()?);
    }

    async fn get_deployment_refuses_a_plan(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let plans = agent.call("list_workflow_runs", json!({ "command": "plan", "limit": 1 })).await?;
        let plan = text(plans.structured()?, "/items/0/id").to_owned();
        let none = |id: &str| {
            format!(
                "no deployment {id} in this workspace; list_deployments has the ids, and get_workflow_run reads plans \
                 too"
            )
        };
        let (of_plan, unknown) = (none(&plan), none("run_nothing"));
        let cases = [(json!({ "id": plan }), of_plan.as_str()), (json!({ "id": "run_nothing" }), unknown.as_str())];
        refuses(&agent, "get_deployment", &cases).await?;
    }
}
