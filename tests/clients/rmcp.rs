//! rmcp's own client, with its OAuth support; a scripted browser stands in for the person.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use atmos_mcp::authz::Policy;
use reqwest::Client;
use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{AuthClient, AuthorizationRequest, OAuthState};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientLifecycleMode, ClientServiceExt as _, RoleClient, ServiceExt as _};
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, REDIRECT_URI, TestApp, Tokens, root, text};

/// The tools that a member with the default scopes can call: dana has them all but two.
fn tools() -> Result<Vec<String>> {
    let policy = Policy::built_in()?;
    let needs_more =
        |tool: &&str| policy.row(tool).is_some_and(|row| row.requirement.name() == "ws:workspace:update_settings");
    Ok(policy.tools().filter(|tool| !needs_more(tool)).map(ToOwned::to_owned).collect())
}

/// A connected client.
type McpClient = RunningService<RoleClient, ()>;

/// Signs in as rmcp's clients do: a call without token is challenged, and the challenge says how to go on.
async fn sign_in(app: &TestApp, login: &str) -> Result<AuthClient<Client>> {
    let url = app.url("/mcp");
    let refused = ().serve(StreamableHttpClientTransport::from_uri(url.as_str())).await.err().context("let in")?;
    let challenge = refused.auth_challenge().with_context(|| format!("no challenge: {refused}"))?.to_owned();
    let mut oauth = OAuthState::new(url.as_str(), None).await?;
    let request = AuthorizationRequest::new(REDIRECT_URI).with_client_name("rmcp test").with_challenge(challenge);
    oauth.start_authorization(request).await?;
    let redirect = app.approve(&oauth.get_authorization_url().await?, login).await?;
    oauth.handle_callback_url(redirect.as_str()).await?;
    let manager = oauth.into_authorization_manager().context("not authorized")?;
    Ok(AuthClient::new(Client::new(), manager))
}

/// Connects with the tokens that `auth` has.
async fn connect(app: &TestApp, auth: &AuthClient<Client>, lifecycle: ClientLifecycleMode) -> Result<McpClient> {
    let config = StreamableHttpClientTransportConfig::with_uri(app.url("/mcp"));
    let transport = StreamableHttpClientTransport::with_client(auth.clone(), config);
    Ok(().serve_with_lifecycle(transport, lifecycle).await?)
}

fn modern() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
}

/// The client's id and the tokens that it has now.
async fn tokens(auth: &AuthClient<Client>) -> Result<(String, Tokens)> {
    let (client_id, response) = auth.auth_manager.lock().await.get_credentials().await?;
    Ok((client_id, serde_json::from_value(serde_json::to_value(response.context("no tokens")?)?)?))
}

/// The structured content of a call; its text must be the same JSON.
async fn call(client: &McpClient, tool: &str, arguments: Value) -> Result<Value> {
    let Value::Object(arguments) = arguments else { bail!("arguments must be an object") };
    let result = client.call_tool(CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments)).await?;
    let result = serde_json::to_value(result)?;
    ensure!(result["isError"] == json!(false), "{tool} failed: {result}");
    let content: Value = serde_json::from_str(text(&result, "/content/0/text"))?;
    ensure!(content == result["structuredContent"], "text and structured content of {tool} differ");
    Ok(content)
}

/// Calls tools as an agent does that looks around, then those whose documented example needs no id.
async fn call_all(client: &McpClient) -> Result<()> {
    assert_eq!(text(&call(client, "get_workspace", json!({})).await?, "/slug"), "acme");
    assert_eq!(text(&call(client, "list_my_permissions", json!({})).await?, "/role"), "owner");
    let repos = call(client, "list_repos", json!({ "limit": 1 })).await?;
    let (owner, name) = (text(&repos, "/items/0/owner"), text(&repos, "/items/0/name"));
    let repo = call(client, "get_repo", json!({ "owner": owner, "repo": name })).await?;
    assert_eq!(text(&repo, "/id"), text(&repos, "/items/0/id"));
    let instances = call(client, "list_instances", json!({ "limit": 1 })).await?;
    let id = text(&instances, "/items/0/id");
    let instance = call(client, "get_instance", json!({ "id": id })).await?;
    assert_eq!(text(&instance, "/id"), id);
    let examples = std::fs::read_to_string(root().join("docs/tool-examples.json"))?;
    let examples: BTreeMap<String, Value> = serde_json::from_str(&examples)?;
    let callable = tools()?;
    for (tool, arguments) in examples {
        let needs_id = arguments.to_string().contains('…') || tool == "get_pull_request";
        if !needs_id && callable.contains(&tool) {
            call(client, &tool, arguments).await?;
        }
    }
    Ok(())
}

async fn list(client: &McpClient) -> Result<Vec<String>> {
    Ok(client.list_all_tools().await?.into_iter().map(|tool| tool.name.into_owned()).collect())
}

fn version(client: &McpClient) -> Result<String> {
    Ok(client.peer_info().context("no server")?.protocol_version.as_str().to_owned())
}

on_both_engines! {
    async fn the_modern_client_lists_and_calls_the_tools(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let auth = sign_in(&app, "dana").await?;
        let client = connect(&app, &auth, modern()).await?;
        assert_eq!(version(&client)?, "2026-07-28");
        assert_eq!(list(&client).await?, tools()?);
        call_all(&client).await?;
        client.cancel().await?;
    }

    async fn the_legacy_client_lists_and_calls_the_tools(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let auth = sign_in(&app, "dana").await?;
        let client = connect(&app, &auth, ClientLifecycleMode::Initialize).await?;
        assert_eq!(version(&client)?, "2025-11-25");
        assert_eq!(list(&client).await?, tools()?);
        call_all(&client).await?;
        client.cancel().await?;
    }

    async fn the_client_refreshes_when_it_wants_to(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let auth = sign_in(&app, "dana").await?;
        let client = connect(&app, &auth, modern()).await?;
        let (_, before) = tokens(&auth).await?;
        auth.auth_manager.lock().await.refresh_token().await?;
        let (_, after) = tokens(&auth).await?;
        assert_ne!(after.access_token, before.access_token);
        assert_ne!(after.refresh_token, before.refresh_token);
        assert_eq!(after.scope, before.scope);
        call_all(&client).await?;
        client.cancel().await?;
    }

    /// The client's own clock says that the token is still good; the 401 makes it refresh and call again.
    async fn an_expired_token_is_refreshed_without_the_person(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let auth = sign_in(&app, "dana").await?;
        let client = connect(&app, &auth, modern()).await?;
        let (_, before) = tokens(&auth).await?;
        app.advance(Duration::from_secs(3_601));
        call_all(&client).await?;
        let (_, after) = tokens(&auth).await?;
        assert_ne!(after.access_token, before.access_token);
        client.cancel().await?;
    }

    async fn after_revocation_the_client_is_asked_to_sign_in_again(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let auth = sign_in(&app, "dana").await?;
        let client = connect(&app, &auth, modern()).await?;
        call_all(&client).await?;
        let (client_id, held) = tokens(&auth).await?;
        assert_eq!(app.revoke(&client_id, &held.refresh_token).await?.status, 200);
        let refused = client.call_tool(CallToolRequestParams::new("get_workspace")).await.err().context("let in")?;
        assert!(refused.is_authorization_required(), "{refused}");
        let challenge = refused.auth_challenge().unwrap_or_default();
        assert!(challenge.starts_with(r#"Bearer error="invalid_token""#), "{challenge}");
        assert_eq!(app.agent_with(held).call("get_workspace", json!({})).await?.status, 401);
        client.cancel().await?;
    }
}
