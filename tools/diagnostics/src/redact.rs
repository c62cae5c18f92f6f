//! Secrets that slipped into a log never leave it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex, RegexBuilder};

const MASK: &str = "***";

/// Tokens that are known by their shape.
const SHAPES: &str = r"-----BEGIN[^-]*PRIVATE KEY[^-]*-----(?:.*?-----END[^-]*-----|.*)
|\b(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{12,}
|\bgh[pousr]_[A-Za-z0-9]{4,}|\bgithub_pat_[A-Za-z0-9_]{4,}
|\b(?:glpat|gldt|glrt|xox[a-z]|sk|rk|pk|pypi)-[A-Za-z0-9_-]{10,}
|\b(?:npm|dckr_pat|dop_v1|shpat|atlas|sk_live|sk_test|rk_live|whsec)_[A-Za-z0-9_-]{8,}
|\bhv[bsr]\.[A-Za-z0-9_-]{8,}|[A-Za-z0-9]{6,}\.atlasv1\.[A-Za-z0-9_-]+
|\bAIza[A-Za-z0-9_-]{20,}|\bya29\.[A-Za-z0-9_.-]+|\bAGE-SECRET-KEY-1[A-Z0-9]+
|\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*
|[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{20,}
|https://hooks\.slack\.com/[^\s'\x22]+";

/// A user name and password, or a token alone, within an address.
const ADDRESS: &str = r"://(?:[^\s/:@'\x22]*:[^\s/'\x22]+|[^\s/:@'\x22]{8,})@";

/// `password=…`, `client_secret: …`, `"token": "…"`, `Bearer …`.
const NAMED: &str = r"((?:secret|password|passwd|passphrase|pwd|token|api_?-?key|access_?-?key(?:_?-?id)?|account_?-?key|private_?-?key|shared_?-?key|credentials?|sig|signature|authorization|bearer|basic|auth)[a-z_-]*)((?:\\?['\x22])?\s*(?:=>|[:=])\s*(?:\\?['\x22])?|\s+)((?:bearer|basic)\s+)?([^\s'\x22\\,;&}]+)";

/// Long random words, such as an AWS secret access key or a line of base64.
const RANDOM: &str = r"[A-Za-z0-9/+_-]{36,}={0,2}";

static SHAPED: LazyLock<Option<Regex>> = LazyLock::new(|| compile(&SHAPES.replace('\n', "")));
static ADDRESSED: LazyLock<Option<Regex>> = LazyLock::new(|| compile(ADDRESS));
static NAMED_VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| compile(NAMED));
static RANDOM_WORD: LazyLock<Option<Regex>> = LazyLock::new(|| compile(RANDOM));

/// Returns the text with every secret masked. Masks too much rather than too little.
///
/// Security: the only way by which words of a log reach a verdict.
pub(crate) fn redact(text: &str) -> String {
    let mut bytes = Cow::Borrowed(text.as_bytes());
    let always = |_: &Captures<'_>| Some(MASK.to_owned());
    bytes = replace(bytes, SHAPED.as_ref(), always);
    bytes = replace(bytes, ADDRESSED.as_ref(), |_| Some(format!("://{MASK}@")));
    bytes = replace(bytes, NAMED_VALUE.as_ref(), named);
    bytes = replace(bytes, RANDOM_WORD.as_ref(), random);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).case_insensitive(true).dot_matches_new_line(true).build().ok()
}

fn replace<'a>(
    text: Cow<'a, [u8]>,
    regex: Option<&Regex>,
    by: impl Fn(&Captures<'_>) -> Option<String>,
) -> Cow<'a, [u8]> {
    // Security: without its pattern nothing may pass.
    let Some(regex) = regex else { return Cow::Borrowed(MASK.as_bytes()) };
    let replaced = regex.replace_all(&text, |found: &Captures<'_>| match by(found) {
        Some(mask) => mask.into_bytes(),
        None => found.get(0).map(|whole| whole.as_bytes().to_vec()).unwrap_or_default(),
    });
    Cow::Owned(replaced.into_owned())
}

