//! `POST /oauth/token` with a code, and what the database knows of tokens.

use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::Client;
use serde_json::json;
use tests::harness::{Engine, Fixture, REDIRECT_URI, Reply, TestApp, Tokens, VERIFIER, code_exchange, refresh, text};

use super::{call_status, count_audited, refusal, token_at_once, with, without};

/// Every text column in which a secret could end up.
const TEXTS: [&str; 7] = [
    "SELECT client_id || metadata FROM oauth_clients",
    "SELECT id || client_id || client_name || user_id || workspace_id || scopes || resource || \
     COALESCE(revoke_reason, '') FROM oauth_grants",
    "SELECT grant_id || client_id || redirect_uri || code_challenge FROM oauth_codes",
    "SELECT grant_id FROM oauth_refresh_tokens",
    "SELECT grant_id || scopes FROM oauth_access_tokens",
    "SELECT user_id FROM web_sessions",
    "SELECT COALESCE(workspace_id, '') || actor_type || COALESCE(actor_id, '') || COALESCE(client_id, '') || \
     COALESCE(grant_id, '') || category || action || COALESCE(target_type, '') || COALESCE(target_id, '') || \
     outcome || COALESCE(detail, '') || COALESCE(component_digest, '') || COALESCE(metadata, '') || request_id \
     FROM audit_log",
];

/// The length of what stands in place of each secret.
const HASH_LENGTHS: [&str; 5] = [
    "SELECT CAST(LENGTH(code_hash) AS TEXT) FROM oauth_codes",
    "SELECT CAST(LENGTH(token_hash) AS TEXT) FROM oauth_access_tokens",
    "SELECT CAST(LENGTH(token_hash) AS TEXT) FROM oauth_refresh_tokens",
    "SELECT CAST(LENGTH(successor_hash) AS TEXT) FROM oauth_refresh_tokens WHERE successor_hash IS NOT NULL",
    "SELECT CAST(LENGTH(session_hash) AS TEXT) FROM web_sessions",
];

/// A verifier that is not the one of the request.
const OTHER_VERIFIER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Exchanges a code as its client would.
async fn exchange(app: &TestApp, client_id: &str, code: &str) -> Result<Tokens> {
    let reply = app.token(&code_exchange(client_id, code)).await?;
    serde_json::from_value(reply.body.clone()).with_context(|| reply.body.to_string())
}

