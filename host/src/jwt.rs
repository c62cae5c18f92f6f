//! JSON Web Tokens with RS256: the cryptography of the crate `jsonwebtoken`, done by `ring`.
//!
//! ring is in the tree for TLS anyway. Of the two backends that come with `jsonwebtoken`, one builds a C
//! library (aws-lc) and the other signs with an RSA that leaks by timing (`RustCrypto`, RUSTSEC-2023-0071).

use std::sync::Once;

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| signer(*algorithm, key),
    verifier_factory: |algorithm, key| verifier(*algorithm, key),
    key_utils: KeyUtils::new_unimplemented(),
};

static INSTALLED: Once = Once::new();

/// Makes `jsonwebtoken` use ring. To be called before any of its functions that sign or verify.
pub(crate) fn install() {
    INSTALLED.call_once(|| {
        if PROVIDER.install_default().is_err() {
            tracing::warn!("jsonwebtoken has another backend than ring");
        }
    });
}

fn signer(algorithm: Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if algorithm != Algorithm::RS256 {
        return Err(new_error(ErrorKind::UnsupportedAlgorithm));
    }
    // PKCS #1, as GitHub hands keys out, or PKCS #8, as openssl writes them.
    let key = RsaKeyPair::from_der(key.as_bytes())
        .or_else(|_| RsaKeyPair::from_pkcs8(key.as_bytes()))
        .map_err(|rejected| new_error(ErrorKind::InvalidRsaKey(rejected.to_string())))?;
    Ok(Box::new(Rs256Signer(key)))
}

fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    match (algorithm, key.kind()) {
        (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
            Ok(Box::new(Rs256Verifier(RsaPublicKeyComponents { n: n.clone(), e: e.clone() })))
        }
        _ => Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    }
}

struct Rs256Signer(RsaKeyPair);

impl Signer<Vec<u8>> for Rs256Signer {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, SignatureError> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        // PKCS #1 v1.5 padding uses no randomness; the argument is for PSS.
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| SignatureError::new())?;
        Ok(signature)
    }
}

impl JwtSigner for Rs256Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

struct Rs256Verifier(RsaPublicKeyComponents<Vec<u8>>);

impl Verifier<Vec<u8>> for Rs256Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), SignatureError> {
        // Security: keys of less than 2048 bits are refused.
        self.0.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).map_err(|_| SignatureError::new())
    }
}

impl JwtVerifier for Rs256Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use jsonwebtoken::{Header, Validation, decode, encode};
    use serde_json::{Value, json};

    /// The key that the tests' issuer signs with, too.
    fn test_key() -> Vec<u8> {
        let pem = include_str!("../../tests/harness/fake_issuer.pem");
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        STANDARD.decode(body).unwrap()
    }

    fn accepts(token: &str, key: &DecodingKey) -> bool {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        decode::<Value>(token, key, &validation).is_ok()
    }

    #[test]
    fn a_token_is_accepted_with_its_own_key_alone() {
        install();
        let der = test_key();
        let public: RsaPublicKeyComponents<Vec<u8>> = RsaKeyPair::from_der(&der).unwrap().public().into();
        let key = DecodingKey::from_rsa_raw_components(&public.n, &public.e);
        let token =
            encode(&Header::new(Algorithm::RS256), &json!({ "sub": "me" }), &EncodingKey::from_rsa_der(&der)).unwrap();
        assert!(accepts(&token, &key));

        let mut other = public.n.clone();
        *other.last_mut().unwrap() ^= 2;
        assert!(!accepts(&token, &DecodingKey::from_rsa_raw_components(&other, &public.e)));
        let (message, _) = token.rsplit_once('.').unwrap();
        assert!(!accepts(&format!("{message}."), &key));
        let (header, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        assert!(!accepts(&format!("{header}.eyJzdWIiOiJ5b3UifQ.{signature}"), &key));
    }

    #[test]
    fn other_algorithms_are_not_there() {
        install();
        let der = test_key();
        for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
            assert!(encode(&Header::new(algorithm), &json!({}), &EncodingKey::from_rsa_der(&der)).is_err());
        }
    }
}
