//! `initialize`, `ping`, notifications and `server/discover`.

use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, Reply, text};

use super::{Modern, ping, server_info};

on_both_engines! {
    /// L-01.
    async fn initialize_confirms_each_legacy_version(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
            let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": {} });
            let reply = agent.request("initialize", params).await?;
            assert_eq!(text(reply.result()?, "/protocolVersion"), version);
        }
    }

    /// L-01: the modern era has no handshake.
    async fn initialize_answers_another_version_with_the_newest_legacy_one(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for version in ["2026-07-28", "1999-01-01", "nonsense", ""] {
            let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": {} });
            let reply = agent.request("initialize", params).await?;
            assert_eq!(text(reply.result()?, "/protocolVersion"), "2025-11-25", "{version}");
        }
    }

    /// L-01, L-04.
    async fn initialize_tells_what_there_is_and_starts_no_session(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = agent.request("initialize", json!({ "protocolVersion": "2025-11-25" })).await?;
        let mut result = reply.result()?.clone();
        let instructions = result["instructions"].take();
        assert!(instructions.as_str().is_some_and(|text| text.contains("list_instances")), "{instructions}");
        assert_eq!(
            result,
            json!({
                "protocolVersion": "2025-11-25",
                "capabilities": { "tools": {} },
                "serverInfo": server_info(),
                "instructions": null,
            })
        );
        assert_eq!(reply.header("mcp-session-id"), "");
    }

    async fn initialize_without_a_version_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = agent.request("initialize", json!({})).await?;
        assert_eq!((reply.status.as_u16(), reply.error()?.0), (200, -32_602));
    }

    /// L-08.
    async fn ping_is_answered(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = Reply::read(agent.post(&ping())).await?;
        assert_eq!(reply.body, json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    }

    /// L-02, L-06.
    async fn notifications_and_responses_are_accepted_without_a_body(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for body in [
            json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } }),
            json!({ "jsonrpc": "2.0", "method": "notifications/unheard_of" }),
            json!({ "jsonrpc": "2.0", "id": 1, "result": {} }),
            json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32_601, "message": "no" } }),
        ] {
            let reply = Reply::read(agent.post(&body)).await?;
            assert_eq!((reply.status.as_u16(), &reply.body), (202, &Value::Null), "{body}");
        }
    }

    /// L-10.
    async fn an_unknown_method_is_an_error_inside_200(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for method in ["resources/list", "prompts/list", "logging/setLevel", "nope", ""] {
            let reply = agent.request(method, json!({})).await?;
            assert_eq!((reply.status.as_u16(), reply.error()?.0), (200, -32_601), "{method}");
            assert_eq!(reply.body["id"], json!(1), "{method}");
        }
    }

    /// L-03.
    async fn an_unknown_version_header_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for (version, status) in [("2025-11-25", 200), ("2024-11-05", 200), ("1900-01-01", 400)] {
            let reply = Reply::read(agent.post(&ping()).header("mcp-protocol-version", version)).await?;
            assert_eq!(reply.status, status, "{version}");
        }
    }

    /// L-04, L-13: clients send what they learned elsewhere.
    async fn headers_of_sessions_and_of_the_modern_era_are_ignored(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let request = agent
            .post(&ping())
            .header("mcp-protocol-version", "2025-11-25")
            .header("mcp-session-id", "0123456789")
            .header("last-event-id", "7")
            .header("mcp-method", "tools/call")
            .header("mcp-name", "nope");
        let reply = Reply::read(request).await?;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("mcp-session-id"), "");
    }

    /// T-20 to T-23.
    async fn discover_describes_the_server(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = Modern::new("server/discover", json!({})).send(&agent).await?;
        assert_eq!(reply.status, 200);
        let mut result = reply.result()?.clone();
        let instructions = result["instructions"].take();
        assert!(instructions.as_str().is_some_and(|text| text.contains("list_instances")), "{instructions}");
        assert_eq!(
            result,
            json!({
                "resultType": "complete",
                "supportedVersions": ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"],
                "capabilities": { "tools": {} },
                "instructions": null,
                "ttlMs": 300_000,
                "cacheScope": "private",
                "_meta": { "io.modelcontextprotocol/serverInfo": server_info() },
            })
        );
    }
}
