//! HTTP: methods, headers, sizes and shapes, and the order of the checks (`mcp-and-oauth.md` §1.2).

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, Reply};

use super::{bare, ping};

/// The origin that the fixture's configuration allows.
const ALLOWED: &str = "https://inspector.example";

const MEBIBYTE: usize = 1 << 20;

/// A good request of this many bytes.
fn ping_of(bytes: usize) -> String {
    let padded = |padding: usize| {
        json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "x": "x".repeat(padding) } }).to_string()
    };
    padded(bytes - padded(0).len())
}

/// Status, and code of the JSON-RPC error, which must have no id (T-14: none could be read).
fn refusal(reply: &Reply) -> Result<(u16, i64)> {
    ensure!(reply.body.get("id").is_none(), "an id: {}", reply.body);
    let (code, _) = reply.error()?;
    Ok((reply.status.as_u16(), code))
}

on_both_engines! {
    /// C-01: clients probe with whatever they like, and look for the challenge.
    async fn authentication_comes_before_method_headers_and_body(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (http, url) = (Client::new(), app.url("/mcp"));
        for request in [
            http.get(&url).header("mcp-protocol-version", "2024-11-05"),
            http.delete(&url),
            http.put(&url),
            http.post(&url).header("content-type", "text/plain").body("x"),
            http.post(&url).header("accept", "text/html").json(&ping()),
            http.post(&url).json(&json!([])),
            http.post(&url).json(&ping()).header("mcp-protocol-version", "1900-01-01"),
        ] {
            let reply = Reply::read(request).await?;
            assert_eq!(reply.status, 401);
            assert!(reply.header("www-authenticate").starts_with("Bearer resource_metadata="), "{:?}", reply.headers);
        }
    }

    /// L-05, T-16.
    async fn other_methods_than_post_are_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for method in [Method::GET, Method::DELETE, Method::PUT, Method::PATCH] {
            let request = Client::new().request(method.clone(), app.url("/mcp")).bearer_auth(agent.access_token());
            let reply = Reply::read(request).await?;
            assert_eq!(refusal(&reply)?, (405, -32_600), "{method}");
            assert_eq!(reply.header("allow"), "POST, OPTIONS", "{method}");
        }
    }

    /// C-07, R-02.
    async fn a_slash_at_the_end_is_no_redirect(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let http = Client::builder().redirect(Policy::none()).build()?;
        let request = http.post(app.url("/mcp/")).bearer_auth(agent.access_token()).json(&ping());
        let reply = Reply::read(request).await?;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.result()?, &json!({}));
    }

    /// T-02, L-11: before authentication.
    async fn another_origin_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let anonymous = || Client::new().post(app.url("/mcp")).json(&ping());
        let origins =
            ["https://evil.example", "https://inspector.example.evil.example", "http://inspector.example", "null"];
        for origin in origins {
            for request in [agent.post(&ping()), anonymous()] {
                let reply = Reply::read(request.header("origin", origin)).await?;
                assert_eq!(refusal(&reply)?, (403, -32_600), "{origin}");
                assert_eq!(reply.header("access-control-allow-origin"), "", "{origin}");
            }
        }
    }

    async fn allowed_origins_are_the_servers_own_loopback_and_the_configured(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for origin in [ALLOWED, &app.url(""), "http://localhost:6274"] {
            let reply = Reply::read(agent.post(&ping()).header("origin", origin)).await?;
            assert_eq!(reply.status, 200, "{origin}");
            assert_eq!(reply.header("access-control-allow-origin"), origin);
        }
    }

    /// R-19: without a token.
    async fn a_preflight_of_an_allowed_origin_is_answered(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let headers = "authorization,content-type,mcp-method,mcp-name,mcp-protocol-version,mcp-param-x";
        let preflight = |origin: &'static str| {
            let request = Client::new().request(Method::OPTIONS, app.url("/mcp"));
            let request = request.header("origin", origin).header("access-control-request-method", "POST");
            Reply::read(request.header("access-control-request-headers", headers))
        };
        let reply = preflight(ALLOWED).await?;
        assert!(reply.status.is_success(), "{}", reply.status);
        assert_eq!(reply.header("access-control-allow-origin"), ALLOWED);
        assert_eq!(reply.header("access-control-allow-headers"), headers);
        assert!(reply.header("access-control-allow-methods").contains("POST"));
        assert_eq!(preflight("https://evil.example").await?.header("access-control-allow-origin"), "");
    }

    /// R-19: otherwise the browser hides the challenge from the client.
    async fn an_allowed_origin_can_read_a_refusal(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let reply = Reply::read(Client::new().post(app.url("/mcp")).header("origin", ALLOWED).json(&ping())).await?;
        assert_eq!(reply.status, 401);
        assert_eq!(reply.header("access-control-allow-origin"), ALLOWED);
        let exposed = reply.header("access-control-expose-headers");
        assert!(exposed.contains("www-authenticate") && exposed.contains("retry-after"), "{exposed}");
    }

    /// DNS rebinding: before all else.
    async fn another_host_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for (host, status) in [("evil.example", 421), ("localhost.evil.example", 421), ("localhost:1", 200)] {
            let reply = Reply::read(agent.post(&ping()).header("host", host)).await?;
            assert_eq!(reply.status, status, "{host}");
        }
    }

    async fn the_content_type_must_be_json(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let body = ping().to_string();
        assert_eq!(refusal(&Reply::read(bare(&app, &agent).body(body.clone())).await?)?, (415, -32_600));
        for (content_type, status) in [
            ("application/json", 200),
            ("Application/JSON; charset=utf-8", 200),
            ("text/plain", 415),
            ("application/x-www-form-urlencoded", 415),
        ] {
            let request = bare(&app, &agent).header("content-type", content_type).body(body.clone());
            assert_eq!(Reply::read(request).await?.status, status, "{content_type}");
        }
    }

    async fn the_client_must_take_json_or_an_event_stream(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for (accept, status) in [
            ("application/json, text/event-stream", 200),
            ("application/json", 200),
            ("text/event-stream", 200),
            ("application/*", 200),
            ("*/*", 200),
            ("text/html", 406),
            ("application/json;q=0", 406),
        ] {
            let reply = Reply::read(bare(&app, &agent).header("accept", accept).json(&ping())).await?;
            assert_eq!(reply.status, status, "{accept}");
            assert_eq!(reply.header("content-type"), "application/json", "{accept}");
        }
    }

    async fn a_body_of_more_than_a_mebibyte_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let send = |body: String| Reply::read(bare(&app, &agent).header("content-type", "application/json").body(body));
        assert_eq!(send(ping_of(MEBIBYTE)).await?.status, 200);
        assert_eq!(refusal(&send(ping_of(MEBIBYTE + 1)).await?)?, (413, -32_600));
    }

    async fn text_that_is_no_json_is_a_parse_error(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for body in [b"".as_slice(), b"{", b"nonsense", br#"{"jsonrpc":"2.0"}}"#, b"\"\xff\""] {
            let request = bare(&app, &agent).header("content-type", "application/json").body(body.to_vec());
            assert_eq!(refusal(&Reply::read(request).await?)?, (400, -32_700), "{body:?}");
        }
    }

    /// T-03, L-07.
    async fn a_batch_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for body in [json!([]), json!([ping()]), json!([ping(), ping()])] {
            assert_eq!(refusal(&Reply::read(agent.post(&body)).await?)?, (400, -32_600), "{body}");
        }
    }

    async fn json_that_is_no_message_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for body in [
            Value::Null,
            json!(7),
            json!("ping"),
            json!({}),
            json!({ "id": 1, "method": "ping" }),
            json!({ "jsonrpc": "1.0", "id": 1, "method": "ping" }),
            json!({ "jsonrpc": "2.0", "id": 1 }),
            json!({ "jsonrpc": "2.0", "id": 1, "method": 7 }),
        ] {
            let reply = Reply::read(agent.post(&body)).await?;
            assert_eq!((reply.status.as_u16(), reply.error()?.0), (400, -32_600), "{body}");
        }
    }

    async fn an_id_comes_back_as_it_was(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for id in [json!(0), json!(-7), json!(9_007_199_254_740_993_i64), json!(""), json!("7"), json!("\"é\n")] {
            let body = json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
            assert_eq!(Reply::read(agent.post(&body)).await?.body["id"], id);
        }
    }

    async fn an_id_of_another_kind_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for id in [json!(1.5), json!(true), json!({}), json!([])] {
            let body = json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
            assert_eq!(refusal(&Reply::read(agent.post(&body)).await?)?, (400, -32_600), "{id}");
        }
    }

    /// MCP narrows JSON-RPC: a request whose id is null is no notification.
    async fn a_null_id_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let body = json!({ "jsonrpc": "2.0", "id": null, "method": "ping" });
        assert_eq!(refusal(&Reply::read(agent.post(&body)).await?)?, (400, -32_600));
    }

    async fn every_response_has_a_request_id_of_its_own(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let (http, url) = (Client::new(), app.url("/mcp"));
        let mut ids = BTreeSet::new();
        for (request, status) in [
            (agent.post(&ping()), 200),
            (agent.post(&ping()), 200),
            (agent.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })), 202),
            (agent.post(&json!([])), 400),
            (http.post(&url), 401),
            (http.post(&url).header("origin", "https://evil.example"), 403),
            (http.get(app.url("/nowhere")), 404),
            (http.get(&url).bearer_auth(agent.access_token()), 405),
            (agent.post(&ping()).header("host", "evil.example"), 421),
        ] {
            let reply = Reply::read(request).await?;
            assert_eq!(reply.status, status);
            let id = reply.header("x-request-id");
            assert!(id.starts_with("req_"), "{status}: {id:?}");
            assert!(ids.insert(id.to_owned()), "{status}: {id} came twice");
        }
    }
}
