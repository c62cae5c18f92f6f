//! The App's private key, and the tokens that the App makes with it (JWT, RS256).

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::jwt;

/// How long ago a token says it was made: GitHub's clock may be behind.
const BACKDATED: Duration = Duration::from_mins(1);

/// How long a token holds. GitHub takes ten minutes at most.
const LIFETIME: Duration = Duration::from_mins(9);

/// An App and its key.
pub(super) struct AppKey {
    app_id: String,
    key: EncodingKey,
}

#[derive(Serialize)]
struct Claims<'a> {
    iat: i64,
    exp: i64,
    iss: &'a str,
}

impl AppKey {
    /// Reads a key in PEM (PKCS #1 or #8); none if it is not an RSA key that can sign. In an environment
    /// variable, `\n` may stand for the ends of lines.
    pub(super) fn read(app_id: &str, pem: &str) -> Option<Self> {
        jwt::install();
        let der = PrivateKeyDer::from_pem_slice(pem.replace("\\n", "\n").as_bytes()).ok()?;
        let key = Self { app_id: app_id.to_owned(), key: EncodingKey::from_rsa_der(der.secret_der()) };
        // What is wrong with a key shows when it signs.
        key.token(Timestamp::from_micros(0)).map(|_| key)
    }

    /// A token that shows who the App is.
    pub(super) fn token(&self, now: Timestamp) -> Option<String> {
        let claims =
            Claims { iat: now.minus(BACKDATED).seconds(), exp: now.plus(LIFETIME).seconds(), iss: &self.app_id };
        encode(&Header::new(Algorithm::RS256), &claims, &self.key).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    const PEM: &str = include_str!("../../../../tests/harness/fake_issuer.pem");

    #[test]
    fn a_token_is_backdated_and_holds_for_nine_minutes() {
        let key = AppKey::read("4711", PEM).unwrap();
        let token = key.token(Timestamp::from_micros(1_000_000_000)).unwrap();
        let claims = token.split('.').nth(1).map(|claims| URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims, json!({ "iat": 940, "exp": 1_540, "iss": "4711" }));
    }

    #[test]
    fn only_an_rsa_key_is_a_key() {
        assert!(AppKey::read("1", &PEM.replace('\n', "\\n")).is_some());
        let certificate = PEM.replace("RSA PRIVATE KEY", "CERTIFICATE");
        let half: String = PEM.lines().take(5).chain(["-----END RSA PRIVATE KEY-----"]).collect::<Vec<_>>().join("\n");
        for bad in ["", "key", certificate.as_str(), half.as_str()] {
            assert!(AppKey::read("1", bad).is_none(), "{bad}");
        }
    }
}
