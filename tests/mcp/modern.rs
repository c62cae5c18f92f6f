//! What 2026-07-28 asks of every request (T-06 to T-16).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture};

use super::{Modern, server_info};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";

/// A good request.
fn list() -> Modern {
    Modern::new("tools/list", json!({}))
}

/// A good request that has a name.
fn call() -> Modern {
    Modern::call("get_workspace", json!({}))
}

on_both_engines! {
    /// T-20, T-21.
    async fn every_result_is_complete_and_says_who_answers(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let failing = Modern::call("get_workspace", json!({ "nope": 1 }));
        for request in [list(), call(), failing, Modern::new("server/discover", json!({}))] {
            let reply = request.send(&agent).await?;
            assert_eq!(reply.status, 200, "{}", reply.body);
            let result = reply.result()?;
            assert_eq!(result["resultType"], json!("complete"), "{result}");
            assert_eq!(result["_meta"], json!({ "io.modelcontextprotocol/serverInfo": server_info() }), "{result}");
        }
    }

    /// T-06.
    async fn the_version_header_must_equal_the_body(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for spoilt in [
            list().without("mcp-protocol-version"),
            list().header("mcp-protocol-version", "2025-11-25"),
            list().header("mcp-protocol-version", "1900-01-01"),
            list().more("mcp-protocol-version", "2026-07-28"),
        ] {
            assert_eq!(spoilt.refusal(&agent).await?, (400, -32_020));
        }
    }

    /// T-07.
    async fn the_method_header_must_equal_the_body(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for spoilt in [
            list().without("mcp-method"),
            list().header("mcp-method", "tools/call"),
            list().header("mcp-method", "Tools/List"),
            list().more("mcp-method", "tools/list"),
        ] {
            assert_eq!(spoilt.refusal(&agent).await?, (400, -32_020));
        }
    }

    /// T-07.
    async fn the_name_header_must_equal_the_body(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for spoilt in [
            call().without("mcp-name"),
            call().header("mcp-name", "Get_Workspace"),
            call().more("mcp-name", "get_workspace"),
        ] {
            assert_eq!(spoilt.refusal(&agent).await?, (400, -32_020));
        }
        let reply = call().header("mcp-name", "list_repos").send(&agent).await?;
        let message = "Header mismatch: Mcp-Name header value 'list_repos' does not match body value 'get_workspace'";
        assert_eq!(reply.error()?, (-32_020, message));
    }

    /// T-07.
    async fn whitespace_around_a_header_makes_no_difference(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let spaced = call().header("mcp-method", "  tools/call ").header("mcp-name", "\tget_workspace  ");
        assert_eq!(spaced.send(&agent).await?.status, 200);
    }

    /// T-08.
    async fn a_name_may_come_in_base64(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for (name, status) in [("get_workspace", 200), ("list_repos", 400)] {
            let mut request = call();
            let encoded = format!("=?base64?{}?=", STANDARD.encode(name));
            request.headers.insert("mcp-name", HeaderValue::from_str(&encoded)?);
            assert_eq!(request.send(&agent).await?.status, status, "{name}");
        }
        for broken in ["=?base64?!!?=", "=?base64?/w==?=", "=?BASE64?Z2V0X3dvcmtzcGFjZQ==?="] {
            assert_eq!(call().header("mcp-name", broken).refusal(&agent).await?, (400, -32_020), "{broken}");
        }
    }

    /// T-09, T-16.
    async fn headers_that_mean_nothing_here_are_ignored(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let request = call().header("mcp-param-region", "x").header("mcp-session-id", "1").header("last-event-id", "1");
        let reply = request.send(&agent).await?;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("mcp-session-id"), "");
    }

    /// T-10.
    async fn an_unsupported_version_is_told_what_is_supported(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let request = list().header("mcp-protocol-version", "1900-01-01").meta(VERSION, Some(json!("1900-01-01")));
        let reply = request.send(&agent).await?;
        assert_eq!(reply.status, 400);
        assert_eq!(
            reply.body,
            json!({
                "jsonrpc": "2.0",
                "id": 7,
                "error": {
                    "code": -32_022,
                    "message": "Unsupported protocol version",
                    "data": {
                        "supported": ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"],
                        "requested": "1900-01-01",
                    },
                },
            })
        );
    }

    /// T-11.
    async fn version_and_capabilities_must_stand_in_the_body(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        assert_eq!(list().meta(VERSION, None).refusal(&agent).await?, (400, -32_602));
        assert_eq!(list().meta(CAPABILITIES, None).refusal(&agent).await?, (400, -32_602));
        let mut bare = list();
        bare.body["params"] = json!({});
        assert_eq!(bare.refusal(&agent).await?, (400, -32_602), "no _meta");
        let mut bare = list();
        bare.body["params"] = Value::Null;
        assert_eq!(bare.refusal(&agent).await?, (400, -32_602), "no params");
    }

    /// T-11: it is only a SHOULD.
    async fn the_client_need_not_say_who_it_is(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        assert_eq!(list().meta(CLIENT_INFO, None).send(&agent).await?.status, 200);
    }

    /// T-13: `ping` and all that is not advertised included.
    async fn an_unknown_method_is_a_404(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for method in [
            "ping",
            "logging/setLevel",
            "prompts/list",
            "resources/list",
            "resources/templates/list",
            "resources/subscribe",
            "completion/complete",
            "subscriptions/listen",
            "nope",
        ] {
            assert_eq!(Modern::new(method, json!({})).refusal(&agent).await?, (404, -32_601), "{method}");
        }
    }

    /// T-04.
    async fn notifications_are_accepted_without_a_body(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let notification = Modern::new("notifications/cancelled", json!({ "requestId": 1 })).notification();
        let reply = notification.send(&agent).await?;
        assert_eq!((reply.status.as_u16(), &reply.body), (202, &Value::Null));
    }
}
