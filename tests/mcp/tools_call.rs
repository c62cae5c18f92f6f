//! `tools/call`: what is a protocol error, what is a tool error, and the shape of a result.

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, text};

/// A response, with the structured content as it was written.
#[derive(Deserialize)]
struct Response {
    result: CallResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallResult {
    content: Vec<TextBlock>,
    structured_content: Box<RawValue>,
    is_error: bool,
}

#[derive(Deserialize)]
struct TextBlock {
    r#type: String,
    text: String,
}

/// Calls a tool and reads the result without changing a byte of it.
async fn call_raw(agent: &Agent, tool: &str, arguments: Value) -> Result<CallResult> {
    let params = json!({ "name": tool, "arguments": arguments });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let text = agent.post(&body).send().await?.text().await?;
    let response: Response = serde_json::from_str(&text).context(text)?;
    Ok(response.result)
}

on_both_engines! {
    ///
    async fn the_text_block_is_the_structured_content_byte_by_byte(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for (tool, arguments) in [
            ("get_workspace", json!({})),
            ("list_my_permissions", json!({})),
            ("list_repos", json!({ "limit": 2 })),
            ("list_instances", json!({ "statusFilter": ["drifted"] })),
        ] {
            let result = call_raw(&agent, tool, arguments).await?;
            assert!(!result.is_error, "{tool}");
            let [block] = result.content.as_slice() else { anyhow::bail!("{tool}: not one block") };
            assert_eq!(block.r#type, "text", "{tool}");
            assert_eq!(block.text, result.structured_content.get(), "{tool}");
        }
    }

    async fn an_unknown_tool_is_a_protocol_error(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for tool in ["nope", "", "List_Repos", "list_repos "] {
            let reply = agent.call(tool, json!({})).await?;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.error()?, (-32_602, format!("Unknown tool: {tool}").as_str()));
        }
    }

    /// PostgreSQL stores no NUL, and a row that cannot be written takes its whole group with it.
    async fn a_nul_in_a_name_does_not_break_the_audit_log(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = agent.call("nope\0", json!({})).await?;
        assert_eq!((reply.status.as_u16(), reply.error()?.0), (200, -32_602), "{}", reply.body);
    }

    async fn params_that_name_no_tool_are_a_protocol_error(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for params in [json!({}), json!({ "name": 7 }), json!({ "name": null }), json!("list_repos")] {
            let reply = agent.request("tools/call", params.clone()).await?;
            assert_eq!((reply.status.as_u16(), reply.error()?.0), (200, -32_602), "{params}");
        }
    }

    async fn arguments_that_are_no_object_are_a_protocol_error(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for arguments in [json!([]), json!("{}"), json!(7), json!(true)] {
            let reply = agent.call("list_repos", arguments.clone()).await?;
            assert_eq!(reply.status, 200, "{arguments}");
            assert_eq!(reply.error()?, (-32_602, "Invalid params: `arguments` must be an object"), "{arguments}");
        }
    }

    async fn arguments_may_be_left_out(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = agent.request("tools/call", json!({ "name": "get_workspace" })).await?;
        assert_eq!(text(reply.structured()?, "/slug"), "acme");
    }

    async fn an_unknown_argument_is_a_tool_error_that_names_the_allowed_ones(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = agent.call("list_repos", json!({ "stauts": "active" })).await?;
        assert_eq!(reply.status, 200);
        assert_eq!(
            reply.tool_error()?,
            "Invalid arguments: unknown field `stauts`, expected one of `status`, `limit`, `cursor`"
        );
        assert_eq!(reply.result()?.get("structuredContent"), None);
    }

    async fn a_bad_argument_is_a_tool_error_that_says_what_it_may_be(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = agent.call("list_repos", json!({ "limit": 500 })).await?;
        assert_eq!(reply.tool_error()?, "Invalid arguments: `limit`: must be between 1 and 100 (got 500)");
    }
}
