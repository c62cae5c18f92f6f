//! Whose badges a token shows, and until when.

use std::time::Duration;

use serde_json::json;
use tests::harness::{Engine, Fixture, text};

use super::subject::{
    Parameter, Picture, Subject, badge_token, badge_token_refusal, badge_url, repo_and_token, token_of, with,
};
use crate::catalog::all_rows;

const HEALTH: Parameter<'static> = ("type", "instance_health");

/// What a badge of [`HEALTH`] says if it may not show anything.
const UNKNOWN: &str = "instances: unknown";

on_both_engines! {
    async fn a_token_shows_nothing_of_another_workspace(engine: Engine) {
        let subject = Subject::start(engine).await?;
        let app = &subject.app;
        app.db_execute(
            "INSERT INTO badge_tokens (id, workspace_id, repository_id, generation, created_at) \
             SELECT 'badge_rival', r.workspace_id, r.id, 1, 0 FROM repositories r \
             JOIN workspaces w ON w.id = r.workspace_id WHERE w.slug = 'rival' ON CONFLICT DO NOTHING",
        )
        .await?;
        app.db_execute(
            "INSERT INTO memberships (user_id, workspace_id, role, created_at) \
             SELECT u.id, w.id, 'member', 0 FROM users u, workspaces w WHERE u.login = 'amir' AND w.slug = 'rival'",
        )
        .await?;
        let rival = app.authorize("amir").workspace("rival").connect().await?;
        let (_, rivals_token) = repo_and_token(&rival, "canary-rival").await?;
        let (_, stack, _) = subject.instance().await?;
        let rivals = [HEALTH, ("token", rivals_token.as_str())];
        assert_ne!(Picture::open(&badge_url(app, &rivals)?).await?.says(), UNKNOWN);
        for ours in [("repo", subject.repo.as_str()), ("stack", stack.as_str())] {
            assert_eq!(Picture::open(&badge_url(app, &with(&rivals, &[ours]))?).await?.says(), UNKNOWN, "{ours:?}");
        }
        let ours = all_rows(&subject.agent, "list_badge_tokens", json!({})).await?;
        assert!(!ours.is_empty() && ours.iter().all(|row| !row.to_string().contains("rival")), "{ours:?}");
    }

    async fn rotating_and_revoking_end_old_urls(engine: Engine) {
        let subject = Subject::start(engine).await?;
        let (app, repo) = (&subject.app, subject.repo.as_str());
        let old = subject.url(&[HEALTH])?;
        assert_ne!(Picture::open(&old).await?.says(), UNKNOWN);
        let refusal = badge_token_refusal(app, "create", repo).await?;
        assert!(refusal.contains("`badge-token rotate` replaces it"), "{refusal}");

        badge_token(app, "rotate", repo).await?;
        assert_eq!(Picture::open(&old).await?.says(), UNKNOWN);
        let rows = all_rows(&subject.agent, "list_badge_tokens", json!({ "repo": repo })).await?;
        assert_eq!(rows.len(), 1, "{rows:?}");
        let token = token_of(&rows[0])?;
        let new = badge_url(app, &[HEALTH, ("token", token.as_str())])?;
        assert_ne!(Picture::open(&new).await?.says(), UNKNOWN);

        badge_token(app, "revoke", repo).await?;
        for url in [&old, &new] {
            assert_eq!(Picture::open(url).await?.says(), UNKNOWN);
        }
        assert!(all_rows(&subject.agent, "list_badge_tokens", json!({ "repo": repo })).await?.is_empty());
        for action in ["rotate", "revoke"] {
            let refusal = badge_token_refusal(app, action, repo).await?;
            assert!(refusal.contains("it has no token; `badge-token create` makes one"), "{refusal}");
        }
        badge_token(app, "create", repo).await?;
        assert_eq!(Picture::open(&new).await?.says(), UNKNOWN);
        let actions = "SELECT action || ' ' || actor_type FROM audit_log WHERE category = 'badge_token' ORDER BY at";
        assert_eq!(app.db_text(actions).await?, ["rotated operator", "revoked operator", "created operator"]);
        let refusal = badge_token_refusal(app, "create", "nobody/nothing").await?;
        assert!(refusal.contains("has no such repository"), "{refusal}");
    }

    async fn the_use_of_a_token_is_noted_once_an_hour(engine: Engine) {
        let subject = Subject::start(engine).await?;
        let app = &subject.app;
        app.db_execute("UPDATE badge_tokens SET last_used_at = NULL").await?;
        let used = "SELECT CAST(last_used_at AS TEXT) FROM badge_tokens WHERE last_used_at IS NOT NULL";
        let now = || app.app().clock.now().micros().to_string();
        Picture::open(&badge_url(app, &[HEALTH])?).await?;
        assert_eq!(app.db_text(used).await?, [""; 0]);

        let (url, first) = (subject.url(&[HEALTH])?, now());
        for _ in 0..2 {
            Picture::open(&url).await?;
            assert_eq!(app.db_text(used).await?, [first.as_str()]);
            app.advance(Duration::from_mins(59));
        }
        Picture::open(&url).await?;
        assert_eq!(app.db_text(used).await?, [now()]);
    }

    async fn an_imported_repository_has_a_token(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (agent, ci) = (app.agent("mia").await?, app.workspace_token("acme").await?);
        let body = json!({
            "repo_url": "https://github.com/org/repo", "repo_name": "repo", "repo_owner": "org",
            "repo_host": "github.com", "instances": [{ "component": "vpc", "stack": "dev" }],
        });
        let filter = json!({ "repo": "org/repo" });
        assert_eq!(app.upload(&ci, &body).await?.status, 200);
        let rows = all_rows(&agent, "list_badge_tokens", filter.clone()).await?;
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(Picture::open(text(&rows[0], "/url")).await?.says(), "drift: unknown");
        // A later upload does not bring back what the operator took away.
        badge_token(&app, "revoke", "org/repo").await?;
        assert_eq!(app.upload(&ci, &body).await?.status, 200);
        assert!(all_rows(&agent, "list_badge_tokens", filter).await?.is_empty());
    }
}
