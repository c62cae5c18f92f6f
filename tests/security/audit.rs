//! The audit log: one row per tool call, committed before the reply leaves, without the user's words.

use anyhow::Result;
use serde_json::json;
use tests::harness::{Engine, ExtraTools, Fixture, TestApp};

/// Needs what a member's role lacks.
const AUDITORS_ECHO: &str = "[echo]\npermission = \"ws:audit_log:read\"\n";

/// What the calls of the test told; those of the demo are older.
const METADATA: &str = "SELECT metadata FROM audit_log WHERE action = 'tool_called' AND at >= 1787306400000000";

/// The rows of tool calls, in alphabetical order: the clock stands still, so their ids do not sort them.
async fn tool_calls(app: &TestApp) -> Result<Vec<String>> {
    let mut rows = app.db_audit(usize::MAX).await?;
    rows.retain(|row| row.contains(" tool_called "));
    rows.sort_unstable();
    Ok(rows)
}

on_both_engines! {
    async fn every_call_leaves_one_row(engine: Engine) {
        let extra = ExtraTools::with_policy(&["echo"], AUDITORS_ECHO)?;
        let app = Fixture::new(engine).extra(&extra).start().await?;
        let member = app.agent("mia").await?;
        let narrow = app.authorize("dana").scope("ws:workspace:read").connect().await?;
        member.call("list_repos", json!({})).await?.structured()?;
        member.call("get_instance", json!({ "id": "inst_nothing" })).await?.tool_error()?;
        member.call("list_instances", json!({ "limit": 0 })).await?.tool_error()?;
        member.call("no_such_tool", json!({})).await?.error()?;
        member.call("echo", json!({ "message": "" })).await?.tool_error()?;
        assert_eq!(narrow.call("echo", json!({ "message": "" })).await?.status, 403);
        // Not a call.
        member.request("tools/list", json!({})).await?.result()?;
        let expected = [
            "mcp_client tool_called echo denied ws:audit_log:read",
            "mcp_client tool_called echo denied ws:audit_log:read",
            "mcp_client tool_called get_instance tool_error not_found",
            "mcp_client tool_called list_instances tool_error invalid_arguments",
            "mcp_client tool_called list_repos ok -",
            "mcp_client tool_called no_such_tool tool_error unknown_tool",
        ];
        assert_eq!(tool_calls(&app).await?, expected);
    }

    async fn the_row_is_there_when_the_reply_arrives(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for calls in 1..=20 {
            agent.call("get_workspace", json!({})).await?.structured()?;
            assert_eq!(tool_calls(&app).await?.len(), calls);
        }
    }

    async fn a_row_says_who_did_what_with_which_component(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let reply = app.agent("mia").await?.call("list_repos", json!({ "limit": 3 })).await?;
        let digest = app.app().catalog.find("list_repos").map(|tool| tool.digest.clone()).unwrap_or_default();
        let rows = app.db_text(
            "SELECT u.login || ' ' || w.slug || ' ' || g.client_name || ' ' || a.target_type || ' ' || a.metadata \
             || ' ' || a.component_digest || ' ' || a.request_id FROM audit_log a \
             JOIN users u ON u.id = a.actor_id JOIN workspaces w ON w.id = a.workspace_id \
             JOIN oauth_grants g ON g.id = a.grant_id AND g.client_id = a.client_id WHERE a.action = 'tool_called'",
        );
        let request_id = reply.header("x-request-id");
        let expected = format!("mia acme Test agent tool {{\"limit\":3}} {digest} {request_id}");
        assert_eq!(rows.await?, [expected]);
    }

    async fn a_row_says_what_the_call_used(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        app.agent("mia").await?.call("list_repos", json!({})).await?.structured()?;
        let used = app.db_text(
            "SELECT CAST(host_calls AS TEXT) || ' ' || CAST(rows_read AS TEXT) FROM audit_log \
             WHERE target_id = 'list_repos' AND fuel > 0 AND duration_micros > 0 AND result_bytes > 0",
        );
        assert_eq!(used.await?, ["1 6"]);
    }

    async fn free_text_does_not_reach_the_log(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let arguments = json!({ "query": "my own words", "nested": [{ "Comment": "my own words" }], "limit": 2 });
        agent.call("list_repos", arguments).await?.tool_error()?;
        let rows = app.db_text(METADATA).await?;
        let [row] = rows.as_slice() else { anyhow::bail!("not one row: {rows:?}") };
        let expected = json!({ "query": "[redacted]", "nested": [{ "Comment": "[redacted]" }], "limit": 2 });
        assert_eq!(serde_json::from_str::<serde_json::Value>(row)?, expected);
    }

    async fn long_text_is_cut_in_the_log(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        agent.call("list_instances", json!({ "stack": "x".repeat(5_000) })).await?.structured()?;
        let rows = app.db_text(METADATA).await?;
        assert!(rows.iter().all(|row| row.len() < 600 && row.contains("[5000 bytes]")), "{rows:?}");
    }

    async fn no_token_is_in_the_log(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        agent.call("list_repos", json!({ "cursor": "made-up" })).await?.tool_error()?;
        let rows = app.db_text("SELECT COALESCE(metadata, '') || COALESCE(target_id, '') FROM audit_log").await?;
        let tokens = agent.tokens();
        assert!(rows.len() >= 4, "sign-in, consent, token and call: {rows:?}");
        for secret in [&tokens.access_token, &tokens.refresh_token] {
            assert!(!rows.iter().any(|row| row.contains(secret.as_str())), "{rows:?}");
        }
    }

    async fn without_a_row_there_is_no_data(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        app.db_execute("ALTER TABLE audit_log RENAME TO audit_log_gone").await?;
        let reply = agent.call("list_repos", json!({})).await?;
        assert_eq!(reply.status, 503);
        let request_id = reply.header("x-request-id");
        let text = format!("The server cannot answer now. Try again in a few seconds. (request {request_id})");
        assert_eq!(reply.error()?, (-32_603, text.as_str()));
        assert!(reply.body.get("result").is_none(), "{}", reply.body);
        assert!(!reply.body.to_string().contains("acme"), "{}", reply.body);
    }

    async fn a_grants_last_use_never_goes_back(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        agent.call("list_repos", json!({})).await?.structured()?;
        let last_use = "SELECT CAST(MAX(last_used_at) AS TEXT) FROM oauth_grants WHERE client_name = 'Test agent'";
        assert_eq!(app.db_text(last_use).await?, ["1787306400000000"]);
        // Another replica has counted a call of a second later.
        app.db_execute("UPDATE oauth_grants SET last_used_at = 1787306401000000").await?;
        agent.call("list_repos", json!({})).await?.structured()?;
        assert_eq!(app.db_text(last_use).await?, ["1787306401000000"]);
    }

    async fn calls_are_answered_again_when_rows_can_be_written(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        app.db_execute("ALTER TABLE audit_log RENAME TO audit_log_gone").await?;
        assert_eq!(agent.call("list_repos", json!({})).await?.status, 503);
        app.db_execute("ALTER TABLE audit_log_gone RENAME TO audit_log").await?;
        agent.call("list_repos", json!({})).await?.structured()?;
        assert_eq!(tool_calls(&app).await?, ["mcp_client tool_called list_repos ok -"]);
    }
}
