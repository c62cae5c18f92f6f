//! A sign-in that is under way at GitHub: what must come back unchanged, sealed in a cookie of that browser.
//!
//! No row of the database: a visitor who starts and never returns leaves nothing behind.

use std::time::Duration;

use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::form_guard;
use super::return_to::ReturnTo;
use crate::app::App;
use crate::clock::Timestamp;
use crate::id::{Entropy, base62};
use crate::keys::ServerKey;

/// How long a person may take at GitHub.
const TTL: Duration = Duration::from_mins(10);

/// What the cookie's signature is for.
const SEAL: &str = "github-sign-in-cookie";

/// Longest value that browsers keep for sure: they allow 4096 bytes with name and attributes.
const MAX_COOKIE: usize = 3_900;

/// A sign-in under way. Security: without `Debug`, so that its secrets cannot slip into a log.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(super) struct PendingSignIn {
    issued: i64,
    state: String,
    code_verifier: String,
    return_to: ReturnTo,
}

impl PendingSignIn {
    /// A new one, with a fresh state and verifier.
    pub(super) fn new(entropy: &Entropy, now: Timestamp, return_to: ReturnTo) -> Self {
        let secret = || base62(&entropy.bytes::<32>(), 43);
        Self { issued: now.seconds(), state: secret(), code_verifier: secret(), return_to }
    }

    /// The `state` that GitHub gives back.
    pub(super) fn state(&self) -> &str {
        &self.state
    }

    /// Whether this is the sign-in that GitHub's answer belongs to. Security: this is what keeps others from
    /// signing a browser in as themselves; compared in constant time.
    pub(super) fn has_state(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// The PKCE verifier (RFC 7636 §4.1), for the exchange of the code.
    pub(super) fn code_verifier(&self) -> &str {
        &self.code_verifier
    }

    /// The PKCE challenge, by S256.
    pub(super) fn code_challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.code_verifier.as_bytes()))
    }

    /// Where the sign-in leads back to.
    pub(super) const fn return_to(&self) -> &ReturnTo {
        &self.return_to
    }

    /// The cookie that carries it; none if the way back is too long for a cookie.
    pub(super) fn to_cookie(&self, app: &App) -> Option<Cookie<'static>> {
        let sealed = self.seal(&app.key);
        (sealed.len() <= MAX_COOKIE).then(|| cookie(app, sealed, time::Duration::minutes(10)))
    }

    /// What the browser brought back, unless it is missing, forged or too old.
    pub(super) fn from_cookie(app: &App, headers: &HeaderMap) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        Self::open(&app.key, app.clock.now(), jar.get(cookie_name(app))?.value())
    }

    /// `<seconds>.<state>.<verifier>.<way back>.<signature>`
    fn seal(&self, key: &ServerKey) -> String {
        let (issued, return_to) = (self.issued.to_string(), URL_SAFE_NO_PAD.encode(self.return_to.as_str()));
        let parts = [issued.as_str(), self.state.as_str(), self.code_verifier.as_str(), return_to.as_str()];
        let signature = form_guard::sign(key, SEAL, &parts);
        format!("{}.{signature}", parts.join("."))
    }

    fn open(key: &ServerKey, now: Timestamp, sealed: &str) -> Option<Self> {
        let (signed, signature) = sealed.rsplit_once('.')?;
        let parts: Vec<&str> = signed.split('.').collect();
        // Security: nothing of it is looked at before the signature.
        if !form_guard::verify(key, SEAL, &parts, signature) {
            return None;
        }
        let &[issued, state, code_verifier, return_to] = parts.as_slice() else { return None };
        let issued: i64 = issued.parse().ok()?;
        if now.since(Timestamp::from_micros(issued.saturating_mul(1_000_000))) > TTL {
            return None;
        }
        let return_to = String::from_utf8(URL_SAFE_NO_PAD.decode(return_to).ok()?).ok()?;
        Some(Self {
            issued,
            state: state.to_owned(),
            code_verifier: code_verifier.to_owned(),
            return_to: ReturnTo::parse(&return_to)?,
        })
    }
}

/// A cookie that deletes the one of [`PendingSignIn::to_cookie`]: a state is good for one return.
pub(super) fn used_up(app: &App) -> Cookie<'static> {
    cookie(app, String::new(), time::Duration::ZERO)
}

fn cookie(app: &App, value: String, max_age: time::Duration) -> Cookie<'static> {
    Cookie::build((cookie_name(app), value))
        .path("/")
        .http_only(true)
        // Lax: the cookie must come along when GitHub sends the browser back.
        .same_site(SameSite::Lax)
        .secure(app.config.public_url.is_secure())
        .max_age(max_age)
        .build()
}

/// Named like the session's cookie, for the same reason.
fn cookie_name(app: &App) -> &'static str {
    if app.config.public_url.is_secure() { "__Host-atmos_github" } else { "atmos_github" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_787_306_400_000_000);
    const KEY: ServerKey = ServerKey::from_bytes([1; 32]);

    fn pending() -> PendingSignIn {
        let return_to = ReturnTo::parse("/oauth/authorize?client_id=a;b&redirect_uri=https%3A%2F%2Fx.example").unwrap();
        PendingSignIn::new(&Entropy::seeded(1), NOW, return_to)
    }

    #[test]
    fn what_was_sealed_opens_until_it_is_too_old() {
        let sealed = pending().seal(&KEY);
        for age in [Duration::ZERO, TTL] {
            assert_eq!(PendingSignIn::open(&KEY, NOW.plus(age), &sealed), Some(pending()));
        }
        assert_eq!(PendingSignIn::open(&KEY, NOW.plus(TTL + Duration::from_secs(1)), &sealed), None);
    }

    #[test]
    fn a_changed_or_foreign_cookie_does_not_open() {
        let sealed = pending().seal(&KEY);
        assert_eq!(PendingSignIn::open(&ServerKey::from_bytes([2; 32]), NOW, &sealed), None);
        for (index, character) in sealed.char_indices().filter(|(_, character)| *character != '.') {
            // Another character that differs in its high bits: the last of base64 has spare low ones.
            let other = if character == 'A' { "5" } else { "A" };
            let mut changed = sealed.clone();
            changed.replace_range(index..=index, other);
            assert_eq!(PendingSignIn::open(&KEY, NOW, &changed), None, "{index}");
        }
        let cut = sealed.replacen('.', "", 1);
        for bad in [String::new(), ".".repeat(4), cut, format!("{sealed}."), format!(".{sealed}")] {
            assert_eq!(PendingSignIn::open(&KEY, NOW, &bad), None, "{bad}");
        }
    }

    #[test]
    fn a_cookie_needs_no_escapes() {
        let sealed = pending().seal(&KEY);
        assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')));
    }

    #[test]
    fn state_and_verifier_are_two_secrets_of_43_characters() {
        let pending = pending();
        assert_eq!((pending.state().len(), pending.code_verifier().len()), (43, 43));
        assert_ne!(pending.state(), pending.code_verifier());
        assert!(pending.has_state(pending.state()));
        assert!(!pending.has_state("") && !pending.has_state(pending.code_verifier()));
        assert_eq!(pending.code_challenge().len(), 43);
    }
}
