//! `GET /oauth/authorize`: what is refused, where the refusal goes, and that nothing is written.

use anyhow::{Context as _, Result, ensure};
use reqwest::Client;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use tests::harness::{Browser, Engine, Fixture, REDIRECT_URI, TestApp, query};
use url::Url;

use super::EVERY_READ;

/// Rows of every table that an authorization can write to.
const ROWS: &str = "SELECT 'clients ' || CAST(COUNT(*) AS TEXT) FROM oauth_clients \
     UNION ALL SELECT 'grants ' || CAST(COUNT(*) AS TEXT) FROM oauth_grants \
     UNION ALL SELECT 'codes ' || CAST(COUNT(*) AS TEXT) FROM oauth_codes \
     UNION ALL SELECT 'sessions ' || CAST(COUNT(*) AS TEXT) FROM web_sessions \
     UNION ALL SELECT 'events ' || CAST(COUNT(*) AS TEXT) FROM audit_log";

/// What the authorization endpoint answers.
struct Answer {
    status: u16,
    content_type: String,
    location: Option<Url>,
    html: String,
}

/// Opens a URL without following where it leads.
async fn open(url: &Url) -> Result<Answer> {
    let http = Client::builder().redirect(Policy::none()).build()?;
    let response = http.get(url.clone()).send().await?;
    let header = |name: &str| response.headers().get(name).map(HeaderValue::to_str).transpose();
    let content_type = header("content-type")?.unwrap_or_default().to_owned();
    let location = header("location")?.map(|location| url.join(location)).transpose()?;
    Ok(Answer { status: response.status().as_u16(), content_type, location, html: response.text().await? })
}

/// The authorize URL of a newly registered client.
async fn good_url(app: &TestApp) -> Result<Url> {
    let authorization = app.authorize("dana");
    authorization.url(&authorization.register().await?)
}

/// The URL with another value of a parameter, or without it.
fn changed(url: &Url, name: &str, value: Option<&str>) -> Url {
    let others = url.query_pairs().filter(|(key, _)| key != name);
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(others).extend_pairs(value.map(|value| (name, value)));
    changed
}

/// The `error` that the client is told of at its redirect URI, with the issuer.
fn told_error(app: &TestApp, answer: &Answer) -> Result<String> {
    let location = answer.location.as_ref().context("no redirect")?;
    ensure!(answer.status == 303 && location.as_str().starts_with(REDIRECT_URI), "{} {location}", answer.status);
    ensure!(query(location, "iss") == Some(app.url("")), "another issuer: {location}");
    ensure!(query(location, "code").is_none(), "a code: {location}");
    query(location, "error").with_context(|| format!("no error: {location}"))
}

/// Fails unless the person is told, and the client is not.
fn assert_page(answer: &Answer, text: &str) {
    assert_eq!(answer.status, 400);
    assert_eq!(answer.location, None);
    assert_eq!(answer.content_type, "text/html; charset=utf-8");
    assert!(answer.html.contains(text), "{}", answer.html);
}

/// Fails unless the request is good: the browser is sent to sign in.
fn assert_good(answer: &Answer) -> Result<()> {
    assert_eq!(answer.status, 303);
    assert_eq!(answer.location.as_ref().context("no redirect")?.path(), "/signin");
    Ok(())
}

