//! Tenants do not see each other.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, text};

use crate::catalog::{FOREIGN_CURSOR, STATUSES, all_rows};

/// Every name of the rival's data holds it.
const CANARY: &str = "canary-rival";

/// The tools whose outputs are scanned below: all of the catalog.
const SCANNED: [&str; 6] =
    ["get_instance", "get_repo", "get_workspace", "list_instances", "list_my_permissions", "list_repos"];

/// Scanning calls a tool for every instance.
fn fixture(engine: Engine) -> Fixture {
    Fixture::new(engine).limits(1_000_000, 1_000_000)
}

/// All that the tools tell an agent: every page of every list, orphans included, and each row's details.
async fn everything(agent: &Agent) -> Result<String> {
    let mut said = agent.request("tools/list", json!({})).await?.body.to_string();
    for tool in ["get_workspace", "list_my_permissions"] {
        said += &agent.call(tool, json!({})).await?.structured()?.to_string();
    }
    for repo in all_rows(agent, "list_repos", json!({ "limit": 2 })).await? {
        let arguments = json!({ "owner": repo["owner"], "repo": repo["name"] });
        said += &agent.call("get_repo", arguments).await?.structured()?.to_string();
        said += &repo.to_string();
    }
    for instance in all_rows(agent, "list_instances", json!({ "statusFilter": STATUSES, "limit": 100 })).await? {
        said += &agent.call("get_instance", json!({ "id": instance["id"] })).await?.structured()?.to_string();
        said += &instance.to_string();
    }
    Ok(said)
}

/// An agent in the rival's workspace, of Acme's admin, who is made a member there.
async fn rival_agent(app: &TestApp) -> Result<Agent> {
    app.db_execute(
        "INSERT INTO memberships (user_id, workspace_id, role, created_at) \
         SELECT u.id, w.id, 'owner', 0 FROM users u, workspaces w WHERE u.login = 'amir' AND w.slug = 'rival'",
    )
    .await?;
    app.authorize("amir").workspace("rival").connect().await
}

/// The cursor of a list's first page of one row.
async fn cursor(agent: &Agent, tool: &str) -> Result<Value> {
    let reply = agent.call(tool, json!({ "limit": 1 })).await?;
    let cursor = reply.structured()?["nextCursor"].clone();
    cursor.is_string().then_some(cursor).context("a second page")
}

