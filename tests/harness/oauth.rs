//! The whole sign-in, as a client and a person go through it: register, authorize, sign in, consent, token.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::agent::{Agent, Reply};
use super::app::TestApp;
use super::browser::{Browser, Landing, Page};

/// Where the client would listen.
pub const REDIRECT_URI: &str = "http://127.0.0.1:53682/callback";

/// A PKCE verifier (RFC 7636 §4.1); tests need no secret one.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// What the token endpoint gave.
#[derive(Debug, Clone, Deserialize)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: String,
    pub expires_in: u64,
    pub token_type: String,
    pub scope: String,
}

/// The scopes with which every tool of the catalog can be called.
pub const CATALOG_SCOPES: &str = "ws:workspace:read ws:audit_log:read ws:workspace:update_settings";

/// An authorization in the making.
pub struct Authorization<'a> {
    app: &'a TestApp,
    login: String,
    scope: Option<String>,
    workspace: String,
}

impl<'a> Authorization<'a> {
    pub(super) fn new(app: &'a TestApp, login: &str) -> Self {
        Self { app, login: login.to_owned(), scope: None, workspace: "acme".to_owned() }
    }

    /// Asks for these scopes.
    #[must_use]
    pub fn scope(mut self, scope: &str) -> Self {
        self.scope = Some(scope.to_owned());
        self
    }

    /// Chooses this workspace on the consent page.
    #[must_use]
    pub fn workspace(mut self, slug: &str) -> Self {
        slug.clone_into(&mut self.workspace);
        self
    }

    /// Registers a client and gives its id.
    pub async fn register(&self) -> Result<String> {
        let body = json!({ "client_name": "Test agent", "redirect_uris": [REDIRECT_URI] });
        let reply = Reply::read(Client::new().post(self.app.url("/oauth/register")).json(&body)).await?;
        Ok(reply.body["client_id"].as_str().with_context(|| format!("no client_id: {}", reply.body))?.to_owned())
    }

    /// The authorize URL of a client.
    pub fn url(&self, client_id: &str) -> Result<Url> {
        let mut url = Url::parse(&self.app.url("/oauth/authorize"))?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("code_challenge", &challenge(VERIFIER))
            .append_pair("code_challenge_method", "S256")
            .append_pair("state", "state-1")
            .append_pair("resource", &self.app.url("/mcp"));
        if let Some(scope) = &self.scope {
            url.query_pairs_mut().append_pair("scope", scope);
        }
        Ok(url)
    }

    /// Signs in and opens the consent page.
    pub async fn consent_page(&self, browser: &Browser, client_id: &str) -> Result<Page> {
        let page = browser.open(self.url(client_id)?.as_str()).await?.page()?;
        let user = self.user_id().await?;
        browser.submit(&page, "/signin/demo", |fields| fields.push(("user".to_owned(), user))).await?.page()
    }

    async fn user_id(&self) -> Result<String> {
        self.app.user_id(&self.login).await
    }

    /// Presses Allow and gives the redirect to the client.
    pub async fn allow(&self, browser: &Browser, page: &Page) -> Result<Url> {
        let workspace = self.app.workspace_id(&self.workspace).await?;
        let landing = browser.submit(page, "/oauth/authorize/consent", |fields| {
            fields.retain(|(name, _)| name != "workspace");
            fields.push(("workspace".to_owned(), workspace));
            fields.push(("decision".to_owned(), "allow".to_owned()));
        });
        landing.await?.away()
    }

    /// Presses Deny.
    pub async fn deny(&self, browser: &Browser, page: &Page) -> Result<Landing> {
        browser
            .submit(page, "/oauth/authorize/consent", |fields| {
                fields.push(("decision".to_owned(), "deny".to_owned()));
            })
            .await
    }

    /// Goes all the way to a code; gives the client and the code.
    pub async fn code(&self) -> Result<(String, String)> {
        let client_id = self.register().await?;
        let browser = Browser::new();
        let page = self.consent_page(&browser, &client_id).await?;
        let redirect = self.allow(&browser, &page).await?;
        Ok((client_id, query(&redirect, "code").with_context(|| format!("no code: {redirect}"))?))
    }