on_both_engines! {
    ///
    async fn an_unknown_client_gets_a_page_and_no_redirect(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let url = good_url(&app).await?;
        assert_page(&open(&changed(&url, "client_id", Some("cli_unknown"))).await?, "not registered here");
        assert_page(&open(&changed(&url, "client_id", None)).await?, "no client_id");
    }

    ///
    async fn a_foreign_redirect_uri_gets_a_page_and_no_redirect(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let url = good_url(&app).await?;
        for redirect_uri in [
            "https://evil.example/callback",
            "http://localhost:53682/callback",
            "http://127.0.0.1:53682/callback/other",
            "http://127.0.0.1:53682/callback?more=1",
            "http://127.0.0.1:53682@evil.example/callback",
        ] {
            assert_page(&open(&changed(&url, "redirect_uri", Some(redirect_uri))).await?, "redirect_uri");
        }
    }

    async fn a_repeated_redirect_uri_gets_a_page_and_no_redirect(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let mut url = good_url(&app).await?;
        url.query_pairs_mut().append_pair("redirect_uri", REDIRECT_URI);
        assert_page(&open(&url).await?, "more than once");
    }

    /// RFC 8252 §7.3.
    async fn the_port_of_a_loopback_redirect_uri_may_differ(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let url = good_url(&app).await?;
        assert_good(&open(&changed(&url, "redirect_uri", Some("http://127.0.0.1:1024/callback"))).await?)?;
    }

    async fn the_only_redirect_uri_may_be_left_out(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let url = good_url(&app).await?;
        assert_good(&open(&changed(&url, "redirect_uri", None)).await?)?;
    }

    /// C-09.
    async fn the_resource_may_be_left_out_or_spelled_otherwise(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let url = good_url(&app).await?;
        let spellings = [None, Some(app.url("/mcp/")), Some(app.url("/")), Some(app.url("")), Some(app.url("/mcp"))];
        for resource in spellings {
            assert_good(&open(&changed(&url, "resource", resource.as_deref())).await?)?;
        }
    }

    ///
    async fn what_else_is_wrong_is_told_to_the_client(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let url = good_url(&app).await?;
        for (name, value, error) in [
            ("code_challenge", None, "invalid_request"),
            ("code_challenge", Some("too-short"), "invalid_request"),
            ("code_challenge_method", None, "invalid_request"),
            ("code_challenge_method", Some("plain"), "invalid_request"),
            ("response_type", None, "invalid_request"),
            ("response_type", Some("token"), "unsupported_response_type"),
            ("resource", Some("https://other.example/mcp"), "invalid_target"),
            ("scope", Some("nonsense"), "invalid_scope"),
            ("scope", Some("ws:workspace:delete"), "invalid_scope"),
            ("prompt", Some("none"), "login_required"),
        ] {
            let answer = open(&changed(&url, name, value)).await?;
            assert_eq!(told_error(&app, &answer)?, error, "{name} {value:?}");
            let location = answer.location.context("no redirect")?;
            assert_eq!(query(&location, "state").as_deref(), Some("state-1"), "{name} {value:?}");
        }
    }

    async fn a_repeated_parameter_is_told_to_the_client(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let url = good_url(&app).await?;
        for name in ["response_type", "code_challenge", "code_challenge_method", "resource"] {
            let mut repeated = url.clone();
            repeated.query_pairs_mut().append_pair(name, &query(&url, name).context(name)?);
            assert_eq!(told_error(&app, &open(&repeated).await?)?, "invalid_request", "{name}");
        }
    }

    async fn of_two_states_none_is_sent_back(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let mut url = good_url(&app).await?;
        url.query_pairs_mut().append_pair("state", "state-2");
        let answer = open(&url).await?;
        assert_eq!(told_error(&app, &answer)?, "invalid_request");
        assert_eq!(query(&answer.location.context("no redirect")?, "state"), None);
    }

    /// R-08, C-04.
    async fn scopes_of_other_servers_are_dropped(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        for (asked, granted) in [
            ("", EVERY_READ),
            ("openid profile email offline_access", EVERY_READ),
            ("openid ws:instances:read ws:nothing:read", "ws:instances:read ws:workspace:read"),
        ] {
            let (_, tokens) = app.authorize("dana").scope(asked).tokens().await?;
            assert_eq!(tokens.scope, granted, "{asked:?}");
        }
    }

    /// C-05: clients fetch the page ahead of the browser, and people reload it.
    async fn opening_the_page_writes_nothing(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let authorization = app.authorize("dana");
        let client_id = authorization.register().await?;
        let url = authorization.url(&client_id)?;
        let before = app.db_text(ROWS).await?;
        assert_good(&open(&url).await?)?;
        assert_good(&open(&url).await?)?;
        assert_eq!(app.db_text(ROWS).await?, before, "before sign-in");

        let browser = Browser::new();
        let page = authorization.consent_page(&browser, &client_id).await?;
        let before = app.db_text(ROWS).await?;
        let again = browser.open(url.as_str()).await?.page()?;
        assert_eq!(again.html, page.html);
        assert_eq!(app.db_text(ROWS).await?, before, "after sign-in");
    }
}
