//! `Content-Type` and `Accept`.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};

/// Whether the body is JSON; parameters such as `charset` are allowed.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type(value).eq_ignore_ascii_case("application/json")
}

/// Whether the client takes JSON or an event stream: exactly or by wildcard, and not with `q=0`. A missing
/// header takes anything (RFC 9110 §12.5.1).
pub(super) fn accepts_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    values.peek().is_none() || values.flat_map(|value| value.split(',')).any(covers_json)
}

fn covers_json(range: &str) -> bool {
    let kind = media_type(range).to_ascii_lowercase();
    let covers = matches!(kind.as_str(), "application/json" | "text/event-stream" | "application/*" | "*/*");
    let refused = range.split(';').skip(1).any(|parameter| {
        parameter.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()).is_some_and(|q| q <= 0.0)
    });
    covers && !refused
}

fn media_type(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn accept_is_read_with_wildcards_and_weights() {
        for good in
            ["application/json, text/event-stream", "*/*", "text/html;q=0.5, application/*;q=0.1", "TEXT/event-stream"]
        {
            assert!(accepts_json(&headers(ACCEPT, good)), "{good}");
        }
        for bad in ["text/html", "application/json;q=0", "application/jsonx"] {
            assert!(!accepts_json(&headers(ACCEPT, bad)), "{bad}");
        }
        assert!(accepts_json(&HeaderMap::new()));
    }

    #[test]
    fn content_type_may_have_parameters() {
        assert!(is_json(&headers(CONTENT_TYPE, "Application/JSON; charset=utf-8")));
        assert!(!is_json(&headers(CONTENT_TYPE, "text/plain")));
        assert!(!is_json(&HeaderMap::new()));
    }
}
