//! Defence of forms against being posted from elsewhere (CSRF).

use std::time::Duration;

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::App;
use crate::clock::Timestamp;
use crate::keys::ServerKey;

/// A token for a hidden field of a form: proves that this server wrote the form, for these `parts`.
pub(crate) fn sign(key: &ServerKey, form: &'static str, parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(key.derive(form, &bytes(parts)))
}

/// Whether a posted token is the one of this form and these parts.
pub(crate) fn verify(key: &ServerKey, form: &'static str, parts: &[&str], token: &str) -> bool {
    URL_SAFE_NO_PAD.decode(token).is_ok_and(|tag| tag.len() == 32 && key.verify(form, &bytes(parts), &tag))
}

/// A token like [`sign`]'s that also says when the page was written: `<seconds>.<signature>`.
pub(super) fn sign_for_an_hour(app: &App, form: &'static str, part: &str) -> String {
    let issued = app.clock.now().seconds().to_string();
    let signature = sign(&app.key, form, &[issued.as_str(), part]);
    format!("{issued}.{signature}")
}

/// Whether a posted token is one of [`sign_for_an_hour`], not older than that.
pub(super) fn verify_within_an_hour(app: &App, form: &'static str, part: &str, token: &str) -> bool {
    let Some((issued, signature)) = token.split_once('.') else { return false };
    let Ok(seconds) = issued.parse::<i64>() else { return false };
    let age = app.clock.now().since(Timestamp::from_micros(seconds.saturating_mul(1_000_000)));
    age <= Duration::from_hours(1) && verify(&app.key, form, &[issued, part], signature)
}

/// Whether the browser says that another site made it send this request. Old browsers say nothing.
pub(crate) fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

fn bytes<'a>(parts: &[&'a str]) -> Vec<&'a [u8]> {
    parts.iter().map(|part| part.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_form_and_parts_alone() {
        let key = ServerKey::from_bytes([1; 32]);
        let token = sign(&key, "form", &["session", "request"]);
        assert!(verify(&key, "form", &["session", "request"], &token));
        assert!(!verify(&key, "form", &["session", "other"], &token));
        assert!(!verify(&key, "form", &["sessionrequest"], &token));
        assert!(!verify(&key, "other", &["session", "request"], &token));
        assert!(!verify(&ServerKey::from_bytes([2; 32]), "form", &["session", "request"], &token));
        assert!(!verify(&key, "form", &["session", "request"], ""));
        assert!(!verify(&key, "form", &["session", "request"], &token[..24]));
    }

    #[test]
    fn requests_from_other_sites_are_known_by_their_header() {
        let is_cross = |site: &'static str| {
            is_cross_site(&HeaderMap::from_iter([(
                http::HeaderName::from_static("sec-fetch-site"),
                http::HeaderValue::from_static(site),
            )]))
        };
        assert!(is_cross("cross-site") && is_cross("same-site"));
        assert!(!is_cross("same-origin") && !is_cross("none") && !is_cross_site(&HeaderMap::new()));
    }
}
