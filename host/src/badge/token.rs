//! Badge tokens: what a URL in a README must hold to show anything.
//!
//! A token is `ID.GENERATION.TAG`: a row of `badge_tokens` and the server's signature. It is made again whenever it is
//! shown, so the database keeps no secret. It does not look like the other tokens on purpose: it is published, and
//! secret scanners shall not warn of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::keys::ServerKey;

/// Bytes of the signature.
const TAG: usize = 16;

/// A token whose signature is good. Whether it is still in force is for the database to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadgeToken {
    /// Id of the row.
    pub(crate) id: String,
    /// Rotating gives the repository a new one.
    pub(crate) generation: i64,
}

impl BadgeToken {
    /// The text for a URL.
    pub(crate) fn sign(&self, key: &ServerKey) -> String {
        let signed = format!("{}.{}", self.id, self.generation);
        let tag = key.derive("badge", &[signed.as_bytes()]);
        let tag = URL_SAFE_NO_PAD.encode(tag.get(..TAG).unwrap_or_default());
        format!("{signed}.{tag}")
    }

    /// Reads a token.
    ///
    /// Security: compared in constant time, and before the database is asked, so that nobody without a token learns
    /// what is there, or makes it work.
    pub(crate) fn verify(key: &ServerKey, text: &str) -> Option<Self> {
        let (signed, tag) = text.rsplit_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok().filter(|tag| tag.len() == TAG)?;
        if !key.verify("badge", &[signed.as_bytes()], &tag) {
            return None;
        }
        let (id, generation) = signed.rsplit_once('.')?;
        Some(Self { id: id.to_owned(), generation: generation.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: ServerKey = ServerKey::from_bytes([7; 32]);

    fn token(id: &str, generation: i64) -> BadgeToken {
        BadgeToken { id: id.to_owned(), generation }
    }

    #[test]
    fn a_token_is_good_for_its_server_row_and_generation_alone() {
        let text = token("badge_1", 1).sign(&KEY);
        assert_eq!(BadgeToken::verify(&KEY, &text), Some(token("badge_1", 1)));
        let (_, tag) = text.rsplit_once('.').unwrap();
        for forged in [
            token("badge_1", 1).sign(&ServerKey::from_bytes([8; 32])),
            format!("badge_1.2.{tag}"),
            format!("badge_2.1.{tag}"),
            format!("badge_1.01.{tag}"),
            "badge_1.1.".to_owned(),
            "badge_1.1".to_owned(),
            String::new(),
        ] {
            assert_eq!(BadgeToken::verify(&KEY, &forged), None, "{forged}");
        }
    }

    proptest! {
        #[test]
        fn any_row_reads_back(id in "[A-Za-z0-9_]{1,40}", generation: i64) {
            let token = token(&id, generation);
            prop_assert_eq!(BadgeToken::verify(&KEY, &token.sign(&KEY)), Some(token));
        }

        #[test]
        fn one_changed_character_is_noticed(at in 0_usize..33, to in "[0-9A-Za-z_.-]") {
            let text = token("badge_1", 1).sign(&KEY);
            let mut changed = text.clone();
            changed.replace_range(at % text.len()..=at % text.len(), &to);
            prop_assume!(changed != text);
            prop_assert_eq!(BadgeToken::verify(&KEY, &changed), None);
        }

        #[test]
        fn no_text_makes_verifying_panic(text in "\\PC{0,80}") {
            prop_assert_eq!(BadgeToken::verify(&KEY, &text), None);
        }
    }
}
