//! `get_workspace`.

use std::collections::BTreeSet;

use serde_json::json;
use tests::harness::{Engine, Fixture, text};

use super::{all_rows, refuses};

on_both_engines! {
    async fn get_workspace(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let reply = agent.call("get_workspace", json!({})).await?;
        let instances = all_rows(&agent, "list_instances", json!({ "limit": 100 })).await?;
        let stacks: BTreeSet<&str> = instances.iter().map(|row| text(row, "/stack")).collect();
        let ids = app.db_text("SELECT id FROM workspaces WHERE slug = 'acme'").await?;
        let expected = json!({
            "id": ids.first(),
            "name": "Acme Platform",
            "slug": "acme",
            "plan": "enterprise",
            "status": "active",
            "repoCount": 6,
            "stackCount": stacks.len(),
            "instanceCount": instances.len(),
            "dashboardUrl": app.url("/"),
        });
        assert_eq!(reply.structured()?, &expected);
    }

    async fn get_workspace_takes_no_workspace(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let text = "Invalid arguments: unknown field `workspace`, there are no fields";
        refuses(&agent, "get_workspace", &[(json!({ "workspace": "rival" }), text)]).await?;
    }
}
