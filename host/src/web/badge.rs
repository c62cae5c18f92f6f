//! `GET /api/badge`: a repository's state as a picture, for READMEs (`docs/badges.md`).
//!
//! A picture in a README must not break: every answer is 200. What cannot or may not be shown is a grey "unknown",
//! in the same bytes whatever the reason, so it tells nobody what is there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use crate::app::App;
use crate::badge::{self, BadgeToken, Kind, MAX_LABEL, Message, Style};
use crate::error_chain::Chain;
use crate::store::StoreError;
use crate::store::badges::{self, Part, TokenRepo};

/// GitHub shows pictures through a proxy, which keeps one for as long as this says; without it, for hours. A minute
/// is current enough for people, and few requests for us.
const FRESH: &str = "public, max-age=60";

/// After a failure of ours, the picture is worth asking for again.
const FAILED: &str = "public, max-age=5";

/// Security: a picture that is opened by itself is a document: it may load and run nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// How often the use of a token is noted.
const NOTE_EVERY: Duration = Duration::from_hours(1);

/// A drift detection that was created longer ago is taken for lost: GitHub gives up a job that nobody took.
const DETECTION: Duration = Duration::from_hours(24);

/// What the URL asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    kind: Option<Kind>,
    token: Option<String>,
    repo: Option<String>,
    stack: Option<String>,
    component: Option<String>,
    label: Option<String>,
    style: Style,
}

/// Draws the badge that the query asks for.
pub(crate) async fn show_badge(State(app): State<App>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let request = Request::parse(query.as_deref().unwrap_or_default());
    let (message, cache_control) = match read(&app, &request).await {
        Ok(message) => (message.unwrap_or_else(Message::unknown), FRESH),
        Err(error) => {
            tracing::error!(error = %Chain(&error), "a badge could not be read");
            (Message::unknown(), FAILED)
        }
    };
    picture(badge::render(&request.label(), &message, request.style), cache_control, &headers)
}

impl Request {
    /// Reads a query. Of a parameter that comes twice, the first counts; unknown ones do not, because people add some
    /// to get past a cache.
    fn parse(query: &str) -> Self {
        let mut values = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            values.entry(name).or_insert(value);
        }
        let mut take = |name: &str| values.remove(name).filter(|value| !value.trim().is_empty()).map(Cow::into_owned);
        Self {
            kind: take("type").as_deref().and_then(Kind::parse),
            token: take("token"),
            repo: take("repo"),
            stack: take("stack"),
            component: take("component"),
            label: take("label"),
            style: take("style").as_deref().and_then(Style::parse).unwrap_or_default(),
        }
    }

    /// The left half. A label that is too long is cut, because a badge is not refused.
    fn label(&self) -> Cow<'_, str> {
        match &self.label {
            Some(label) if label.chars().count() > MAX_LABEL => {
                Cow::Owned(label.chars().take(MAX_LABEL - 1).chain(['…']).collect())
            }
            Some(label) => Cow::Borrowed(label),
            None => Cow::Borrowed(self.kind.map_or("badge", Kind::label)),
        }
    }

    fn part(&self) -> Part<'_> {
        Part { stack: self.stack.as_deref(), component: self.component.as_deref() }
    }

    /// Whether the URL names no other repository than the token's.
    fn agrees_with(&self, repo: &TokenRepo) -> bool {
        let named = self.repo.as_deref();
        named.is_none_or(|named| named.eq_ignore_ascii_case(&format!("{}/{}", repo.owner, repo.name)))
    }
}

