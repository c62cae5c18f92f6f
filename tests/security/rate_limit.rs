//! Rate limits of a grant: per minute, and per UTC day.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests::harness::{Agent, Engine, Fixture, Reply, TestApp, Tokens, refresh};

/// From the time when the tests play, 10:00, until midnight.
const UNTIL_MIDNIGHT: u64 = 14 * 60 * 60;

const AUDITED_MINUTE: &str = "mcp_client request_limited - rate_limited minute";
const AUDITED_DAY: &str = "mcp_client request_limited - rate_limited day";

/// Calls a tool that many times; none may be refused.
async fn spend(agent: &Agent, calls: u32) -> Result<()> {
    for _ in 0..calls {
        agent.call("get_workspace", json!({})).await?.structured()?;
    }
    Ok(())
}

/// One call more, which must be refused with this limit, window and wait; it must say so in every way.
async fn is_limited(agent: &Agent, limit: u32, window: &str, seconds: u64) -> Result<()> {
    let reply = agent.call("get_workspace", json!({})).await?;
    ensure!(reply.status == 429, "{} {}", reply.status, reply.body);
    ensure!(reply.header("retry-after") == seconds.to_string(), "Retry-After: {}", reply.header("retry-after"));
    let text = format!("Rate limit exceeded: {limit} requests/{window}. Retry in {seconds} s.");
    ensure!(reply.error()? == (429, text.as_str()), "{}", reply.body);
    let data = json!({ "retryAfterSeconds": seconds, "window": window });
    ensure!(reply.body["error"]["data"] == data, "{}", reply.body);
    Ok(())
}

/// Limits of 5 a minute and 8 a day, with the day's spent: the clock is at a minute past ten.
async fn spent(engine: Engine) -> Result<(TestApp, String, Tokens)> {
    let app = Fixture::new(engine).limits(5, 8).start().await?;
    let (client_id, tokens) = app.authorize("mia").tokens().await?;
    let agent = app.agent_with(tokens.clone());
    spend(&agent, 5).await?;
    app.advance(Duration::from_mins(1));
    spend(&agent, 3).await?;
    Ok((app, client_id, tokens))
}

async fn refreshed(app: &TestApp, client_id: &str, tokens: &Tokens) -> Result<Agent> {
    let reply = app.token(&refresh(client_id, &tokens.refresh_token)).await?;
    let tokens = serde_json::from_value(reply.body.clone()).with_context(|| reply.body.to_string())?;
    Ok(app.agent_with(tokens))
}

async fn ping(agent: &Agent) -> Result<Reply> {
    agent.request("ping", json!({})).await
}

on_both_engines! {
    async fn six_hundred_requests_fit_in_a_minute(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for _ in 0..600 {
            ping(&agent).await?.result()?;
        }
        is_limited(&agent, 600, "minute", 1).await?;
        assert!(app.db_audit(usize::MAX).await?.iter().any(|row| row == AUDITED_MINUTE));
        app.advance(Duration::from_secs(1));
        ping(&agent).await?.result()?;
    }

    async fn a_request_passes_after_retry_after_and_not_before(engine: Engine) {
        let app = Fixture::new(engine).limits(5, 100).start().await?;
        let agent = app.agent("mia").await?;
        spend(&agent, 5).await?;
        // One request every 12 seconds comes back.
        is_limited(&agent, 5, "minute", 13).await?;
        app.advance(Duration::from_secs(11));
        is_limited(&agent, 5, "minute", 2).await?;
        app.advance(Duration::from_secs(2));
        spend(&agent, 1).await?;
    }

    async fn what_is_no_tool_call_counts_too(engine: Engine) {
        let app = Fixture::new(engine).limits(2, 100).start().await?;
        let agent = app.agent("mia").await?;
        ping(&agent).await?.result()?;
        agent.request("tools/list", json!({})).await?.result()?;
        is_limited(&agent, 2, "minute", 31).await?;
    }

    async fn a_refused_request_leaves_one_row_and_does_not_run(engine: Engine) {
        let app = Fixture::new(engine).limits(1, 100).start().await?;
        let agent = app.agent("mia").await?;
        spend(&agent, 1).await?;
        is_limited(&agent, 1, "minute", 61).await?;
        let mut rows = app.db_audit(usize::MAX).await?;
        rows.retain(|row| row.contains(" tool_called ") || row.contains(" request_limited "));
        rows.sort_unstable();
        assert_eq!(rows, [AUDITED_MINUTE, "mcp_client tool_called get_workspace ok -"]);
    }

    async fn grants_do_not_share_a_limit(engine: Engine) {
        let app = Fixture::new(engine).limits(1, 100).start().await?;
        let (first, second) = (app.agent("mia").await?, app.agent("mia").await?);
        spend(&first, 1).await?;
        is_limited(&first, 1, "minute", 61).await?;
        spend(&second, 1).await?;
    }

    async fn a_workspace_can_have_its_own_limit(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        app.db_execute("UPDATE workspaces SET rate_minute = 2 WHERE slug = 'acme'").await?;
        spend(&agent, 2).await?;
        is_limited(&agent, 2, "minute", 31).await?;
    }

    async fn the_day_has_a_limit_until_midnight(engine: Engine) {
        let (app, client_id, tokens) = spent(engine).await?;
        is_limited(&app.agent_with(tokens.clone()), 8, "day", UNTIL_MIDNIGHT - 60).await?;
        assert!(app.db_audit(usize::MAX).await?.iter().any(|row| row == AUDITED_DAY));
        app.advance(Duration::from_secs(UNTIL_MIDNIGHT - 60));
        // The access token lives for an hour.
        spend(&refreshed(&app, &client_id, &tokens).await?, 1).await?;
    }

    async fn a_refresh_does_not_reset_the_day(engine: Engine) {
        let (app, client_id, tokens) = spent(engine).await?;
        let agent = refreshed(&app, &client_id, &tokens).await?;
        is_limited(&agent, 8, "day", UNTIL_MIDNIGHT - 60).await?;
    }

    async fn a_restart_does_not_reset_the_day(engine: Engine) {
        let (app, _, tokens) = spent(engine).await?;
        let database = app.stop().await?;
        let app = Fixture::new(engine).limits(5, 8).start_on(database, |_| {}).await?;
        // The server has another port now, and tokens are good for the URL that they were issued for.
        app.db_execute(&format!("UPDATE oauth_grants SET resource = '{}'", app.url("/mcp"))).await?;
        is_limited(&app.agent_with(tokens), 8, "day", UNTIL_MIDNIGHT).await?;
    }

    async fn requests_that_leave_no_row_survive_a_restart_too(engine: Engine) {
        let app = Fixture::new(engine).limits(5, 2).start().await?;
        let (_, tokens) = app.authorize("mia").tokens().await?;
        ping(&app.agent_with(tokens.clone())).await?.result()?;
        ping(&app.agent_with(tokens.clone())).await?.result()?;
        let database = app.stop().await?;
        let app = Fixture::new(engine).limits(5, 2).start_on(database, |_| {}).await?;
        app.db_execute(&format!("UPDATE oauth_grants SET resource = '{}'", app.url("/mcp"))).await?;
        is_limited(&app.agent_with(tokens), 2, "day", UNTIL_MIDNIGHT).await?;
    }
}
