//! `POST /oauth/revoke` (RFC 7009; A-20).

use reqwest::Client;
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, REDIRECT_URI, Reply, Tokens, refresh, text};

use super::{call_status, count_audited, post, refusal};

on_both_engines! {
    async fn a_refresh_token_ends_its_grant(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").tokens().await?;
        let second: Tokens = serde_json::from_value(app.token(&refresh(&client_id, &first.refresh_token)).await?.body)?;
        let reply = app.revoke(&client_id, &second.refresh_token).await?;
        assert_eq!((reply.status.as_u16(), &reply.body), (200, &Value::Null));
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(call_status(&app, &first).await?, 401);
        assert_eq!(call_status(&app, &second).await?, 401);
        let reply = app.token(&refresh(&client_id, &second.refresh_token)).await?;
        assert_eq!(refusal(&reply), (400, "invalid_grant"));
        assert_eq!(count_audited(&app, "grant_revoked", "ok").await?, 1);
    }

    async fn an_access_token_ends_alone(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, first) = app.authorize("dana").tokens().await?;
        assert_eq!(app.revoke(&client_id, &first.access_token).await?.status, 200);
        assert_eq!(call_status(&app, &first).await?, 401);
        assert_eq!(count_audited(&app, "token_revoked", "ok").await?, 1);
        let second: Tokens = serde_json::from_value(app.token(&refresh(&client_id, &first.refresh_token)).await?.body)?;
        assert_eq!(call_status(&app, &second).await?, 200);
    }

    async fn other_grants_of_the_client_live_on(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, danas) = app.authorize("dana").tokens().await?;
        let (_, mias) = app.authorize("mia").tokens().await?;
        app.revoke(&client_id, &danas.refresh_token).await?;
        assert_eq!(call_status(&app, &danas).await?, 401);
        assert_eq!(call_status(&app, &mias).await?, 200);
    }

    async fn an_unknown_token_is_answered_like_a_revoked_one(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, tokens) = app.authorize("dana").tokens().await?;
        app.revoke(&client_id, &tokens.refresh_token).await?;
        for token in ["nonsense", "atmos_rt_nonsense", &tokens.refresh_token] {
            let reply = app.revoke(&client_id, token).await?;
            assert_eq!((reply.status.as_u16(), &reply.body), (200, &Value::Null), "{token}");
        }
        assert_eq!(count_audited(&app, "grant_revoked", "ok").await?, 1);
    }

    async fn another_client_cannot_revoke(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (_, tokens) = app.authorize("dana").tokens().await?;
        let body = json!({ "client_name": "Another agent", "redirect_uris": [REDIRECT_URI] });
        let reply = Reply::read(Client::new().post(app.url("/oauth/register")).json(&body)).await?;
        let other = text(&reply.body, "/client_id");
        for token in [&tokens.refresh_token, &tokens.access_token] {
            assert_eq!(app.revoke(other, token).await?.status, 200);
            assert_eq!(call_status(&app, &tokens).await?, 200);
        }
        assert_eq!(refusal(&app.revoke("cli_unknown", &tokens.refresh_token).await?), (401, "invalid_client"));
        assert_eq!(call_status(&app, &tokens).await?, 200);
    }

    /// C-08.
    async fn a_wrong_hint_does_not_matter(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, tokens) = app.authorize("dana").tokens().await?;
        let form = [
            ("client_id", client_id),
            ("token", tokens.refresh_token.clone()),
            ("token_type_hint", "access_token".to_owned()),
        ];
        assert_eq!(post(&app, "/oauth/revoke", &form).await?.status, 200);
        assert_eq!(call_status(&app, &tokens).await?, 401);
    }

    async fn a_request_without_token_or_client_is_malformed(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (client_id, tokens) = app.authorize("dana").tokens().await?;
        let reply = post(&app, "/oauth/revoke", &[("client_id", client_id)]).await?;
        assert_eq!(refusal(&reply), (400, "invalid_request"));
        let reply = post(&app, "/oauth/revoke", &[("token", tokens.refresh_token.clone())]).await?;
        assert_eq!(refusal(&reply), (400, "invalid_request"));
        assert_eq!(call_status(&app, &tokens).await?, 200);
    }
}
