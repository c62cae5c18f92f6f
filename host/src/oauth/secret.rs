//! Tokens and codes: how they look, and the hash that is all the database knows of them.

use sha2::{Digest as _, Sha256};

use crate::id::{Entropy, base62};

/// Digits of 256 bits in base 62.
const BODY: usize = 43;

/// Digits of a CRC-32 in base 62.
const CHECKSUM: usize = 6;

/// What a token is for. Its prefix makes it known to secret scanners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Opens `/mcp` for an hour.
    Access,
    /// Gives the next access token.
    Refresh,
    /// An authorization code: gives the first tokens, once.
    Code,
    /// A workspace's static token, with which the atmos CLI uploads.
    Workspace,
    /// A workflow's session, which it gets for its OIDC token and uploads with.
    CiSession,
}

impl TokenKind {
    /// Never change a prefix: scanners and existing tokens rely on it.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "atmos_at_",
            Self::Refresh => "atmos_rt_",
            Self::Code => "atmos_ac_",
            Self::Workspace => "atmos_wt_",
            Self::CiSession => "atmos_cs_",
        }
    }
}

/// A token in clear. It lives in a request or in the one reply that hands it out.
///
/// Security: neither `Display` nor `Serialize`, and `Debug` shows nothing, so that it cannot slip into a log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PlainToken(String);

impl std::fmt::Debug for PlainToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PlainToken")
    }
}

/// SHA-256 of a token.
///
/// Security: no salt is needed, because a token has 256 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    /// The bytes for the database.
    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PlainToken {
    /// A new random token.
    pub(crate) fn generate(kind: TokenKind, entropy: &Entropy) -> Self {
        Self::from_bits(kind, &entropy.bytes())
    }

    /// The token of these 256 bits: prefix, 43 digits, and 6 digits of checksum over both.
    pub(crate) fn from_bits(kind: TokenKind, bits: &[u8; 32]) -> Self {
        let text = format!("{}{}", kind.prefix(), base62(bits, BODY));
        let checksum = checksum(&text);
        Self(text + &checksum)
    }

    /// Reads a token of `kind`. A mistyped, cut or foreign one is refused here, before any look-up.
    pub(crate) fn parse(kind: TokenKind, text: &str) -> Option<Self> {
        let digits = text.strip_prefix(kind.prefix())?;
        if digits.len() != BODY + CHECKSUM || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let (signed, found) = text.split_at_checked(text.len() - CHECKSUM)?;
        (checksum(signed) == found).then(|| Self(text.to_owned()))
    }

    /// What the database keeps.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The text, for the reply that hands the token out and for deriving its successor.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

fn checksum(text: &str) -> String {
    base62(&crc32fast::hash(text.as_bytes()).to_be_bytes(), CHECKSUM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [TokenKind; 5] =
        [TokenKind::Access, TokenKind::Refresh, TokenKind::Code, TokenKind::Workspace, TokenKind::CiSession];

    #[test]
    fn a_token_reads_back_as_its_own_kind_alone() {
        let entropy = Entropy::seeded(1);
        for kind in KINDS {
            let token = PlainToken::generate(kind, &entropy);
            assert_eq!(token.expose().len(), "atmos_at_".len() + 49);
            for other in KINDS {
                assert_eq!(PlainToken::parse(other, token.expose()).is_some(), other == kind);
            }
        }
    }

    #[test]
    fn a_token_does_not_show_itself_and_its_hash_is_sha_256() {
        let token = PlainToken::from_bits(TokenKind::Access, &[7; 32]);
        assert_eq!(format!("{token:?}"), "PlainToken");
        let again = PlainToken::parse(TokenKind::Access, token.expose()).unwrap();
        assert_eq!(token.hash(), again.hash());
        assert_eq!(token.hash().as_bytes(), &<[u8; 32]>::from(Sha256::digest(token.expose())));
    }

    #[test]
    fn text_around_or_instead_of_a_token_is_refused() {
        let token = PlainToken::from_bits(TokenKind::Access, &[0xff; 32]);
        let text = token.expose();
        for bad in [
            String::new(),
            "atmos_at_".to_owned(),
            format!(" {text}"),
            format!("{text} "),
            format!("{text}0"),
            text.to_uppercase(),
            text.replace("atmos_at_", "atmos_rt_"),
            format!("atmos_at_{}", "é".repeat(24)),
            format!("atmos_at_{}é", "0".repeat(47)),
        ] {
            assert_eq!(PlainToken::parse(TokenKind::Access, &bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_bits_round_trip(bits: [u8; 32]) {
            let token = PlainToken::from_bits(TokenKind::Refresh, &bits);
            prop_assert_eq!(PlainToken::parse(TokenKind::Refresh, token.expose()), Some(token));
        }

        #[test]
        fn one_changed_character_is_noticed(bits: [u8; 32], at in 9_usize..58, to in "[0-9A-Za-z]") {
            let token = PlainToken::from_bits(TokenKind::Access, &bits);
            let mut text = token.expose().to_owned();
            text.replace_range(at..=at, &to);
            prop_assume!(text != token.expose());
            prop_assert_eq!(PlainToken::parse(TokenKind::Access, &text), None);
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC*") {
            prop_assert_eq!(PlainToken::parse(TokenKind::Code, &text), None);
        }
    }
}