fn part(found: &Captures<'_>, group: usize) -> String {
    found.get(group).map(|part| String::from_utf8_lossy(part.as_bytes()).into_owned()).unwrap_or_default()
}

/// Prose goes on after the colon (`ExpiredToken: The security token …`); a secret does not look like a word.
fn named(found: &Captures<'_>) -> Option<String> {
    let (name, sign, scheme, value) = (part(found, 1), part(found, 2), part(found, 3), part(found, 4));
    let assigned = sign.contains('=') || sign.contains(['"', '\'']);
    let is_path = value.starts_with("arn:") || value.starts_with("http") || value.starts_with('/');
    let secret = match () {
        () if is_path || value.len() < 3 || value.starts_with(['$', '<', '*', '(']) => false,
        () if assigned => true,
        () if sign.contains(':') => has_digit(&value) || is_mixed(&value) || is_password(&name),
        () => {
            value.len() >= 8
                && has_digit(&value)
                && value.chars().any(char::is_alphabetic)
                && !value.contains(['.', '(', ':', '/'])
        }
    };
    secret.then(|| format!("{name}{sign}{scheme}{MASK}"))
}

fn is_password(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "pwd", "passphrase"].iter().any(|word| name == *word)
}

fn has_digit(text: &str) -> bool {
    text.len() >= 5 && text.bytes().any(|b| b.is_ascii_digit())
}

/// Whether capitals stand within the word, as in no sentence.
fn is_mixed(text: &str) -> bool {
    let inner: String = text.chars().skip(1).collect();
    text.len() >= 12 && inner.bytes().any(|b| b.is_ascii_uppercase()) && inner.bytes().any(|b| b.is_ascii_lowercase())
}

fn random(found: &Captures<'_>) -> Option<String> {
    let word = part(found, 0);
    let count = |class: fn(&u8) -> bool| word.as_bytes().iter().filter(|b| class(b)).count();
    let (upper, lower, digit) =
        (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase), count(u8::is_ascii_digit));
    (upper >= 4 && lower >= 4 && digit >= 1).then(|| MASK.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked() {
        for secret in [
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "ghs_abcd1234",
            "github_pat_11ABC_xyz",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF",
            "hvs.CAESIJ12345678",
            "glpat-abcdefghij1234567890",
            "xoxb-123456789012-abcdef",
        ] {
            for text in
                [format!("Error: {secret}"), format!("x={secret} y"), format!("'{secret}',"), format!("key {secret}\n")]
            {
                assert!(!redact(&text).contains(secret), "{text} -> {}", redact(&text));
            }
        }
    }

    #[test]
    fn values_of_telling_names_are_masked() {
        for text in [
            "password=hunter2 x",
            "password: hunterhunter",
            "\"client_secret\": \"s3cr3tvalue\"",
            "aws_secret_access_key = abc/def+ghi",
            "https://user:hunter2@git.example.com/x",
            "https://s3cr3tvalue@github.com/x",
            "postgres://app:p@ss-hunter2@db/x",
            "Authorization: Bearer hunter2hunter2",
            "AccountKey=hunter2hunter2==;x",
            "TF_VAR_db_password=hunter2",
            "-----BEGIN RSA PRIVATE KEY-----\nhunter2\nhunterhunter\ns3cr3tvalue abc/def+ghi",
        ] {
            let clean = redact(text);
            let leaks =
                ["hunter2", "hunterhunter", "s3cr3tvalue", "abc/def+ghi"].iter().any(|secret| clean.contains(secret));
            assert!(!leaks, "{text} -> {clean}");
        }
    }

    #[test]
    fn ordinary_words_stay() {
        for text in [
            "ExpiredToken: The security token included in the request is expired",
            "Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity",
            "arn:aws:sts::111122223333:assumed-role/gha-plan/GitHubActions is not authorized",
            "git::ssh://git@github.com/acme/terraform-dns.git",
            "fatal: reference is not a tree: 7c5875c3aa7c5875c3aa7c5875c3aa7c5875c3aa",
            "No valid credential sources found",
            "Lock Info: ID: 5b9c9e7b-0000-1111-2222-333344445555",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
