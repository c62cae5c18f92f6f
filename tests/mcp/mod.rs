//! JSON-RPC over HTTP: both eras of the Model Context Protocol on one `/mcp`.

mod transport;
mod lifecycle;
mod modern;
mod tools_list;
mod tools_call;

use anyhow::{Result, ensure};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tests::harness::{Agent, Reply, TestApp};

/// The revision without handshake.
const MODERN: &str = "2026-07-28";

/// A good request of the legacy era.
fn ping() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })
}

/// A POST to `/mcp` with a token and no other header of ours.
fn bare(app: &TestApp, agent: &Agent) -> RequestBuilder {
    Client::new().post(app.url("/mcp")).bearer_auth(agent.access_token())
}

/// Who answers, as every result of the modern era says.
fn server_info() -> Value {
    // All crates of the workspace have one version.
    json!({ "name": "atmos-pro", "title": "Atmos Pro", "version": env!("CARGO_PKG_VERSION") })
}

/// A good request of the modern era, for tests to spoil.
struct Modern {
    headers: HeaderMap,
    body: Value,
}

impl Modern {
    /// With id 7, the headers that go with the body, and the required keys of `_meta`.
    fn new(method: &'static str, params: Value) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("mcp-protocol-version", HeaderValue::from_static(MODERN));
        headers.insert("mcp-method", HeaderValue::from_static(method));
        let mut body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        body["params"]["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        Self { headers, body }
    }

    /// A call of a tool.
    fn call(tool: &'static str, arguments: Value) -> Self {
        let call = Self::new("tools/call", json!({ "name": tool, "arguments": arguments }));
        call.header("mcp-name", tool)
    }

    /// With another value of a header.
    fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// With one more value of a header.
    fn more(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.append(name, HeaderValue::from_static(value));
        self
    }

    /// Without a header.
    fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    /// With another value in `_meta`, or without the key.
    fn meta(mut self, key: &str, value: Option<Value>) -> Self {
        if let Some(meta) = self.body["params"]["_meta"].as_object_mut() {
            meta.remove(key);
            meta.extend(value.map(|value| (key.to_owned(), value)));
        }
        self
    }

    /// The same as a notification.
    fn notification(mut self) -> Self {
        if let Some(body) = self.body.as_object_mut() {
            body.remove("id");
        }
        self
    }

    async fn send(self, agent: &Agent) -> Result<Reply> {
        Reply::read(agent.post(&self.body).headers(self.headers)).await
    }

    /// Status and code of the refusal, which must have the request's id (T-14).
    async fn refusal(self, agent: &Agent) -> Result<(u16, i64)> {
        let reply = self.send(agent).await?;
        ensure!(reply.body["id"] == json!(7), "another id: {}", reply.body);
        let (code, _) = reply.error()?;
        Ok((reply.status.as_u16(), code))
    }
}
