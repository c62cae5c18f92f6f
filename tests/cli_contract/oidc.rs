//! `POST /api/v1/auth/github-oidc`: whose tokens are exchanged, and what a session is good for.

use std::time::Duration;

use anyhow::Result;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tests::harness::{Engine, FakeIssuer, Fixture, NOW, Reply};

use super::{Ci, inventory, refused, succeeded};

/// The message with which a token of these claims is refused.
async fn refusal(ci: &Ci, changes: &[(&str, Value)]) -> Result<String> {
    let reply = ci.exchange(&ci.issuer.token(&ci.issuer.claims(changes))?).await?;
    Ok(refused(&reply, 401, "Unauthorized")?.to_owned())
}

/// `action outcome detail workspace` of the exchanges, sorted.
async fn audit(ci: &Ci) -> Result<Vec<String>> {
    let rows = ci.app.db_text(
        "SELECT a.action || ' ' || a.actor_type || ' ' || COALESCE(a.actor_id, '-') || ' ' || a.outcome || ' ' \
         || COALESCE(a.detail, '-') || ' ' || COALESCE(w.slug, '-') \
         FROM audit_log a LEFT JOIN workspaces w ON w.id = a.workspace_id WHERE a.category = 'auth'",
    );
    let mut rows = rows.await?;
    rows.sort_unstable();
    Ok(rows)
}

