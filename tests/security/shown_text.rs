//! What a workflow names, an agent sees as a person would.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests::harness::{Engine, Fixture, Reply, text};

use crate::catalog::all_rows;

/// Turns text around, hides a byte, and colours.
const HIDDEN: &str = "\u{202e}\u{e0150}\u{1b}[31m";

/// Lists that name the repository of each row.
const LISTS: [&str; 6] = [
    "list_components",
    "list_deployments",
    "list_instances",
    "list_pull_requests",
    "list_stacks",
    "list_workflow_runs",
];

/// Fails if a reply does not name the repository, or names it with what is hidden in it.
fn is_shown(reply: &Reply, list: &str) -> Result<()> {
    let rows = reply.structured()?["items"].to_string();
    ensure!(rows.contains("infrastructure"), "{list}: {rows}");
    ensure!(!rows.contains(['\u{202e}', '\u{e0150}']) && !rows.contains("[31m"), "{list}: {rows}");
    Ok(())
}

on_both_engines! {
    async fn names_and_messages_have_nothing_that_does_not_show(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let filter = json!({ "stack": "plat-use2-prod", "component": "vpc" });
        let instances = all_rows(&agent, "list_instances", filter).await?;
        let id = text(instances.first().context("the instance")?, "/id");
        let long = "x".repeat(3_000);
        for sql in [
            format!(
                "UPDATE repositories SET name = 'infrastructure{HIDDEN}' WHERE owner = 'acme' \
                 AND name = 'infrastructure'"
            ),
            format!(
                "UPDATE instances SET component = 'vpc{HIDDEN}', component_type = 'terra{HIDDEN}form' WHERE id = '{id}'"
            ),
            format!(
                "UPDATE locks SET key = 'acme/infrastructure{HIDDEN}/plat-use2-prod/vpc{HIDDEN}', \
                 message = '{HIDDEN}{long}' WHERE key = 'acme/infrastructure/plat-use2-prod/vpc'"
            ),
        ] {
            app.db_execute(&sql).await?;
        }
        let reply = agent.call("get_instance", json!({ "id": id })).await?;
        let shown = reply.structured()?;
        let names = ["/component", "/componentType", "/repo", "/lock/key"].map(|field| text(shown, field));
        assert_eq!(names, ["vpc", "terraform", "acme/infrastructure", "acme/infrastructure/plat-use2-prod/vpc"]);
        assert_eq!(text(shown, "/lock/message"), "x".repeat(1_000));
        for list in LISTS {
            let filter = json!({ "limit": 20, "repo": format!("acme/infrastructure{HIDDEN}") });
            is_shown(&agent.call(list, filter).await?, list)?;
        }
        let reply = agent.call("list_repos", json!({})).await?;
        is_shown(&reply, "list_repos")?;
    }
}
