//! `X-Hub-Signature-256`: `sha256=` and the HMAC-SHA256 of the raw body under the webhook secret, in
//! hexadecimal. Pure.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A signature as it was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature([u8; 32]);

impl Signature {
    /// Reads the header's value.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let digits = value.strip_prefix("sha256=")?;
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(index * 2..index * 2 + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Whether it is the signature of `body`.
    ///
    /// Security: over the bytes as they came, and compared in constant time.
    pub(super) fn is_of(&self, body: &[u8], secret: &str) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
        mac.update(body);
        mac.verify_slice(&self.0).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn the_documented_example_is_right_and_every_change_of_it_wrong() {
        let signature = Signature::parse(SIGNATURE).unwrap();
        assert!(signature.is_of(BODY, SECRET));
        assert!(!signature.is_of(b"Hello, World! ", SECRET));
        assert!(!signature.is_of(BODY, "It's a secret to Everybody"));
        assert!(!signature.is_of(BODY, ""));
        for digit in 0..32 {
            let mut changed = signature;
            changed.0[digit] ^= 1;
            assert!(!changed.is_of(BODY, SECRET));
        }
    }

    #[test]
    fn only_sha_256_in_64_digits_is_read() {
        let digits = &SIGNATURE["sha256=".len()..];
        assert!(Signature::parse(&format!("sha256={}", digits.to_uppercase())).is_some());
        for bad in [
            "",
            "sha256=",
            digits,
            "sha1=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            "sha256=+57107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1",
            "sha256=ééééééééééééééééééééééééééééééée",
        ] {
            assert!(Signature::parse(bad).is_none(), "{bad}");
        }
    }
}
