//! An MCP client that speaks plain HTTP, so that tests see every status and header.

use anyhow::{Context as _, Result};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::oauth::Tokens;
use super::schemas;

/// A client with a token.
pub struct Agent {
    http: Client,
    url: String,
    tokens: Tokens,
}

impl Agent {
    pub(super) fn new(url: String, tokens: Tokens) -> Self {
        Self { http: Client::new(), url, tokens }
    }

    /// The access token in use.
    pub fn access_token(&self) -> &str {
        &self.tokens.access_token
    }

    /// Both tokens.
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// A POST to `/mcp`, to be changed and sent.
    pub fn post(&self, body: &Value) -> RequestBuilder {
        self.http
            .post(&self.url)
            .bearer_auth(&self.tokens.access_token)
            .header("accept", "application/json, text/event-stream")
            .json(body)
    }

    /// A request of the legacy era.
    pub async fn request(&self, method: &str, params: Value) -> Result<Reply> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        Reply::read(self.post(&body)).await
    }

    /// Calls a tool. What it returns is held against its output schema when it is looked at.
    pub async fn call(&self, tool: &str, arguments: Value) -> Result<Reply> {
        let reply = self.request("tools/call", json!({ "name": tool, "arguments": arguments })).await?;
        Ok(Reply { tool: Some(tool.to_owned()), ..reply })
    }
}

/// What the server answered.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// HTTP headers.
    pub headers: reqwest::header::HeaderMap,
    /// JSON body; null if there was none.
    pub body: Value,
    /// The tool that was called.
    tool: Option<String>,
}

impl Reply {
    /// Sends a request and reads the answer.
    pub async fn read(request: RequestBuilder) -> Result<Self> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).context(text)? };
        Ok(Self { status, headers, body, tool: None })
    }

    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The structured content of a successful call; its text block must be the same JSON, and both as the tool's
    /// output schema says.
    pub fn structured(&self) -> Result<&Value> {
        let result = self.result()?;
        anyhow::ensure!(result["isError"] == json!(false), "the tool failed: {result}");
        let text = result["content"][0]["text"].as_str().context("a text block")?;
        let structured = &result["structuredContent"];
        anyhow::ensure!(&serde_json::from_str::<Value>(text)? == structured, "text and structured content differ");
        if let Some(tool) = &self.tool {
            schemas::check(tool, structured)?;
        }
        Ok(structured)
    }

    /// The text of a tool error.
    pub fn tool_error(&self) -> Result<&str> {
        let result = self.result()?;
        anyhow::ensure!(result["isError"] == json!(true), "the tool did not fail: {result}");
        result["content"][0]["text"].as_str().context("a text block")
    }

    /// The JSON-RPC result.
    pub fn result(&self) -> Result<&Value> {
        self.body.get("result").with_context(|| format!("no result: {} {}", self.status, self.body))
    }

    /// Code and message of a JSON-RPC error.
    pub fn error(&self) -> Result<(i64, &str)> {
        let error = self.body.get("error").with_context(|| format!("no error: {} {}", self.status, self.body))?;
        let code = error["code"].as_i64().context("a code")?;
        Ok((code, error["message"].as_str().context("a message")?))
    }
}