    /// Goes all the way to tokens; gives the client too.
    pub async fn tokens(&self) -> Result<(String, Tokens)> {
        let (client_id, code) = self.code().await?;
        let reply = self.app.token(&code_exchange(&client_id, &code)).await?;
        let tokens = serde_json::from_value(reply.body.clone()).with_context(|| reply.body.to_string())?;
        Ok((client_id, tokens))
    }

    /// Goes all the way to an agent.
    pub async fn connect(&self) -> Result<Agent> {
        let (_, tokens) = self.tokens().await?;
        Ok(Agent::new(self.app.url("/mcp"), tokens))
    }
}

/// The form that exchanges a code.
pub fn code_exchange(client_id: &str, code: &str) -> Vec<(&'static str, String)> {
    vec![
        ("grant_type", "authorization_code".to_owned()),
        ("client_id", client_id.to_owned()),
        ("code", code.to_owned()),
        ("redirect_uri", REDIRECT_URI.to_owned()),
        ("code_verifier", VERIFIER.to_owned()),
    ]
}

/// The form that refreshes.
pub fn refresh(client_id: &str, refresh_token: &str) -> Vec<(&'static str, String)> {
    vec![
        ("grant_type", "refresh_token".to_owned()),
        ("client_id", client_id.to_owned()),
        ("refresh_token", refresh_token.to_owned()),
    ]
}

/// A parameter of a URL's query.
pub fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

impl TestApp {
    /// Posts a form to the token endpoint.
    pub async fn token(&self, form: &[(&'static str, String)]) -> Result<Reply> {
        Reply::read(Client::new().post(self.url("/oauth/token")).form(form)).await
    }

    /// Posts a form to the revocation endpoint.
    pub async fn revoke(&self, client_id: &str, token: &str) -> Result<Reply> {
        let form = [("client_id", client_id), ("token", token)];
        Reply::read(Client::new().post(self.url("/oauth/revoke")).form(&form)).await
    }

    /// What a person does with an authorize URL that a client opened: signs in as the demo user `login` and
    /// allows all that is ticked, for Acme. Gives the redirect to the client.
    pub async fn approve(&self, authorize_url: &str, login: &str) -> Result<Url> {
        let browser = Browser::new();
        let page = browser.open(authorize_url).await?.page()?;
        let user = self.user_id(login).await?;
        let signed_in = browser.submit(&page, "/signin/demo", |fields| fields.push(("user".to_owned(), user)));
        let page = signed_in.await?.page()?;
        self.authorize(login).allow(&browser, &page).await
    }

    /// An agent with tokens that it already has.
    pub fn agent_with(&self, tokens: Tokens) -> Agent {
        Agent::new(self.url("/mcp"), tokens)
    }

    /// Gets a JSON document.
    pub async fn get(&self, path: &str) -> Result<Reply> {
        Reply::read(Client::new().get(self.url(path))).await
    }

    /// The last audit rows since the test began, newest first, as `actor_type action target outcome detail`.
    pub async fn db_audit(&self, limit: usize) -> Result<Vec<String>> {
        let rows = self.db_text("SELECT actor_type || ' ' || action || ' ' || COALESCE(target_id, '-') || ' ' || outcome || ' ' || COALESCE(detail, '-') FROM audit_log WHERE at >= 1787306400000000 ORDER BY id DESC").await?;
        Ok(rows.into_iter().take(limit).collect())
    }

    async fn user_id(&self, login: &str) -> Result<String> {
        let rows = self.db_text("SELECT login || '=' || id FROM users").await?;
        find(rows, login).with_context(|| format!("no demo user {login}"))
    }

    async fn workspace_id(&self, slug: &str) -> Result<String> {
        let rows = self.db_text("SELECT slug || '=' || id FROM workspaces").await?;
        find(rows, slug).with_context(|| format!("no workspace {slug}"))
    }
}

fn find(rows: Vec<String>, key: &str) -> Option<String> {
    rows.into_iter().find_map(|row| row.strip_prefix(&format!("{key}=")).map(ToOwned::to_owned))
}

/// Reads a JSON value's string.
pub fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