on_both_engines! {
    async fn the_scan_covers_every_tool(engine: Engine) {
        let app = fixture(engine).start().await?;
        let reply = app.agent("dana").await?.request("tools/list", json!({})).await?;
        let tools = reply.result()?["tools"].as_array().context("tools")?.clone();
        let names: Vec<&str> = tools.iter().map(|tool| text(tool, "/name")).collect();
        assert_eq!(names, SCANNED);
    }

    async fn no_output_holds_a_word_of_another_workspace(engine: Engine) {
        let app = fixture(engine).start().await?;
        let said = everything(&app.agent("dana").await?).await?;
        assert!(said.contains("plat-use2-prod"), "the scan read nothing");
        assert!(!said.contains(CANARY));
    }

    async fn a_token_sees_the_workspace_it_is_bound_to_and_no_other(engine: Engine) {
        let app = fixture(engine).start().await?;
        let rival = rival_agent(&app).await?;
        // The same person, a member of both.
        let acme = app.agent("amir").await?;
        let (rivals, acmes) = (everything(&rival).await?, everything(&acme).await?);
        assert!(rivals.contains(CANARY) && !rivals.contains("plat-use2-prod"));
        assert!(acmes.contains("plat-use2-prod") && !acmes.contains(CANARY));
    }

    async fn an_id_of_another_workspace_is_not_found(engine: Engine) {
        let app = fixture(engine).start().await?;
        let agent = app.agent("dana").await?;
        let rivals = "SELECT i.id FROM instances i JOIN workspaces w ON w.id = i.workspace_id WHERE w.slug = 'rival'";
        let ids = app.db_text(rivals).await?;
        assert_eq!(ids.len(), 12);
        // The same words as for an id that nobody has.
        for id in ids.iter().map(String::as_str).chain(["inst_nobody"]) {
            let expected = format!(
                "no instance {id} in this workspace; list_instances with `stack` and `component` finds its id"
            );
            assert_eq!(agent.call("get_instance", json!({ "id": id })).await?.tool_error()?, expected);
        }
    }

    async fn a_repository_of_another_workspace_is_not_found(engine: Engine) {
        let app = fixture(engine).start().await?;
        let agent = app.agent("dana").await?;
        for (owner, repo) in [("canary-rival", "canary-rival-infrastructure"), ("nobody", "nothing")] {
            let expected = format!("no repository {owner}/{repo} in this workspace; list_repos shows those there are");
            let reply = agent.call("get_repo", json!({ "owner": owner, "repo": repo })).await?;
            assert_eq!(reply.tool_error()?, expected);
        }
    }

    async fn a_filter_for_another_workspace_finds_nothing(engine: Engine) {
        let app = fixture(engine).start().await?;
        let agent = app.agent("dana").await?;
        for filter in [
            json!({ "repo": "canary-rival/canary-rival-infrastructure" }),
            json!({ "stack": "canary-rival-use2-prod" }),
            json!({ "component": "canary-rival-vpc" }),
        ] {
            let reply = agent.call("list_instances", filter.clone()).await?;
            assert_eq!(reply.structured()?, &json!({ "items": [], "nextCursor": null }), "{filter}");
        }
    }

    async fn a_cursor_of_another_workspace_is_refused(engine: Engine) {
        let app = fixture(engine).start().await?;
        let rival = rival_agent(&app).await?;
        let agent = app.agent("dana").await?;
        let theirs = cursor(&rival, "list_instances").await?;
        let reply = agent.call("list_instances", json!({ "limit": 1, "cursor": theirs })).await?;
        assert_eq!(reply.tool_error()?, FOREIGN_CURSOR);
        // It is a good one where it was given.
        rival.call("list_instances", json!({ "limit": 1, "cursor": theirs })).await?.structured()?;
    }

    async fn a_cursor_of_another_filter_is_refused(engine: Engine) {
        let app = fixture(engine).start().await?;
        let agent = app.agent("dana").await?;
        let unfiltered = cursor(&agent, "list_instances").await?;
        for filter in [json!({ "stack": "plat-use2-prod" }), json!({ "statusFilter": ["drifted"] })] {
            let mut arguments = filter;
            arguments["cursor"] = unfiltered.clone();
            let reply = agent.call("list_instances", arguments.clone()).await?;
            assert_eq!(reply.tool_error()?, FOREIGN_CURSOR, "{arguments}");
        }
    }

    async fn a_cursor_of_another_tool_is_refused(engine: Engine) {
        let app = fixture(engine).start().await?;
        let agent = app.agent("dana").await?;
        for (from, to) in [("list_instances", "list_repos"), ("list_repos", "list_instances")] {
            let foreign = cursor(&agent, from).await?;
            let reply = agent.call(to, json!({ "cursor": foreign })).await?;
            assert_eq!(reply.tool_error()?, FOREIGN_CURSOR, "{from} in {to}");
        }
    }

    async fn a_cursor_that_was_changed_is_refused(engine: Engine) {
        let app = fixture(engine).start().await?;
        let agent = app.agent("dana").await?;
        let given = cursor(&agent, "list_instances").await?;
        let given = given.as_str().context("a cursor")?;
        let (head, last) = given.split_at(given.len() - 1);
        let other = if last == "A" { "Q" } else { "A" };
        for changed in [format!("{head}{other}"), head.to_owned(), format!("{given}{given}")] {
            let reply = agent.call("list_instances", json!({ "limit": 1, "cursor": changed })).await?;
            assert_eq!(reply.tool_error()?, FOREIGN_CURSOR, "{changed}");
        }
    }
}
