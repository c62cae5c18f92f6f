//! Tenants do not see each other.

mod cursors;
mod ids;
mod scan;

use anyhow::{Context as _, Result};
use serde_json::json;
use tests::harness::{Agent, CATALOG_SCOPES, Engine, Fixture, TestApp, text};

use scan::Scan;

/// Every name of the rival's data holds it.
const CANARY: &str = "canary-rival";

/// Scanning calls tools some hundred times.
fn fixture(engine: Engine) -> Fixture {
    Fixture::new(engine).limits(1_000_000, 1_000_000)
}

/// An agent in Acme's workspace that can call every tool.
async fn acme_agent(app: &TestApp, login: &str) -> Result<Agent> {
    app.authorize(login).scope(CATALOG_SCOPES).connect().await
}

/// The same in the rival's workspace, of Acme's admin, who is made a member there.
async fn rival_agent(app: &TestApp) -> Result<Agent> {
    app.db_execute(
        "INSERT INTO memberships (user_id, workspace_id, role, created_at) \
         SELECT u.id, w.id, 'owner', 0 FROM users u, workspaces w WHERE u.login = 'amir' AND w.slug = 'rival'",
    )
    .await?;
    app.authorize("amir").workspace("rival").scope(CATALOG_SCOPES).connect().await
}

/// The tools that an agent is shown.
async fn tools(agent: &Agent) -> Result<Vec<String>> {
    let reply = agent.request("tools/list", json!({})).await?;
    let tools = reply.result()?["tools"].as_array().context("tools")?;
    Ok(tools.iter().map(|tool| text(tool, "/name").to_owned()).collect())
}

on_both_engines! {
    async fn no_answer_of_any_tool_has_a_word_of_another_workspace(engine: Engine) {
        let app = fixture(engine).start().await?;
        let agent = acme_agent(&app, "dana").await?;
        let scan = Scan::run(&agent, 40).await?;
        assert_eq!(scan.answered(), tools(&agent).await?, "the scan does not cover every tool");
        assert!(scan.said().contains("plat-use2-prod"), "the scan read nothing");
        assert!(!scan.said().contains(CANARY), "{}", scan.around(CANARY));
    }

    async fn a_token_sees_the_workspace_it_is_bound_to_and_no_other(engine: Engine) {
        let app = fixture(engine).start().await?;
        let rival = rival_agent(&app).await?;
        // All of it: what is told to the rival is what must not be told to Acme.
        let rivals = Scan::run(&rival, usize::MAX).await?;
        assert_eq!(rivals.answered(), tools(&rival).await?, "the rival has no row for some tool");
        assert!(rivals.said().contains(CANARY) && !rivals.said().contains("plat-use2-prod"));
        // The same person, a member of both. The rival's log now has calls with the rival's names.
        let acme = acme_agent(&app, "amir").await?;
        let acmes = Scan::run(&acme, 5).await?;
        assert!(acmes.said().contains("plat-use2-prod"), "the scan read nothing");
        assert!(!acmes.said().contains(CANARY), "{}", acmes.around(CANARY));
    }
}
