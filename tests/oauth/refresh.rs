//! `POST /oauth/token` with a refresh token: rotation, retries and reuse (`mcp-and-oauth.md` §2.7).

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::Client;
use serde_json::json;
use tests::harness::{Engine, Fixture, REDIRECT_URI, Reply, TestApp, Tokens, refresh, text};

use super::{call_status, count_audited, refusal, token_at_once, with};

/// Refreshes as the client would.
async fn refreshed(app: &TestApp, client_id: &str, tokens: &Tokens) -> Result<Tokens> {
    let reply = app.token(&refresh(client_id, &tokens.refresh_token)).await?;
    serde_json::from_value(reply.body.clone()).with_context(|| reply.body.to_string())
}

/// Fails unless the refresh token is refused.
async fn assert_refused(app: &TestApp, client_id: &str, tokens: &Tokens) -> Result<()> {
    let reply = app.token(&refresh(client_id, &tokens.refresh_token)).await?;
    assert_eq!(refusal(&reply), (400, "invalid_grant"), "{}", reply.body);
    Ok(())
}

on_both_engines! {
    ///
    async fn each_use_gives_a_new_token(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").tokens().await?;
        let second = refreshed(&app, &client_id, &first).await?;
        assert_ne!(second.access_token, first.access_token);
        assert_ne!(second.refresh_token, first.refresh_token);
        assert_eq!(second.scope, first.scope);
        assert_eq!((second.token_type.as_str(), second.expires_in), ("Bearer", 3_600));
        assert_eq!(call_status(&app, &second).await?, 200);
        assert_eq!(count_audited(&app, "token_refreshed", "ok").await?, 1);
    }

    /// the client never saw the first reply.
    async fn a_retry_inside_the_window_gives_the_same_refresh_token(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").tokens().await?;
        let second = refreshed(&app, &client_id, &first).await?;
        app.advance(Duration::from_secs(30));
        let again = refreshed(&app, &client_id, &first).await?;
        assert_eq!(again.refresh_token, second.refresh_token);
        assert_eq!(call_status(&app, &second).await?, 200);
        assert_eq!(call_status(&app, &again).await?, 200);
        assert_eq!(count_audited(&app, "token_refreshed", "ok").await?, 1);
        assert_eq!(count_audited(&app, "refresh_retry", "ok").await?, 1);
    }

    ///
    async fn twenty_at_once_give_one_lineage(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").tokens().await?;
        let replies = token_at_once(&app, 20, &refresh(&client_id, &first.refresh_token)).await?;
        let statuses: BTreeSet<u16> = replies.iter().map(|reply| reply.status.as_u16()).collect();
        assert_eq!(statuses, BTreeSet::from([200]));
        let successors = replies.iter().map(|reply| text(&reply.body, "/refresh_token")).collect::<BTreeSet<_>>().len();
        assert_eq!(successors, 1);
        assert_eq!(count_audited(&app, "token_refreshed", "ok").await?, 1);
        assert_eq!(count_audited(&app, "refresh_retry", "ok").await?, 19);

        // After the window, the old token is a stolen one, and everything ends.
        app.advance(Duration::from_secs(31));
        assert_refused(&app, &client_id, &first).await?;
        for reply in replies {
            assert_eq!(call_status(&app, &serde_json::from_value(reply.body)?).await?, 401);
        }
    }

    async fn reuse_after_the_window_revokes_the_chain(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").tokens().await?;
        let second = refreshed(&app, &client_id, &first).await?;
        app.advance(Duration::from_secs(31));
        assert_eq!(call_status(&app, &second).await?, 200);
        assert_refused(&app, &client_id, &first).await?;
        assert_eq!(call_status(&app, &first).await?, 401);
        assert_eq!(call_status(&app, &second).await?, 401);
        assert_refused(&app, &client_id, &second).await?;
        assert_eq!(count_audited(&app, "refresh_reuse", "refused").await?, 1);
    }

    /// Inside the window, but the successor was used: somebody else has one of the two.
    async fn reuse_after_the_successor_was_used_revokes_the_chain(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").tokens().await?;
        let second = refreshed(&app, &client_id, &first).await?;
        let third = refreshed(&app, &client_id, &second).await?;
        assert_refused(&app, &client_id, &first).await?;
        assert_eq!(call_status(&app, &third).await?, 401);
        assert_refused(&app, &client_id, &third).await?;
        assert_eq!(count_audited(&app, "refresh_reuse", "refused").await?, 1);
    }

    /// RFC 6749 §6.
    async fn a_scope_may_be_narrowed_for_one_access_token(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").scope("ws:instances:read ws:locks:read").tokens().await?;
        let form = with(refresh(&client_id, &first.refresh_token), "scope", "ws:locks:read");
        let narrow: Tokens = serde_json::from_value(app.token(&form).await?.body)?;
        assert_eq!(narrow.scope, "ws:locks:read ws:workspace:read");
        let reply = app.agent_with(narrow.clone()).call("list_my_permissions", json!({})).await?;
        assert_eq!(reply.structured()?["grantedScopes"], json!(["ws:locks:read", "ws:workspace:read"]));
        assert_eq!(refreshed(&app, &client_id, &narrow).await?.scope, first.scope);
    }

    async fn a_wider_scope_is_refused_and_leaves_the_token_good(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").scope("ws:locks:read").tokens().await?;
        let form = with(refresh(&client_id, &first.refresh_token), "scope", "ws:locks:read ws:audit_log:read");
        assert_eq!(refusal(&app.token(&form).await?), (400, "invalid_scope"));
        refreshed(&app, &client_id, &first).await?;
        assert_eq!(count_audited(&app, "token_refreshed", "ok").await?, 1);
    }

    async fn a_refresh_token_lives_thirty_days_from_its_own_first_day(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").tokens().await?;
        app.advance(Duration::from_hours(29 * 24));
        let second = refreshed(&app, &client_id, &first).await?;
        app.advance(Duration::from_hours(29 * 24));
        let third = refreshed(&app, &client_id, &second).await?;
        app.advance(Duration::from_hours(30 * 24));
        assert_refused(&app, &client_id, &third).await?;
    }

    async fn another_client_cannot_refresh(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").tokens().await?;
        let body = json!({ "client_name": "Another agent", "redirect_uris": [REDIRECT_URI] });
        let reply = Reply::read(Client::new().post(app.url("/oauth/register")).json(&body)).await?;
        assert_refused(&app, text(&reply.body, "/client_id"), &first).await?;
        assert_eq!(count_audited(&app, "refresh_by_other_client", "refused").await?, 1);
        refreshed(&app, &client_id, &first).await.context("the token must still be good for its own client")?;
    }

    async fn another_resource_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").tokens().await?;
        let form = with(refresh(&client_id, &first.refresh_token), "resource", "https://other.example/mcp");
        assert_eq!(refusal(&app.token(&form).await?), (400, "invalid_target"));
    }

    async fn one_who_has_left_the_workspace_gets_no_new_token(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("mia").tokens().await?;
        app.db_execute("DELETE FROM memberships WHERE user_id = (SELECT id FROM users WHERE login = 'mia')").await?;
        assert_refused(&app, &client_id, &first).await?;
    }

    async fn an_access_token_is_no_refresh_token(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").tokens().await?;
        let swapped = Tokens { refresh_token: first.access_token.clone(), ..first };
        assert_refused(&app, &client_id, &swapped).await?;
    }
}