on_both_engines! {
    /// RFC 6749 §5.1.
    async fn a_code_gives_tokens_that_nobody_may_cache(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, code) = app.authorize("dana").scope("ws:instances:read").code().await?;
        let reply = app.token(&code_exchange(&client_id, &code)).await?;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("pragma"), "no-cache");
        let tokens: Tokens = serde_json::from_value(reply.body)?;
        assert!(tokens.access_token.starts_with("atmos_at_"));
        assert!(tokens.refresh_token.starts_with("atmos_rt_"));
        assert_eq!((tokens.token_type.as_str(), tokens.expires_in), ("Bearer", 3_600));
        assert_eq!(tokens.scope, "ws:instances:read ws:workspace:read");
        assert_eq!(call_status(&app, &tokens).await?, 200);
        assert_eq!(count_audited(&app, "token_issued", "ok").await?, 1);
    }

    async fn a_refusal_may_not_be_cached_either(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, _) = app.authorize("dana").code().await?;
        let reply = app.token(&code_exchange(&client_id, "atmos_ac_unknown")).await?;
        assert_eq!(refusal(&reply), (400, "invalid_grant"));
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("pragma"), "no-cache");
    }

    /// §2.6: somebody has the code but not the verifier.
    async fn a_wrong_verifier_uses_up_the_code(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, code) = app.authorize("dana").code().await?;
        let wrong = with(code_exchange(&client_id, &code), "code_verifier", OTHER_VERIFIER);
        assert_eq!(refusal(&app.token(&wrong).await?), (400, "invalid_grant"));
        assert_eq!(count_audited(&app, "code_verifier_wrong", "refused").await?, 1);
        assert_eq!(refusal(&app.token(&code_exchange(&client_id, &code)).await?), (400, "invalid_grant"));
    }

    /// A-18, RFC 6749 §4.1.2.
    async fn a_replayed_code_revokes_the_tokens_it_gave(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, code) = app.authorize("dana").code().await?;
        let tokens = exchange(&app, &client_id, &code).await?;
        assert_eq!(call_status(&app, &tokens).await?, 200);
        assert_eq!(refusal(&app.token(&code_exchange(&client_id, &code)).await?), (400, "invalid_grant"));
        assert_eq!(call_status(&app, &tokens).await?, 401);
        let reply = app.token(&refresh(&client_id, &tokens.refresh_token)).await?;
        assert_eq!(refusal(&reply), (400, "invalid_grant"));
        assert_eq!(count_audited(&app, "code_replayed", "refused").await?, 1);
    }

    async fn of_many_that_present_a_code_at_once_one_gets_tokens(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, code) = app.authorize("dana").code().await?;
        let replies = token_at_once(&app, 8, &code_exchange(&client_id, &code)).await?;
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
        assert_eq!(replies.iter().filter(|reply| refusal(reply) == (400, "invalid_grant")).count(), 7);
    }

    async fn a_code_is_good_for_less_than_a_minute(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, code) = app.authorize("dana").code().await?;
        app.advance(Duration::from_secs(59));
        exchange(&app, &client_id, &code).await?;
        let (client_id, code) = app.authorize("dana").code().await?;
        app.advance(Duration::from_mins(1));
        assert_eq!(refusal(&app.token(&code_exchange(&client_id, &code)).await?), (400, "invalid_grant"));
    }

    async fn a_code_is_good_for_its_client_alone(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, code) = app.authorize("dana").code().await?;
        let body = json!({ "client_name": "Another agent", "redirect_uris": [REDIRECT_URI] });
        let reply = Reply::read(Client::new().post(app.url("/oauth/register")).json(&body)).await?;
        let other = text(&reply.body, "/client_id");
        assert_eq!(refusal(&app.token(&code_exchange(other, &code)).await?), (400, "invalid_grant"));
        exchange(&app, &client_id, &code).await.context("the code must still be good for its own client")?;
    }

    async fn another_redirect_uri_is_refused_and_leaves_the_code_good(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, code) = app.authorize("dana").code().await?;
        let form = code_exchange(&client_id, &code);
        let other = with(form.clone(), "redirect_uri", "http://127.0.0.1:1024/callback");
        assert_eq!(refusal(&app.token(&other).await?), (400, "invalid_grant"));
        let reply = app.token(&without(form, "redirect_uri")).await?;
        assert_eq!(reply.status, 200, "OAuth 2.1 no longer asks for it: {}", reply.body);
    }

    async fn another_resource_is_refused_and_leaves_the_code_good(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, code) = app.authorize("dana").code().await?;
        let form = code_exchange(&client_id, &code);
        let other = with(form.clone(), "resource", "https://other.example/mcp");
        assert_eq!(refusal(&app.token(&other).await?), (400, "invalid_target"));
        let reply = app.token(&with(form, "resource", &app.url("/mcp"))).await?;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }

    /// tells a client to register again.
    async fn an_unknown_client_is_an_invalid_client(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (_, code) = app.authorize("dana").code().await?;
        assert_eq!(refusal(&app.token(&code_exchange("cli_unknown", &code)).await?), (401, "invalid_client"));
    }

    /// PostgreSQL takes no NUL; a client that gets a 5xx keeps its dead token (§2.6).
    async fn a_client_id_with_a_nul_is_unknown_too(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        assert_eq!(refusal(&app.token(&code_exchange("cli_\0", "x")).await?), (401, "invalid_client"));
    }

    async fn a_malformed_request_says_so_and_leaves_the_code_good(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, code) = app.authorize("dana").code().await?;
        let form = code_exchange(&client_id, &code);
        for missing in ["grant_type", "client_id", "code", "code_verifier"] {
            let reply = app.token(&without(form.clone(), missing)).await?;
            assert_eq!(refusal(&reply), (400, "invalid_request"), "{missing}");
        }
        let repeated = [form.clone(), vec![("code", code.clone())]].concat();
        assert_eq!(refusal(&app.token(&repeated).await?), (400, "invalid_request"));
        let other_grant = with(form, "grant_type", "client_credentials");
        assert_eq!(refusal(&app.token(&other_grant).await?), (400, "unsupported_grant_type"));
        exchange(&app, &client_id, &code).await.context("the code must still be good")?;
    }

    async fn an_oversize_body_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let form = [("grant_type", "x".repeat(17 << 10))];
        let response = Client::new().post(app.url("/oauth/token")).form(&form).send().await?;
        assert_eq!(response.status(), 413);
    }

    async fn no_secret_is_stored_in_clear(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, code) = app.authorize("dana").code().await?;
        let first = exchange(&app, &client_id, &code).await?;
        app.agent_with(first.clone()).call("list_repos", json!({})).await?.structured()?;
        let reply = app.token(&refresh(&client_id, &first.refresh_token)).await?;
        let second: Tokens = serde_json::from_value(reply.body)?;
        app.revoke(&client_id, &second.refresh_token).await?;

        let mut stored = Vec::new();
        for sql in TEXTS {
            stored.extend(app.db_text(sql).await?);
        }
        assert!(stored.iter().any(|row| row.contains(&client_id)), "the scan sees nothing");
        let given = [first.access_token, first.refresh_token, second.access_token, second.refresh_token];
        for secret in given.iter().map(String::as_str).chain([code.as_str(), VERIFIER, "atmos_"]) {
            assert!(!stored.iter().any(|row| row.contains(secret)), "{secret} is stored: {stored:?}");
        }
        for sql in HASH_LENGTHS {
            let lengths = app.db_text(sql).await?;
            assert!(!lengths.is_empty() && lengths.iter().all(|length| length == "32"), "{sql}: {lengths:?}");
        }
    }
}
