//! `POST /oauth/authorize/consent`: who may grant what, to whom.

use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::Client;
use serde_json::json;
use tests::harness::{
    Authorization, Browser, Engine, Fixture, Landing, Page, REDIRECT_URI, Reply, TestApp, code_exchange, query, text,
};

use super::{EVERY_READ, count_audited};

/// Where the form is posted.
const CONSENT: &str = "/oauth/authorize/consent";

/// What no MCP client can ever hold.
const DESTRUCTIVE: [&str; 4] =
    ["ws:workspace:delete", "ws:repositories:remove", "ws:webhooks:manage", "ws:billing:manage"];

/// The fields of a form.
type Fields = Vec<(String, String)>;

/// Adds a field.
fn add(fields: &mut Fields, name: &str, value: &str) {
    fields.push((name.to_owned(), value.to_owned()));
}

/// Changes the value of a field.
fn change(fields: &mut Fields, name: &str, change: impl Fn(&mut String)) {
    fields.iter_mut().filter(|(key, _)| key == name).for_each(|(_, value)| change(value));
}

/// Signs in and presses Allow on a form changed by `edit`; gives the client and where the form led.
async fn allow_with(
    authorization: &Authorization<'_>,
    edit: impl FnOnce(&mut Fields) + Send,
) -> Result<(String, Landing)> {
    let client_id = authorization.register().await?;
    let browser = Browser::new();
    let page = authorization.consent_page(&browser, &client_id).await?;
    let landing = browser.submit(&page, CONSENT, |fields| {
        add(fields, "decision", "allow");
        edit(fields);
    });
    Ok((client_id, landing.await?))
}

/// The scope that signing in and allowing a form changed by `edit` comes to.
async fn scope_granted(
    app: &TestApp,
    authorization: &Authorization<'_>,
    edit: impl FnOnce(&mut Fields) + Send,
) -> Result<String> {
    let (client_id, landing) = allow_with(authorization, edit).await?;
    let redirect = landing.away()?;
    let code = query(&redirect, "code").with_context(|| format!("no code: {redirect}"))?;
    let reply = app.token(&code_exchange(&client_id, &code)).await?;
    Ok(text(&reply.body, "/scope").to_owned())
}

/// Fails unless the form led to a page with this text and nothing was granted.
async fn assert_refused(app: &TestApp, landing: Landing, text: &str) -> Result<()> {
    let page = landing.page()?;
    assert_eq!(page.status, 400);
    assert!(page.html.contains(text), "{}", page.html);
    assert_nothing_granted(app).await
}

async fn assert_nothing_granted(app: &TestApp) -> Result<()> {
    assert_eq!(app.db_text("SELECT id FROM oauth_grants").await?, Vec::<String>::new());
    assert_eq!(count_audited(app, "consent_granted", "ok").await?, 0);
    Ok(())
}

