//! Redirect URIs: which may be registered, and which match a registered one (RFC 8252, RFC 9700).
//!
//! Comparison is by bytes, except that the port of an `http` loopback URI is left out on both sides:
//! native clients listen on whatever port is free.

use url::Url;

/// Longest URI that is accepted.
const MAX_LENGTH: usize = 2_048;

/// Hosts of the user's own machine. `localhost` and `127.0.0.1` are not the same: clients register both.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// Schemes that a browser would run, read from disk, or not navigate to. Security: a redirect to
/// `javascript:` would run a client's script in our origin.
const REFUSED_SCHEMES: [&str; 17] = [
    "javascript",
    "data",
    "file",
    "vbscript",
    "blob",
    "about",
    "ws",
    "wss",
    "ftp",
    "filesystem",
    "view-source",
    "jar",
    "intent",
    "mailto",
    "tel",
    "sms",
    "resource",
];

/// Where a redirect URI leads, in words for the person who consents.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// A web site, by host and port.
    Website(String),
    /// A program that listens on this computer, by host.
    Loopback(String),
    /// An application that owns a private-use scheme, by scheme and host.
    Application(String),
}

impl Destination {
    /// What kind of place it is.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Website(_) => "the web site",
            Self::Loopback(_) => "a program on this computer, at",
            Self::Application(_) => "the application that handles",
        }
    }

    /// Host, or scheme and host.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Website(name) | Self::Loopback(name) | Self::Application(name) => name,
        }
    }

    /// Whether any program on the user's computer may be listening there.
    pub(super) const fn is_loopback(&self) -> bool {
        matches!(self, Self::Loopback(_))
    }
}

/// Checks a URI for registration. The error is an `error_description`.
pub(super) fn check(uri: &str) -> Result<(), &'static str> {
    if uri.len() > MAX_LENGTH {
        return Err("a redirect URI is longer than 2048 bytes");
    }
    // A backslash is read as a slash by some parsers and not by others.
    if !uri.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>')) {
        return Err("a redirect URI holds a character that must be percent-encoded");
    }
    if uri.contains('#') {
        return Err("a redirect URI must not have a fragment");
    }
    if uri.contains('*') {
        return Err("a redirect URI must not have a wildcard");
    }
    let url = Url::parse(uri).map_err(|_| "a redirect URI is not an absolute URI")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a redirect URI must not have user information");
    }
    check_scheme(uri, &url)
}

fn check_scheme(uri: &str, url: &Url) -> Result<(), &'static str> {
    match url.scheme() {
        // The parser also takes `https:host`; nothing else would.
        "https" if uri.starts_with("https://") && url.host_str().is_some() => Ok(()),
        "http" if loopback_parts(uri).is_some() => Ok(()),
        "http" => Err("a redirect URI with http must lead to 127.0.0.1, [::1] or localhost"),
        scheme if REFUSED_SCHEMES.contains(&scheme) => Err("a redirect URI has a scheme that is not allowed"),
        // Private use (RFC 8252 §7.1), in lower case, so that it equals what the parser calls it.
        scheme if scheme != "https" && uri.starts_with(&format!("{scheme}:")) => Ok(()),
        _ => Err("a redirect URI must be https, http on loopback, or an application's own scheme"),
    }
}

/// Whether a request's URI is the registered one.
pub(super) fn matches(registered: &str, requested: &str) -> bool {
    if registered == requested {
        return true;
    }
    match (loopback_parts(registered), loopback_parts(requested)) {
        // Security: path and query stay exact; only the port may differ.
        (Some(registered), Some(requested)) => registered == requested,
        (None, _) | (_, None) => false,
    }
}

/// The URI with a loopback port left out: what a client that listens on another port each time keeps.
pub(super) fn without_loopback_port(uri: &str) -> String {
    loopback_parts(uri).map_or_else(|| uri.to_owned(), join)
}

/// Where the URI leads.
pub(super) fn destination(uri: &str) -> Destination {
    if let Some((host, _)) = loopback_parts(uri) {
        return Destination::Loopback(host.to_owned());
    }
    let (scheme, rest) = uri.split_once(':').unwrap_or_default();
    let rest = rest.trim_start_matches('/');
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if scheme == "https" {
        return Destination::Website(authority.to_owned());
    }
    let authority = if uri.contains("://") { authority } else { "" };
    Destination::Application(format!("{scheme}://{authority}"))
}

fn join((host, path): (&str, &str)) -> String {
    format!("http://{host}{path}")
}

/// Host, and path with query, of an `http` URI on loopback; the port is left out.
fn loopback_parts(uri: &str) -> Option<(&'static str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = LOOPBACK.into_iter().find(|host| {
        authority.strip_prefix(host).is_some_and(|port| port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
    })?;
    Some((host, path))
}