/// What the badge says; none if the request does not say what to show, or may not see it.
async fn read(app: &App, request: &Request) -> Result<Option<Message>, StoreError> {
    let (Some(kind), Some(token)) = (request.kind, &request.token) else { return Ok(None) };
    let Some(token) = BadgeToken::verify(&app.key, token) else { return Ok(None) };
    let (reader, key, part) = (&app.store.read, (token.id.as_str(), token.generation), request.part());
    let found = match kind {
        Kind::DriftStatus | Kind::InstanceHealth => {
            let row = badges::find_instances(reader, key, part, app.clock.now().minus(DETECTION)).await?;
            let message = if kind == Kind::DriftStatus { Message::drift } else { Message::health };
            row.map(|row| (message(&row), row.repo))
        }
        Kind::DeploymentStatus => {
            let row = badges::find_latest_run(reader, key, part, true).await?;
            row.map(|row| (Message::deployment(&row), row.repo))
        }
        Kind::WorkflowStatus => {
            let row = badges::find_latest_run(reader, key, part, false).await?;
            row.map(|row| (Message::workflow(&row), row.repo))
        }
    };
    let Some((message, repo)) = found.filter(|(_, repo)| request.agrees_with(repo)) else { return Ok(None) };
    note_use(app, &token.id, repo.last_used_at).await;
    Ok(Some(message))
}

/// Notes that a token was used. Once an hour, so that nearly all badges are one read and no write.
async fn note_use(app: &App, token_id: &str, last_used_at: Option<i64>) {
    let now = app.clock.now();
    let before = now.minus(NOTE_EVERY);
    if last_used_at.is_some_and(|at| at >= before.micros()) {
        return;
    }
    if let Err(error) = badges::note_use(&app.store.write, token_id, now, before).await {
        tracing::warn!(error = %Chain(&error), "the use of a badge token could not be noted");
    }
}

fn picture(svg: String, cache_control: &'static str, request: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(&svg)));
    let mut response = if is_known(request, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "image/svg+xml; charset=utf-8")], svg).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    // Base64 and quotes are always a header's value.
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// Whether the client has this picture already (RFC 9110 §13.1.2: compared weakly).
fn is_known(request: &HeaderMap, etag: &str) -> bool {
    let lists = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_query_is_read_without_complaint() {
        let query = "type=drift_status&token=t.1.x&stack=a%2Fb&stack=c&component=&label=%20&style=3d&v=2";
        let request = Request::parse(query);
        let expected = Request {
            kind: Some(Kind::DriftStatus),
            token: Some("t.1.x".to_owned()),
            stack: Some("a/b".to_owned()),
            ..Request::default()
        };
        assert_eq!(request, expected);
        assert_eq!(request.label(), "drift");
        assert_eq!(Request::parse(""), Request::default());
        assert_eq!(Request::parse("type=nothing").label(), "badge");
    }

    #[test]
    fn a_long_label_is_cut() {
        let label = |length: usize| Request { label: Some("é".repeat(length)), ..Request::default() };
        assert_eq!(label(64).label(), "é".repeat(64));
        assert_eq!(label(65).label(), format!("{}…", "é".repeat(63)));
    }

    #[test]
    fn names_of_repositories_do_not_differ_by_case() {
        let repo = TokenRepo { owner: "Acme".to_owned(), name: "infra".to_owned(), last_used_at: None };
        let names = |repo: Option<&str>| Request { repo: repo.map(ToOwned::to_owned), ..Request::default() };
        assert!(names(None).agrees_with(&repo) && names(Some("acme/Infra")).agrees_with(&repo));
        assert!(!names(Some("acme/infra2")).agrees_with(&repo) && !names(Some("infra")).agrees_with(&repo));
    }

    #[test]
    fn a_known_picture_is_recognized() {
        let headers = |value: &'static str| -> HeaderMap {
            [(header::IF_NONE_MATCH, HeaderValue::from_static(value))].into_iter().collect()
        };
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(is_known(&headers(known), "\"a\""), "{known}");
        }
        assert!(!is_known(&headers("\"b\""), "\"a\"") && !is_known(&headers("a"), "\"a\""));
        assert!(!is_known(&HeaderMap::new(), "\"a\""));
    }

    proptest! {
        #[test]
        fn no_query_makes_parsing_panic(query in "\\PC{0,80}") {
            let request = Request::parse(&query);
            prop_assert!(request.label().chars().count() <= MAX_LABEL);
        }
    }
}