/// Whether a consent page offers a scope, and whether it is ticked.
fn offers(page: &Page, scope: &str) -> Result<(bool, bool)> {
    let (_, fields) = page.form(CONSENT)?;
    let is_ticked = fields.iter().any(|(name, value)| name == "scope" && value == scope);
    Ok((page.html.contains(&format!(r#"value="{scope}""#)), is_ticked))
}

on_both_engines! {
    /// A-14.
    async fn the_redirect_has_code_state_and_issuer(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let (_, landing) = allow_with(&app.authorize("dana"), |_| {}).await?;
        let redirect = landing.away()?;
        assert!(redirect.as_str().starts_with(&format!("{REDIRECT_URI}?")), "{redirect}");
        assert!(query(&redirect, "code").is_some_and(|code| code.starts_with("atmos_ac_")), "{redirect}");
        assert_eq!(query(&redirect, "state").as_deref(), Some("state-1"));
        assert_eq!(query(&redirect, "iss"), Some(app.url("")));
        assert_eq!(query(&redirect, "error"), None);
    }

    /// C-06.
    async fn an_owner_grants_every_read_by_default(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        assert_eq!(scope_granted(&app, &app.authorize("dana"), |_| {}).await?, EVERY_READ);
        assert_eq!(count_audited(&app, "consent_granted", "ok").await?, 1);
    }

    async fn a_member_cannot_grant_the_audit_log(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let mia = app.authorize("mia").scope("ws:audit_log:read ws:workspace:read");
        assert_eq!(scope_granted(&app, &mia, |_| {}).await?, "ws:workspace:read");
        let forged = scope_granted(&app, &mia, |fields| add(fields, "scope", "ws:audit_log:read")).await?;
        assert_eq!(forged, "ws:workspace:read");
    }

    async fn a_scope_that_was_not_asked_for_is_not_granted(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let dana = app.authorize("dana").scope("ws:workspace:read");
        let scope = scope_granted(&app, &dana, |fields| add(fields, "scope", "ws:instances:read")).await?;
        assert_eq!(scope, "ws:workspace:read");
    }

    async fn a_scope_that_was_unticked_is_not_granted(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let dana = app.authorize("dana").scope("ws:workspace:read ws:instances:read ws:audit_log:read");
        let scope = scope_granted(&app, &dana, |fields| fields.retain(|(_, value)| value != "ws:audit_log:read"));
        assert_eq!(scope.await?, "ws:instances:read ws:workspace:read");
    }

    async fn membership_is_granted_whatever_is_ticked(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let dana = app.authorize("dana");
        let scope = scope_granted(&app, &dana, |fields| fields.retain(|(name, _)| name != "scope"));
        assert_eq!(scope.await?, "ws:workspace:read");
    }

    async fn destructive_scopes_are_neither_offered_nor_granted(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let asked = format!("ws:workspace:read {}", DESTRUCTIVE.join(" "));
        let dana = app.authorize("dana").scope(&asked);
        let page = dana.consent_page(&Browser::new(), &dana.register().await?).await?;
        for scope in DESTRUCTIVE {
            assert_eq!(offers(&page, scope)?, (false, false), "{scope}");
        }
        let tick_all = |fields: &mut Fields| DESTRUCTIVE.iter().for_each(|scope| add(fields, "scope", scope));
        assert_eq!(scope_granted(&app, &dana, tick_all).await?, "ws:workspace:read");
    }

    async fn more_than_reading_is_offered_but_not_ticked(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let dana = app.authorize("dana").scope("ws:workspace:read");
        let page = dana.consent_page(&Browser::new(), &dana.register().await?).await?;
        assert_eq!(offers(&page, "ws:workspace:update_settings")?, (true, false));
        let ticked = scope_granted(&app, &dana, |fields| add(fields, "scope", "ws:workspace:update_settings"));
        assert_eq!(ticked.await?, "ws:workspace:read ws:workspace:update_settings");
    }

    async fn deny_is_told_to_the_client_and_audited(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let dana = app.authorize("dana");
        let client_id = dana.register().await?;
        let browser = Browser::new();
        let page = dana.consent_page(&browser, &client_id).await?;
        let redirect = dana.deny(&browser, &page).await?.away()?;
        assert!(redirect.as_str().starts_with(&format!("{REDIRECT_URI}?")), "{redirect}");
        assert_eq!(query(&redirect, "error").as_deref(), Some("access_denied"));
        assert_eq!(query(&redirect, "state").as_deref(), Some("state-1"));
        assert_eq!(query(&redirect, "iss"), Some(app.url("")));
        assert_nothing_granted(&app).await?;
        assert_eq!(count_audited(&app, "consent_denied", "ok").await?, 1);
    }

    /// A-18.
    async fn a_form_without_our_token_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let dana = app.authorize("dana");
        let (_, landing) = allow_with(&dana, |fields| fields.retain(|(name, _)| name != "form_token")).await?;
        assert_refused(&app, landing, "out of date").await?;
        let forge = |token: &mut String| "A".repeat(43).clone_into(token);
        let (_, landing) = allow_with(&dana, |fields| change(fields, "form_token", forge)).await?;
        assert_refused(&app, landing, "out of date").await?;
    }

    /// A-18: whoever plants a form has a page of their own.
    async fn the_token_of_another_session_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let mia = app.authorize("mia");
        let page = mia.consent_page(&Browser::new(), &mia.register().await?).await?;
        let (_, mut fields) = page.form(CONSENT)?;
        fields.retain(|(name, _)| name == "form_token");
        let (_, token) = fields.pop().context("no token")?;
        let plant = |fields: &mut Fields| change(fields, "form_token", |value| token.clone_into(value));
        let (_, landing) = allow_with(&app.authorize("dana"), plant).await?;
        assert_refused(&app, landing, "out of date").await?;
    }

    /// The person answers the request that they saw.
    async fn another_request_than_the_one_shown_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let widen = |request: &mut String| *request = request.replace("ws%3Alocks%3Aread", "ws%3Aaudit_log%3Aread");
        let dana = app.authorize("dana").scope("ws:locks:read");
        let (_, landing) = allow_with(&dana, |fields| change(fields, "request", widen)).await?;
        assert_refused(&app, landing, "out of date").await?;
    }

    async fn a_workspace_of_another_tenant_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let rivals = app.db_text("SELECT id FROM workspaces WHERE slug = 'rival'").await?;
        let rival = rivals.first().context("no rival")?;
        let choose = |fields: &mut Fields| change(fields, "workspace", |value| rival.clone_into(value));
        let (_, landing) = allow_with(&app.authorize("dana"), choose).await?;
        assert_refused(&app, landing, "Choose a workspace").await?;
    }

    async fn a_form_without_a_workspace_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let drop_it = |fields: &mut Fields| fields.retain(|(name, _)| name != "workspace");
        let (_, landing) = allow_with(&app.authorize("dana"), drop_it).await?;
        assert_refused(&app, landing, "Choose a workspace").await?;
    }

    async fn one_who_has_left_since_the_page_was_opened_grants_nothing(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let mia = app.authorize("mia");
        let browser = Browser::new();
        let page = mia.consent_page(&browser, &mia.register().await?).await?;
        app.db_execute("DELETE FROM memberships WHERE user_id = (SELECT id FROM users WHERE login = 'mia')").await?;
        let landing = browser.submit(&page, CONSENT, |fields| add(fields, "decision", "allow")).await?;
        assert_refused(&app, landing, "Choose a workspace").await?;
    }

    async fn after_the_session_has_ended_the_form_leads_to_sign_in(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let dana = app.authorize("dana");
        let browser = Browser::new();
        let page = dana.consent_page(&browser, &dana.register().await?).await?;
        app.advance(Duration::from_hours(13));
        let landing = browser.submit(&page, CONSENT, |fields| add(fields, "decision", "allow")).await?;
        assert_eq!(landing.page()?.url.path(), "/signin");
        assert_nothing_granted(&app).await?;
    }

    async fn a_person_without_a_workspace_is_told_so(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        app.db_execute("DELETE FROM memberships WHERE user_id = (SELECT id FROM users WHERE login = 'mia')").await?;
        let mia = app.authorize("mia");
        let page = mia.consent_page(&Browser::new(), &mia.register().await?).await?;
        assert_eq!(page.status, 403);
        assert!(page.html.contains("error=access_denied"), "{}", page.html);
    }

    /// A-19.
    async fn the_page_names_client_destination_and_person(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let body = json!({ "client_name": "<b>Agent</b>", "redirect_uris": [REDIRECT_URI] });
        let reply = Reply::read(Client::new().post(app.url("/oauth/register")).json(&body)).await?;
        let page = app.authorize("dana").consent_page(&Browser::new(), text(&reply.body, "/client_id")).await?;
        for shown in ["Agent", "127.0.0.1", "Dana Okafor", "Acme Platform", "Did you just start this yourself?"] {
            assert!(page.html.contains(shown), "{shown}: {}", page.html);
        }
        assert!(!page.html.contains("<b>Agent"), "{}", page.html);
    }
}