on_both_engines! {
    async fn an_exchange_is_audited_and_its_session_is_kept_as_a_hash(engine: Engine) {
        let ci = Ci::start(engine).await?;
        ci.session(&[]).await?;
        assert_eq!(
            audit(&ci).await?,
            ["oidc_token_exchange_success github_action org/repo/actions/runs/9001 ok - acme"]
        );
        let kept = ci.app.db_text(
            "SELECT permissions || ' ' || CAST(github_run_id AS TEXT) || ' ' || CAST(run_attempt AS TEXT) || ' ' || sha \
             || ' ' || ref || ' ' || workflow_file || ' ' || actor || ' ' || CAST(LENGTH(token_hash) AS TEXT) \
             || ' ' || CAST((expires_at - created_at) / 1000000 AS TEXT) FROM ci_sessions",
        );
        assert_eq!(
            kept.await?,
            ["affected_stacks_create deployments_create instances_create instances_update 9001 1 abc123 \
              refs/heads/main plan.yaml octocat 32 3600"]
        );
    }

    async fn an_oidc_token_counts_once(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let token = ci.issuer.token(&ci.issuer.claims(&[]))?;
        succeeded(&ci.exchange(&token).await?)?;
        let message = "the OIDC token was used before: ask GitHub for a new one";
        assert_eq!(refused(&ci.exchange(&token).await?, 401, "Unauthorized")?, message);
        assert_eq!(ci.sessions().await?, 1);
        assert_eq!(
            audit(&ci).await?,
            [
                "oidc_token_exchange_failure github_action org/repo/actions/runs/9001 refused replayed acme",
                "oidc_token_exchange_success github_action org/repo/actions/runs/9001 ok - acme",
            ]
        );
    }

    async fn a_token_whose_exchange_could_not_be_stored_can_be_exchanged_again(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let token = ci.issuer.token(&ci.issuer.claims(&[]))?;
        ci.app.db_execute("ALTER TABLE audit_log RENAME TO audit_log_gone").await?;
        let message = "the session could not be stored now: try again";
        assert_eq!(refused(&ci.exchange(&token).await?, 503, "Unavailable")?, message);
        assert_eq!(ci.sessions().await?, 0);
        ci.app.db_execute("ALTER TABLE audit_log_gone RENAME TO audit_log").await?;
        succeeded(&ci.exchange(&token).await?)?;
        assert_eq!(audit(&ci).await?.len(), 1);
    }

    async fn an_oidc_token_without_an_id_counts_once_too(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let token = ci.issuer.token(&ci.issuer.claims(&[("jti", json!(null))]))?;
        succeeded(&ci.exchange(&token).await?)?;
        refused(&ci.exchange(&token).await?, 401, "Unauthorized")?;
    }

    async fn a_token_that_is_not_for_this_server_now_is_refused(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let now = NOW.seconds();
        for (changes, message) in [
            (("aud", json!("sts.amazonaws.com")), "the OIDC token is for another audience than this server takes (oidc.audiences in its configuration)"),
            (("iss", json!("https://token.actions.githubusercontent.com")), "the OIDC token is of another issuer than this server trusts (oidc.issuer in its configuration)"),
            (("exp", json!(now - 60)), "the OIDC token has expired"),
            (("nbf", json!(now + 61)), "the OIDC token is not valid yet: the clocks of GitHub and of this server differ"),
        ] {
            assert_eq!(refusal(&ci, &[changes]).await?, message);
        }
        for missing in ["aud", "iss", "exp", "repository"] {
            refusal(&ci, &[(missing, json!(null))]).await?;
        }
        assert_eq!(ci.sessions().await?, 0);
        let audit = audit(&ci).await?;
        assert_eq!(
            audit,
            ["expired", "not_yet_valid", "wrong_audience", "wrong_issuer"]
                .map(|why| format!("oidc_token_exchange_failure anonymous - refused {why} -"))
        );
    }

    async fn a_minute_between_the_clocks_is_forgiven(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let now = NOW.seconds();
        ci.session(&[("exp", json!(now - 59)), ("nbf", json!(now - 900))]).await?;
        ci.session(&[("nbf", json!(now + 60))]).await?;
    }

    async fn a_token_that_the_issuer_did_not_sign_is_refused_and_leaves_no_row(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let claims = ci.issuer.claims(&[]);
        let good = ci.issuer.token(&claims)?;
        let (message, signature) = good.rsplit_once('.').unwrap_or_default();
        let (header, _) = message.split_once('.').unwrap_or_default();
        let with_header = |header: Value| ci.issuer.token_with_header(&header, &claims);
        let bad = [
            "x".to_owned(),
            "a.b.c".to_owned(),
            format!("{message}."),
            format!("{header}.eyJyZXBvc2l0b3J5Ijoib3JnL3JlcG8ifQ.{signature}"),
            with_header(json!({ "alg": "RS256", "kid": "unknown" }))?,
            with_header(json!({ "alg": "RS256" }))?,
            with_header(json!({ "alg": "none", "kid": "fake-1" }))?,
            with_header(json!({ "alg": "HS256", "kid": "fake-1" }))?,
            with_header(json!({ "alg": "RS512", "kid": "fake-1" }))?,
        ];
        for token in bad {
            refused(&ci.exchange(&token).await?, 401, "Unauthorized")?;
        }
        assert!(audit(&ci).await?.is_empty());
        // The token itself is fine.
        succeeded(&ci.exchange(&good).await?)?;
    }

    async fn only_a_repository_of_the_workspace_gets_a_session(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let token = ci.issuer.token(&ci.issuer.claims(&[]))?;
        let body = json!({ "token": token, "workspaceId": "ws_unknown" });
        let reply = Reply::read(Client::new().post(ci.app.url("/api/v1/auth/github-oidc")).json(&body)).await?;
        let stranger = "is not known, or does not have the repository org/repo: check ATMOS_PRO_WORKSPACE_ID and \
                        import the repository";
        assert_eq!(refused(&reply, 404, "NotFound")?, format!("workspace ws_unknown {stranger}"));
        let other = [("repository", json!("org/other")), ("workflow_ref", json!("org/other/.github/workflows/plan.yaml@refs/heads/main"))];
        refused(&ci.exchange(&ci.issuer.token(&ci.issuer.claims(&other))?).await?, 404, "NotFound")?;
        // A refused exchange does not use the token up.
        succeeded(&ci.exchange(&token).await?)?;
        ci.app.db_execute("UPDATE repositories SET host = 'ghe.example' WHERE owner = 'org'").await?;
        refused(&ci.exchange(&ci.issuer.token(&ci.issuer.claims(&[]))?).await?, 404, "NotFound")?;
    }

    async fn a_repository_is_known_by_its_id_once_a_token_has_told_it(engine: Engine) {
        let ci = Ci::start(engine).await?;
        ci.session(&[("repository_id", json!("4711"))]).await?;
        // Another repository that has the name now.
        let other = ci.issuer.claims(&[("repository_id", json!("4712"))]);
        refused(&ci.exchange(&ci.issuer.token(&other)?).await?, 404, "NotFound")?;
        // The same one, renamed.
        let workflow = json!("org/renamed/.github/workflows/plan.yaml@refs/heads/main");
        let renamed = [
            ("repository", json!("org/renamed")), ("repository_id", json!("4711")), ("workflow_ref", workflow),
        ];
        let session = ci.session(&renamed).await?;
        succeeded(&ci.app.upload(&session, &inventory("renamed")).await?)?;
        let names = "SELECT name || ' ' || CAST(github_id AS TEXT) FROM repositories WHERE owner = 'org'";
        assert_eq!(ci.app.db_text(names).await?, ["renamed 4711"]);
    }

    async fn a_session_ends_with_its_hour_or_with_the_connection(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let session = ci.session(&[]).await?;
        ci.app.db_execute("UPDATE repositories SET status = 'suspended' WHERE owner = 'org'").await?;
        refused(&ci.app.upload(&session, &inventory("repo")).await?, 401, "Unauthorized")?;
        ci.app.db_execute("UPDATE repositories SET status = 'active' WHERE owner = 'org'").await?;
        ci.app.advance(Duration::from_secs(3_599));
        succeeded(&ci.app.upload(&session, &inventory("repo")).await?)?;
        ci.app.advance(Duration::from_secs(1));
        let reply = ci.app.upload(&session, &inventory("repo")).await?;
        let message = "the session is not known to this server or has expired: exchange a new OIDC token";
        assert_eq!(refused(&reply, 401, "Unauthorized")?, message);
    }

    async fn a_session_writes_about_its_own_repository_alone(engine: Engine) {
        let ci = Ci::start(engine).await?;
        succeeded(&ci.app.upload(&ci.token, &inventory("other")).await?)?;
        let session = ci.session(&[]).await?;
        let result = json!({ "command": "plan", "exit_code": 0 });
        let affected = json!({ "repo_owner": "org", "repo_name": "other", "head_sha": "abc", "stacks": [] });
        let path = "/repos/org/other/instances?stack=ci-dev&component=vpc";
        for reply in [
            ci.app.upload(&session, &inventory("other")).await?,
            ci.send(Method::PATCH, path, &session, &result).await?,
            ci.post("/affected-stacks", &session, &affected).await?,
            ci.post("/locks", &session, &json!({ "key": "org/other/ci-dev/vpc", "ttl": 30 })).await?,
        ] {
            let message = "the session is for org/repo and cannot upload to org/other";
            assert_eq!(refused(&reply, 403, "Forbidden")?, message);
        }
        // GitHub's names do not differ by case.
        let path = "/repos/Org/REPO/instances?stack=ci-dev&component=vpc";
        succeeded(&ci.send(Method::PATCH, path, &session, &result).await?)?;
    }

    async fn the_issuers_keys_are_fetched_once_in_ten_minutes(engine: Engine) {
        let ci = Ci::start(engine).await?;
        for _ in 0..3 {
            ci.session(&[]).await?;
        }
        assert_eq!(ci.issuer.fetches(), 1);
        let unknown = ci.issuer.token_with_header(&json!({ "alg": "RS256", "kid": "new" }), &ci.issuer.claims(&[]))?;
        for (seconds, fetches) in [(59, 1), (1, 2), (1, 2)] {
            ci.app.advance(Duration::from_secs(seconds));
            refused(&ci.exchange(&unknown).await?, 401, "Unauthorized")?;
            assert_eq!(ci.issuer.fetches(), fetches);
        }
        ci.app.advance(Duration::from_mins(10));
        ci.session(&[]).await?;
        assert_eq!(ci.issuer.fetches(), 3);
    }

    async fn an_issuer_that_does_not_answer_is_no_fault_of_the_token(engine: Engine) {
        let issuer = FakeIssuer::start().await?;
        let app = Fixture::new(engine).oidc_issuer("http://127.0.0.1:9").start().await?;
        let body = json!({ "token": issuer.token(&issuer.claims(&[]))?, "workspaceId": "ws_1" });
        let reply = Reply::read(Client::new().post(app.url("/api/v1/auth/github-oidc")).json(&body)).await?;
        assert_eq!(refused(&reply, 503, "Unavailable")?, "the issuer's keys could not be read: try again");
    }

    async fn a_malformed_exchange_is_refused(engine: Engine) {
        let ci = Ci::start(engine).await?;
        for body in ["{".to_owned(), "{}".to_owned(), json!({ "token": "x" }).to_string(), " ".repeat((64 << 10) + 1)] {
            let request = Client::new().post(ci.app.url("/api/v1/auth/github-oidc")).body(body);
            refused(&Reply::read(request).await?, 400, "ValidationError")?;
        }
    }
}
