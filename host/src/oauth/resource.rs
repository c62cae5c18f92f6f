//! Resource indicators (RFC 8707): whether a client means our MCP endpoint.

use url::Url;

use crate::config::PublicUrl;

/// Whether `text` names our MCP endpoint: exactly, or with the differences that clients make: case of scheme
/// and host, the default port, a trailing slash, or the origin alone.
pub(super) fn is_ours(public_url: &PublicUrl, text: &str) -> bool {
    if text == public_url.resource() {
        return true;
    }
    let Ok(url) = Url::parse(text) else { return false };
    url.origin().ascii_serialization() == public_url.issuer()
        && matches!(url.path(), "/mcp" | "/mcp/" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_of_our_endpoint_are_ours_and_nothing_else_is() {
        let public_url = PublicUrl::parse("https://mcp.example.com").unwrap();
        for (text, expected) in [
            ("https://mcp.example.com/mcp", true),
            ("https://mcp.example.com/mcp/", true),
            ("HTTPS://MCP.Example.com:443/mcp", true),
            ("https://mcp.example.com", true),
            ("https://mcp.example.com/", true),
            ("https://mcp.example.com/other", false),
            ("https://mcp.example.com/mcp?x", false),
            ("https://mcp.example.com/mcp#x", false),
            ("https://user@mcp.example.com/mcp", false),
            ("https://mcp.example.com:444/mcp", false),
            ("http://mcp.example.com/mcp", false),
            ("https://evil.example/mcp", false),
            ("mcp", false),
        ] {
            assert_eq!(is_ours(&public_url, text), expected, "{text}");
        }
    }
}
