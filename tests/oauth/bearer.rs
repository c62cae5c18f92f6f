//! Bearer authentication of `/mcp` (RFC 6750): who is let in, and what the others are told.

use std::time::Duration;

use anyhow::Result;
use reqwest::{Client, RequestBuilder};
use serde_json::json;
use tests::harness::{Engine, Fixture, Reply, TestApp, text};

use super::{EVERY_READ, call_status};

/// A call without credentials.
fn anonymous(app: &TestApp) -> RequestBuilder {
    Client::new().post(app.url("/mcp")).json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))
}

/// A call with this `Authorization` header.
async fn call(app: &TestApp, authorization: &str) -> Result<Reply> {
    Reply::read(anonymous(app).header("authorization", authorization)).await
}

/// The challenge (A-01, A-02), with `error` in front.
fn challenge(app: &TestApp, error: &str) -> String {
    let url = app.url("/.well-known/oauth-protected-resource/mcp");
    format!(r#"Bearer {error}resource_metadata="{url}", scope="{EVERY_READ}""#)
}

/// Fails unless the token was refused for this reason.
fn assert_invalid(app: &TestApp, reply: &Reply, description: &str) {
    assert_eq!(reply.status, 401);
    let error = format!(r#"error="invalid_token", error_description="{description}", "#);
    assert_eq!(reply.header("www-authenticate"), challenge(app, &error));
    assert_eq!(reply.body, json!({ "error": "invalid_token", "error_description": description }));
    assert_eq!(reply.header("cache-control"), "no-store");
}

/// Fails unless the caller was asked to sign in, and told of no error (RFC 6750 §3).
fn assert_challenged(app: &TestApp, reply: &Reply) {
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), challenge(app, ""));
    assert_eq!(text(&reply.body, "/error"), "unauthorized");
}

on_both_engines! {
    async fn a_call_without_token_is_challenged(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        assert_challenged(&app, &Reply::read(anonymous(&app)).await?);
    }

    async fn another_scheme_counts_as_no_token(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for authorization in ["Basic ZGFuYTpkYW5h", "Bearer", agent.access_token()] {
            assert_challenged(&app, &call(&app, authorization).await?);
        }
    }

    async fn the_scheme_is_read_without_case(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        assert_eq!(call(&app, &format!("bEARER {}", agent.access_token())).await?.status, 200);
    }

    async fn a_malformed_token_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let (access_token, refresh_token) = (agent.access_token(), &agent.tokens().refresh_token);
        for token in ["nonsense", &format!("{access_token}0"), &access_token.to_lowercase(), refresh_token] {
            assert_invalid(&app, &call(&app, &format!("Bearer {token}")).await?, "The access token is malformed");
        }
    }

    async fn an_unknown_token_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        app.db_execute("DELETE FROM oauth_access_tokens").await?;
        let reply = agent.request("ping", json!({})).await?;
        assert_invalid(&app, &reply, "The access token is not known here");
    }

    async fn a_token_is_good_for_an_hour(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        app.advance(Duration::from_secs(3_599));
        assert_eq!(agent.request("ping", json!({})).await?.status, 200);
        app.advance(Duration::from_secs(2));
        assert_invalid(&app, &agent.request("ping", json!({})).await?, "The access token expired");
    }

    /// A-04.
    async fn a_token_of_another_resource_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        app.db_execute("UPDATE oauth_grants SET resource = 'https://other.example/mcp'").await?;
        let reply = agent.request("ping", json!({})).await?;
        assert_invalid(&app, &reply, "The access token is not known here");
    }

    /// A-04.
    async fn a_token_in_the_query_is_not_looked_at(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let url = app.url(&format!("/mcp?access_token={}", agent.access_token()));
        let request = Client::new().post(url).json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }));
        assert_challenged(&app, &Reply::read(request).await?);
    }

    async fn two_authorization_headers_are_a_malformed_request(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let request = anonymous(&app).bearer_auth(agent.access_token()).bearer_auth(agent.access_token());
        let reply = Reply::read(request).await?;
        assert_eq!(reply.status, 400);
        assert_eq!(text(&reply.body, "/error"), "invalid_request");
        assert!(reply.header("www-authenticate").starts_with(r#"Bearer error="invalid_request""#));
    }

    async fn one_who_leaves_the_workspace_is_out_on_the_next_call(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (danas, mias) = (app.agent("dana").await?, app.agent("mia").await?);
        assert_eq!(call_status(&app, mias.tokens()).await?, 200);
        app.db_execute("DELETE FROM memberships WHERE user_id = (SELECT id FROM users WHERE login = 'mia')").await?;
        assert_invalid(&app, &mias.request("ping", json!({})).await?, "The access token was revoked");
        assert_eq!(call_status(&app, danas.tokens()).await?, 200);
    }

    async fn a_suspended_workspace_lets_nobody_in_on_the_next_call(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        app.db_execute("UPDATE workspaces SET status = 'suspended' WHERE slug = 'acme'").await?;
        assert_invalid(&app, &agent.request("ping", json!({})).await?, "The access token was revoked");
    }
}
