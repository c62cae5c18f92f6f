//! `POST /oauth/register` (RFC 7591).

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use reqwest::Client;
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, REDIRECT_URI, Reply, TestApp, code_exchange, text};

use super::{count_audited, refusal};

/// What the clients of `mcp-and-oauth.md` §2.11 send.
const CLIENTS: [&str; 13] = [
    r#"{"client_name":"Claude Code (atmos-pro)","redirect_uris":["http://localhost:51234/callback"],
        "grant_types":["authorization_code","refresh_token"],"response_types":["code"],
        "token_endpoint_auth_method":"none","application_type":"native"}"#,
    r#"{"client_name":"Codex","redirect_uris":["http://127.0.0.1:40001/callback"],
        "grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"none",
        "response_types":["code"],"application_type":"native"}"#,
    r#"{"client_name":"MCP CLI Proxy","redirect_uris":["http://localhost:15233/oauth/callback"],
        "token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],
        "response_types":["code"],"client_uri":"https://github.com/modelcontextprotocol/mcp-cli",
        "software_id":"2e6dc280-f3c3-4e01-99a7-8181dbd1d23d","software_version":"0.15.1"}"#,
    r#"{"client_name":"MCP Inspector","redirect_uris":["http://127.0.0.1:6276/oauth/callback"],
        "token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],
        "response_types":["code"],"client_uri":"https://github.com/modelcontextprotocol/inspector","scope":""}"#,
    r#"{"client_name":"FastMCP Client","redirect_uris":["http://localhost:43117/callback"],
        "grant_types":["authorization_code","refresh_token"],"response_types":["code"]}"#,
    r#"{"client_name":"Gemini CLI MCP Client","redirect_uris":["http://localhost:7777/oauth/callback"],
        "grant_types":["authorization_code","refresh_token"],"response_types":["code"],
        "token_endpoint_auth_method":"none","scope":""}"#,
    r#"{"client_name":"Visual Studio Code","client_uri":"https://code.visualstudio.com",
        "grant_types":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:device_code"],
        "response_types":["code"],"token_endpoint_auth_method":"none","application_type":"native",
        "redirect_uris":["https://insiders.vscode.dev/redirect","https://vscode.dev/redirect",
        "http://127.0.0.1/","http://127.0.0.1:33418/"]}"#,
    r#"{"client_name":"Cursor","application_type":"web","token_endpoint_auth_method":"client_secret_post",
        "grant_types":["authorization_code","refresh_token"],"response_types":["code"],
        "redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback","http://localhost:8787/callback"]}"#,
    r#"{"client_name":"Zed","redirect_uris":["http://127.0.0.1:49152/callback"],
        "grant_types":["authorization_code"],"response_types":["code"],"token_endpoint_auth_method":"none"}"#,
    r#"{"client_name":"Windsurf","redirect_uris":["http://localhost:50111/oauth/callback"],
        "scope":"openid email profile"}"#,
    r#"{"client_name":"Claude","redirect_uris":["https://claude.ai/api/mcp/auth_callback"],
        "grant_types":["authorization_code","refresh_token"],"response_types":["code"],
        "token_endpoint_auth_method":"none"}"#,
    r#"{"client_name":"ChatGPT","redirect_uris":["https://chatgpt.com/connector/oauth/abc123",
        "https://chatgpt.com/connector_platform_oauth_redirect"],"token_endpoint_auth_method":"none"}"#,
    r#"{"client_name":"GitHub Copilot CLI","redirect_uris":["http://127.0.0.1:38111/"]}"#,
];

/// Posts a registration as it is written.
async fn register(app: &TestApp, body: &str) -> Result<Reply> {
    let request = Client::new().post(app.url("/oauth/register")).header("content-type", "application/json");
    Reply::read(request.body(body.to_owned())).await
}

/// The id that a registration gives.
async fn client_id(app: &TestApp, body: &str) -> Result<String> {
    Ok(text(&register(app, body).await?.body, "/client_id").to_owned())
}

/// How many clients are stored.
async fn count_clients(app: &TestApp) -> Result<Vec<String>> {
    app.db_text("SELECT CAST(COUNT(*) AS TEXT) FROM oauth_clients").await
}

