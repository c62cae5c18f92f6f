//! Sign-in with GitHub, as `atmos-mcp serve` has it: no demo sign-in, a person who was invited by login.

use anyhow::Result;
use serde_json::json;
use tests::harness::{Browser, Engine, FakeGithub, Fixture, TestApp, code_exchange, query, text};

/// Invites a login into the demo's workspace, as `atmos-mcp member add` does.
async fn invite(app: &TestApp, login: &str, role: &str) -> Result<()> {
    app.db_execute(&format!(
        "INSERT INTO invited_members (workspace_id, login, role, created_at) \
         SELECT id, '{login}', '{role}', 0 FROM workspaces WHERE slug = 'acme'"
    ))
    .await
}

on_both_engines! {
    async fn an_invited_person_signs_in_and_connects_an_agent(engine: Engine) {
        let github = FakeGithub::start("Octo-Dana").await?;
        let app = Fixture::new(engine).github(&github.url)?.start().await?;
        invite(&app, "octo-dana", "admin").await?;
        let authorization = app.authorize("octo-dana");
        let client_id = authorization.register().await?;
        let browser = Browser::new();

        let page = browser.open(authorization.url(&client_id)?.as_str()).await?.page()?;
        let to_github = browser.submit(&page, "/signin/github", |_| {}).await?.away()?;
        let consent = browser.open(github.authorize(&to_github)?.as_str()).await?.page()?;
        assert!(consent.html.contains("Octo Dana"), "{}", consent.html);
        let redirect = authorization.allow(&browser, &consent).await?;

        let code = query(&redirect, "code").unwrap_or_default();
        let reply = app.token(&code_exchange(&client_id, &code)).await?;
        let agent = app.agent_with(serde_json::from_value(reply.body)?);
        let permissions = agent.call("list_my_permissions", json!({})).await?;
        assert_eq!(text(permissions.structured()?, "/role"), "admin");
        assert_eq!(app.db_text("SELECT login FROM invited_members").await?, [""; 0]);
        // Security: GitHub's token is asked once and not kept.
        let audit = app.db_text("SELECT COALESCE(metadata, '') FROM audit_log").await?.join("\n");
        assert!(audit.contains("github") && !audit.contains("gho_"), "{audit}");
    }

    async fn somebody_without_a_workspace_is_told_who_can_add_them(engine: Engine) {
        let github = FakeGithub::start("stranger").await?;
        let app = Fixture::new(engine).github(&github.url)?.start().await?;
        let authorization = app.authorize("stranger");
        let client_id = authorization.register().await?;
        let browser = Browser::new();
        let page = browser.open(authorization.url(&client_id)?.as_str()).await?.page()?;
        let to_github = browser.submit(&page, "/signin/github", |_| {}).await?.away()?;
        let page = browser.open(github.authorize(&to_github)?.as_str()).await?.page()?;
        assert_eq!(page.status, 403);
        assert!(page.html.contains("member add"), "{}", page.html);
    }

    /// the answer belongs to the browser that asked, and is good once.
    async fn an_answer_of_github_is_good_once_and_in_one_browser(engine: Engine) {
        let github = FakeGithub::start("octo-dana").await?;
        let app = Fixture::new(engine).github(&github.url)?.start().await?;
        invite(&app, "octo-dana", "member").await?;
        let authorization = app.authorize("octo-dana");
        let client_id = authorization.register().await?;
        let browser = Browser::new();
        let page = browser.open(authorization.url(&client_id)?.as_str()).await?.page()?;
        let to_github = browser.submit(&page, "/signin/github", |_| {}).await?.away()?;
        let back = github.authorize(&to_github)?;

        let elsewhere = Browser::new().open(back.as_str()).await?.page()?;
        assert_eq!(elsewhere.status, 400);
        assert_eq!(browser.open(back.as_str()).await?.page()?.status, 200);
        assert_eq!(browser.open(back.as_str()).await?.page()?.status, 400);
    }

    async fn without_demo_nobody_signs_in_by_name(engine: Engine) {
        let github = FakeGithub::start("octo-dana").await?;
        let app = Fixture::new(engine).github(&github.url)?.start().await?;
        let authorization = app.authorize("dana");
        let client_id = authorization.register().await?;
        let page = Browser::new().open(authorization.url(&client_id)?.as_str()).await?.page()?;
        assert!(page.form("/signin/demo").is_err(), "{}", page.html);
    }
}