fn is_port(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the clients of `mcp-and-oauth.md` §2.11 really register.
    const REGISTERED_BY_CLIENTS: [(&str, &[&str]); 11] = [
        ("Claude Code", &["http://localhost:51234/callback"]),
        ("Claude Code CIMD", &["http://localhost/callback", "http://127.0.0.1/callback"]),
        ("Codex", &["http://127.0.0.1:40001/callback"]),
        ("mcp-remote", &["http://localhost:15233/oauth/callback"]),
        ("MCP Inspector", &["http://127.0.0.1:6276/oauth/callback"]),
        ("Gemini CLI", &["http://localhost:7777/oauth/callback"]),
        (
            "VS Code",
            &[
                "https://insiders.vscode.dev/redirect",
                "https://vscode.dev/redirect",
                "http://127.0.0.1/",
                "http://127.0.0.1:33418/",
            ],
        ),
        (
            "Cursor",
            &[
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "http://localhost:8787/callback",
            ],
        ),
        ("Zed", &["http://127.0.0.1:49152/callback"]),
        ("claude.ai", &["https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"]),
        (
            "ChatGPT",
            &["https://chatgpt.com/connector/oauth/abc123", "https://chatgpt.com/connector_platform_oauth_redirect"],
        ),
    ];

    #[test]
    fn what_real_clients_register_is_accepted_and_matches_itself() {
        for (client, uris) in REGISTERED_BY_CLIENTS {
            for uri in uris {
                assert_eq!(check(uri), Ok(()), "{client}: {uri}");
                assert!(matches(uri, uri), "{client}: {uri}");
            }
        }
        for uri in ["com.example.app:/oauth2redirect", "vscode://vscode.mcp/cb", "claude://x", "windsurf://x/cb"] {
            assert_eq!(check(uri), Ok(()), "{uri}");
        }
    }

    #[test]
    fn dangerous_and_malformed_uris_are_refused() {
        for uri in [
            "",
            "/callback",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "javascript://x/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "vbscript:x",
            "blob:https://a.example/x",
            "about:blank",
            "ws://a.example",
            "wss://a.example",
            "ftp://a.example",
            "http://a.example/cb",
            "http://localhost.a.example/cb",
            "http://localhost:1@a.example/cb",
            "http://127.0.0.1.a.example/cb",
            "http://127.0.0.1:99999/cb",
            "http://localhost:/cb",
            "http://user@localhost/cb",
            "https://user:secret@a.example/cb",
            "https:a.example/cb",
            "https:/a.example/cb",
            "HTTPS://a.example/cb",
            "Cursor://x/cb",
            "https://a.example/cb#fragment",
            "https://*.a.example/cb",
            "https://a.example\\@b.example/cb",
            "https://a.example/c b",
            "https://a.example/\r\nX: y",
            "https://bücher.example/cb",
            "https://",
        ] {
            assert!(check(uri).is_err(), "{uri}");
        }
        assert!(check(&format!("https://a.example/{}", "x".repeat(MAX_LENGTH))).is_err());
    }

    #[test]
    fn only_the_port_of_a_loopback_uri_may_differ() {
        for (registered, requested, expected) in [
            ("http://127.0.0.1/", "http://127.0.0.1:50000/", true),
            ("http://127.0.0.1:33418/", "http://127.0.0.1:50000/", true),
            ("http://127.0.0.1:33418/", "http://127.0.0.1/", true),
            ("http://localhost/callback", "http://localhost:3118/callback", true),
            ("http://[::1]:1/cb?a=b", "http://[::1]:2/cb?a=b", true),
            ("http://localhost/callback", "http://127.0.0.1/callback", false),
            ("http://localhost/callback", "http://localhost:1/callback/", false),
            ("http://localhost/callback", "http://localhost:1/other", false),
            ("http://localhost/cb", "http://localhost:1/cb?x=1", false),
            ("http://localhost/cb", "http://localhost:1/cb#x", false),
            ("http://localhost/cb", "http://localhost:1@evil.example/cb", false),
            ("http://localhost/cb", "http://localhost:1.evil.example/cb", false),
            ("http://localhost/cb", "https://localhost:1/cb", false),
            ("https://a.example/cb", "https://a.example:444/cb", false),
            ("https://a.example/cb", "https://a.example/cb/", false),
            ("https://a.example/cb", "https://a.example/cb/../x", false),
            ("https://a.example/cb", "https://A.example/cb", false),
            ("cursor://a/cb", "cursor://a/cb", true),
            ("cursor://a/cb", "cursor://a/other", false),
        ] {
            assert_eq!(matches(registered, requested), expected, "{registered} {requested}");
        }
    }

    #[test]
    fn a_destination_names_who_receives_the_code() {
        assert_eq!(destination("https://claude.ai/api/cb?x"), Destination::Website("claude.ai".to_owned()));
        assert_eq!(destination("https://a.example:444"), Destination::Website("a.example:444".to_owned()));
        assert_eq!(destination("http://[::1]:9/cb"), Destination::Loopback("[::1]".to_owned()));
        assert_eq!(
            destination("cursor://anysphere.cursor-mcp/oauth/callback"),
            Destination::Application("cursor://anysphere.cursor-mcp".to_owned())
        );
        assert_eq!(destination("com.example.app:/cb"), Destination::Application("com.example.app://".to_owned()));
    }

    #[test]
    fn a_client_is_the_same_whatever_port_it_listens_on() {
        assert_eq!(without_loopback_port("http://localhost:51234/callback"), "http://localhost/callback");
        assert_eq!(without_loopback_port("https://a.example:444/cb"), "https://a.example:444/cb");
    }
}
