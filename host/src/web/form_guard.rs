//! Defence of forms against being posted from elsewhere (CSRF).

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::keys::ServerKey;

/// A token for a hidden field of a form: proves that this server wrote the form, for these `parts`.
pub(crate) fn sign(key: &ServerKey, form: &'static str, parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(key.derive(form, &bytes(parts)))
}

/// Whether a posted token is the one of this form and these parts.
pub(crate) fn verify(key: &ServerKey, form: &'static str, parts: &[&str], token: &str) -> bool {
    URL_SAFE_NO_PAD.decode(token).is_ok_and(|tag| tag.len() == 32 && key.verify(form, &bytes(parts), &tag))
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