on_both_engines! {
    /// R-06.
    async fn every_known_client_is_accepted_as_a_public_client(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let mut ids = BTreeSet::new();
        for body in CLIENTS {
            let reply = register(&app, body).await?;
            assert_eq!(reply.status, 201, "{body}: {}", reply.body);
            let sent: Value = serde_json::from_str(body)?;
            assert_eq!(reply.body["client_name"], sent["client_name"]);
            assert_eq!(reply.body["redirect_uris"], sent["redirect_uris"]);
            assert_eq!(reply.body["grant_types"], json!(["authorization_code", "refresh_token"]));
            assert_eq!(reply.body["response_types"], json!(["code"]));
            assert_eq!(reply.body["token_endpoint_auth_method"], json!("none"));
            assert_eq!(reply.body.get("client_secret"), None);
            assert_eq!(reply.header("cache-control"), "no-store");
            ids.insert(text(&reply.body, "/client_id").to_owned());
        }
        assert_eq!(ids.len(), CLIENTS.len());
        assert!(ids.iter().all(|id| id.starts_with("cli_")), "{ids:?}");
    }

    async fn unacceptable_redirect_uris_are_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let sets = [
            json!(["javascript:alert(1)"]),
            json!(["data:text/html,x"]),
            json!(["file:///etc/passwd"]),
            json!(["http://evil.example/callback"]),
            json!(["http://localhost.evil.example/callback"]),
            json!(["http://localhost:1@evil.example/callback"]),
            json!(["https://user:secret@a.example/callback"]),
            json!(["https://*.a.example/callback"]),
            json!(["https://a.example/callback#fragment"]),
            json!(["https://a.example/call back"]),
            json!(["/callback"]),
            json!(["https://a.example/callback", "ftp://a.example"]),
            json!(vec!["https://a.example/callback"; 21]),
            json!([]),
            Value::Null,
        ];
        for redirect_uris in sets {
            let reply = register(&app, &json!({ "redirect_uris": redirect_uris }).to_string()).await?;
            assert_eq!(refusal(&reply), (400, "invalid_redirect_uri"), "{redirect_uris}");
        }
        assert_eq!(count_clients(&app).await?, ["0"]);
    }

    async fn other_unusable_metadata_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        for body in [
            r#"{"redirect_uris":["https://a.example/cb"],"grant_types":["client_credentials"]}"#,
            r#"{"redirect_uris":["https://a.example/cb"],"response_types":["token"]}"#,
            r#"{"redirect_uris":"https://a.example/cb"}"#,
            "[]",
            "{",
            "",
        ] {
            assert_eq!(refusal(&register(&app, body).await?), (400, "invalid_client_metadata"), "{body}");
        }
    }

    /// R-05.
    async fn the_same_client_registers_once(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let body =
            r#"{"client_name":"Agent","redirect_uris":["http://localhost:51234/callback","https://a.example/cb"]}"#;
        let first = client_id(&app, body).await?;
        assert_eq!(client_id(&app, body).await?, first);
        assert_eq!(client_id(&app, &body.replace("51234", "60001")).await?, first, "another port");
        assert_ne!(client_id(&app, &body.replace("/callback", "/other")).await?, first, "another path");
        assert_ne!(client_id(&app, &body.replace("Agent", "Other")).await?, first, "another name");
        assert_eq!(count_clients(&app).await?, ["3"]);
        assert_eq!(count_audited(&app, "client_registered", "ok").await?, 3);
    }

    async fn an_oversize_body_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let body = json!({ "client_name": "x".repeat(17 << 10), "redirect_uris": [REDIRECT_URI] });
        let reply = register(&app, &body.to_string()).await?;
        assert_eq!(refusal(&reply), (400, "invalid_client_metadata"));
        assert_eq!(count_clients(&app).await?, ["0"]);
    }

    async fn a_name_loses_what_does_not_show(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let body = json!({ "client_name": " Claude\u{202e}\u{200b}\n Code\0 ", "redirect_uris": [REDIRECT_URI] });
        let reply = register(&app, &body.to_string()).await?;
        assert_eq!(text(&reply.body, "/client_name"), "Claude Code");
    }

    /// R-04, R-05: an agent cannot recover from an id that is gone.
    async fn only_clients_that_were_never_authorized_are_forgotten(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (authorized, _) = app.authorize("dana").code().await?;
        let unused = client_id(&app, r#"{"client_name":"Unused","redirect_uris":["https://a.example/cb"]}"#).await?;
        app.advance(Duration::from_hours(8 * 24));
        client_id(&app, r#"{"client_name":"Newcomer","redirect_uris":["https://b.example/cb"]}"#).await?;
        assert_eq!(refusal(&app.token(&code_exchange(&unused, "x")).await?), (401, "invalid_client"));
        assert_eq!(refusal(&app.token(&code_exchange(&authorized, "x")).await?), (400, "invalid_grant"));
    }
}
