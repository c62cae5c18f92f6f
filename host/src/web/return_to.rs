//! Where sign-in leads back to.

use url::Url;

/// Longest path; an authorization request fits many times.
const MAX_LENGTH: usize = 8_192;

/// An absolute path on this server, with or without a query.
///
/// Security: it comes from a link that anyone can make, so it must not lead to another site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReturnTo(String);

impl ReturnTo {
    /// Accepts a path such as `/oauth/authorize?…`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_path = text.starts_with('/') && !text.starts_with("//") && text.len() <= MAX_LENGTH;
        // Browsers read `\` as `/`, and drop tabs and line breaks.
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        (is_path && is_plain && stays_here(text)).then(|| Self(text.to_owned()))
    }

    /// The path.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ReturnTo {
    /// The landing page.
    fn default() -> Self {
        Self("/".to_owned())
    }
}

/// Asks a URL parser, which reads the path as a browser does.
fn stays_here(path: &str) -> bool {
    let Ok(base) = Url::parse("https://here.invalid") else { return false };
    base.join(path).is_ok_and(|url| url.origin() == base.origin())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_of_this_server_are_accepted() {
        for path in ["/", "/oauth/authorize?client_id=a&redirect_uri=https%3A%2F%2Fx.example%2Fcb", "/a/../b", "/a//b"]
        {
            assert_eq!(ReturnTo::parse(path).unwrap().as_str(), path);
        }
    }

    #[test]
    fn ways_out_are_refused() {
        for path in [
            "",
            "oauth/authorize",
            "https://evil.example",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /x",
            "/x y",
            "/x\r\nSet-Cookie: a=b",
            "javascript:alert(1)",
            "/é",
        ] {
            assert_eq!(ReturnTo::parse(path), None, "{path:?}");
        }
        assert_eq!(ReturnTo::parse(&format!("/{}", "x".repeat(MAX_LENGTH))), None);
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_stays_here(text in "[/\\\\.:@a-z\\t?#%]{0,24}") {
            if let Some(path) = ReturnTo::parse(&text) {
                let url = Url::parse("https://mcp.example.com").unwrap().join(path.as_str()).unwrap();
                prop_assert_eq!(url.host_str(), Some("mcp.example.com"));
            }
        }
    }
}
