//! The issuer's public keys, fetched when they are needed and kept for a while.

use std::collections::HashMap;
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::app::App;
use crate::clock::Timestamp;

/// How long keys are used before they are fetched again.
const FRESH: Duration = Duration::from_mins(10);

/// How often fresh keys are fetched again at most, because a token names one that is not among them.
///
/// Security: such a token costs its sender nothing.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_mins(1);

/// How long after a failure the next fetch waits.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);

/// How long one fetch may take. Other exchanges wait for it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Larger documents are refused; GitHub's has about 8 kB.
const MAX_BODY: usize = 256 << 10;

/// Why the keys are not there.
#[derive(Debug, thiserror::Error)]
pub(in crate::ingest) enum JwksError {
    #[error("the issuer could not be reached")]
    Unreachable(#[from] reqwest::Error),
    #[error("the issuer's answer is no JSON Web Key Set")]
    Unreadable,
    #[error("the issuer could not be reached a moment ago")]
    Paused,
}

/// The keys of the configured issuer.
#[derive(Default)]
pub(in crate::ingest) struct Jwks(Mutex<Cache>);

#[derive(Default)]
struct Cache {
    keys: HashMap<String, DecodingKey>,
    fetched_at: Option<Timestamp>,
    /// The last fetch, whether or not it succeeded.
    attempted_at: Option<Timestamp>,
}

/// What to do about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Use,
    Fetch,
    /// It was tried a moment ago.
    Pause,
}

impl Jwks {
    /// The key of this id; none if the issuer does not have it.
    pub(super) async fn find_key(&self, app: &App, key_id: &str) -> Result<Option<DecodingKey>, JwksError> {
        // The lock is held while the keys are fetched, so that a burst of exchanges fetches them once.
        let mut cache = self.0.lock().await;
        let now = app.clock.now();
        match cache.step(key_id, now) {
            Step::Use => {}
            Step::Pause => return Err(JwksError::Paused),
            Step::Fetch => {
                cache.attempted_at = Some(now);
                cache.keys = fetch(&app.http, &app.config.oidc.issuer).await?;
                cache.fetched_at = Some(now);
            }
        }
        Ok(cache.keys.get(key_id).cloned())
    }
}

impl Cache {
    fn step(&self, key_id: &str, now: Timestamp) -> Step {
        let is_within = |at: Option<Timestamp>, time: Duration| at.is_some_and(|at| now.since(at) < time);
        if is_within(self.fetched_at, FRESH) {
            let is_answered = self.keys.contains_key(key_id) || is_within(self.attempted_at, UNKNOWN_KEY_PAUSE);
            return if is_answered { Step::Use } else { Step::Fetch };
        }
        if is_within(self.attempted_at, FAILURE_PAUSE) { Step::Pause } else { Step::Fetch }
    }
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Key>,
}

/// RFC 7517 §4 and RFC 7518 §6.3.1.
#[derive(Deserialize)]
struct Key {
    kid: Option<String>,
    kty: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl Key {
    /// None if it is not an RSA key for signatures.
    fn read(self) -> Option<(String, DecodingKey)> {
        if self.kty.as_deref() != Some("RSA") || self.purpose.is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        Some((self.kid?, DecodingKey::from_rsa_components(&self.n?, &self.e?).ok()?))
    }
}

async fn fetch(http: &reqwest::Client, issuer: &str) -> Result<HashMap<String, DecodingKey>, JwksError> {
    let url = format!("{}/.well-known/jwks", issuer.trim_end_matches('/'));
    let mut response = http.get(url).timeout(TIMEOUT).send().await?.error_for_status()?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            return Err(JwksError::Unreadable);
        }
    }
    read(&body).ok_or(JwksError::Unreadable)
}

fn read(body: &[u8]) -> Option<HashMap<String, DecodingKey>> {
    let document: Document = serde_json::from_slice(body).ok()?;
    Some(document.keys.into_iter().filter_map(Key::read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const START: Timestamp = Timestamp::from_micros(1_000_000_000);

    fn cache(fetched: bool) -> Cache {
        let keys =
            read(json!({ "keys": [{ "kid": "a", "kty": "RSA", "n": "AQAB", "e": "AQAB" }] }).to_string().as_bytes());
        Cache { keys: keys.unwrap(), fetched_at: fetched.then_some(START), attempted_at: Some(START) }
    }

    fn step(cache: &Cache, key_id: &str, seconds: u64) -> Step {
        cache.step(key_id, START.plus(Duration::from_secs(seconds)))
    }

    #[test]
    fn keys_are_used_for_ten_minutes() {
        assert_eq!(Cache::default().step("a", START), Step::Fetch);
        assert_eq!(step(&cache(true), "a", 599), Step::Use);
        assert_eq!(step(&cache(true), "a", 600), Step::Fetch);
    }

    #[test]
    fn an_unknown_key_makes_one_fetch_a_minute() {
        assert_eq!(step(&cache(true), "b", 59), Step::Use);
        assert_eq!(step(&cache(true), "b", 60), Step::Fetch);
    }

    #[test]
    fn a_failure_makes_the_next_fetch_wait() {
        assert_eq!(step(&cache(false), "a", 4), Step::Pause);
        assert_eq!(step(&cache(false), "a", 5), Step::Fetch);
    }

    #[test]
    fn only_rsa_keys_for_signatures_are_read() {
        let keys = json!({ "keys": [
            { "kid": "good", "kty": "RSA", "use": "sig", "alg": "RS256", "n": "AQAB", "e": "AQAB", "x5c": ["…"] },
            { "kid": "encryption", "kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB" },
            { "kid": "curve", "kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB" },
            { "kty": "RSA", "n": "AQAB", "e": "AQAB" },
            { "kid": "bad", "kty": "RSA", "n": "?", "e": "AQAB" },
        ] });
        let keys = read(keys.to_string().as_bytes()).unwrap();
        assert_eq!(keys.keys().collect::<Vec<_>>(), ["good"]);
        assert!(read(b"{}").is_none());
    }
}
