//! `tools/list`.

use anyhow::Context as _;
use atmos_mcp::authz::Policy;
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, Reply, text};

use super::Modern;

/// The names in a result of `tools/list`.
fn names(result: &Value) -> Vec<&str> {
    result["tools"].as_array().into_iter().flatten().map(|tool| text(tool, "/name")).collect()
}

on_both_engines! {
    /// T-24.
    async fn the_tools_come_in_alphabetical_order(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let reply = agent.request("tools/list", json!({})).await?;
        let policy = Policy::built_in()?;
        let needs = |tool: &str| policy.row(tool).map(|row| row.requirement.name());
        let for_members = |tool: &&str| matches!(needs(tool), Some("none" | "membership"));
        let expected: Vec<&str> = policy.tools().filter(for_members).collect();
        assert_eq!(names(reply.result()?), expected);
    }

    /// T-24: for every caller of the same authority and in both eras, apart from what an era adds.
    async fn the_list_is_the_same_every_time(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (dana, amir) = (app.agent("dana").await?, app.agent("amir").await?);
        let first = dana.request("tools/list", json!({})).await?;
        let second = amir.request("tools/list", json!({})).await?;
        let modern = Modern::new("tools/list", json!({})).send(&dana).await?;
        assert_eq!(first.result()?, second.result()?);
        assert_eq!(first.result()?["tools"], modern.result()?["tools"]);
    }

    ///
    async fn every_tool_has_four_annotations_and_both_titles(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = agent.request("tools/list", json!({})).await?;
        for tool in reply.result()?["tools"].as_array().context("tools")? {
            let title = text(tool, "/title");
            assert!(!title.is_empty(), "{tool}");
            assert_eq!(
                tool["annotations"],
                json!({
                    "title": title,
                    "readOnlyHint": true,
                    "destructiveHint": false,
                    "idempotentHint": true,
                    "openWorldHint": false,
                }),
                "{tool}"
            );
        }
    }

    ///
    async fn every_schema_is_an_object_and_closed_for_arguments(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = agent.request("tools/list", json!({})).await?;
        for tool in reply.result()?["tools"].as_array().context("tools")? {
            assert_eq!(text(tool, "/inputSchema/type"), "object", "{tool}");
            assert_eq!(tool["inputSchema"]["additionalProperties"], json!(false), "{tool}");
            assert_eq!(text(tool, "/outputSchema/type"), "object", "{tool}");
        }
    }

    /// clients put it into the model's context.
    async fn the_list_is_small(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let mut tools = agent.request("tools/list", json!({})).await?.result()?["tools"].clone();
        for tool in tools.as_array_mut().context("tools")? {
            tool.as_object_mut().context("a tool")?.remove("outputSchema");
        }
        let bytes = tools.to_string().len();
        assert!(bytes <= 25_000, "{bytes} bytes");
    }

    /// T-25, R-13.
    async fn there_is_one_page_and_a_cursor_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = agent.request("tools/list", json!({})).await?;
        assert_eq!(reply.result()?.get("nextCursor"), None);
        for cursor in ["nonsense", ""] {
            let reply = agent.request("tools/list", json!({ "cursor": cursor })).await?;
            assert_eq!((reply.status.as_u16(), reply.error()?.0), (200, -32_602), "{cursor:?}");
        }
    }

    async fn params_may_be_left_out(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = Reply::read(agent.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }))).await?;
        let with_params = agent.request("tools/list", json!({})).await?;
        assert_eq!(reply.result()?, with_params.result()?);
    }

    /// L-01, T-22.
    async fn only_the_modern_era_is_told_how_long_to_keep_it(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = Modern::new("tools/list", json!({})).send(&agent).await?;
        assert_eq!(reply.result()?["ttlMs"], json!(300_000));
        assert_eq!(reply.result()?["cacheScope"], json!("private"));
        let reply = agent.request("tools/list", json!({})).await?;
        let keys: Vec<&String> = reply.result()?.as_object().context("an object")?.keys().collect();
        assert_eq!(keys, ["tools"]);
    }
}
