//! The one URL that issuer, resource and all endpoints are derived from.

use url::{Host, Url};

/// Whether a URL leads to this machine: `localhost` or a loopback address.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether nobody on the way can read what is sent to a URL: over TLS, or plain HTTP on loopback alone.
pub(crate) fn is_private_enough(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

/// The origin under which clients reach the server: `https://host[:port]`, or `http://` on loopback.
///
/// Byte-exact everywhere: clients compare issuer and resource as strings (`mcp-and-oauth.md` R-01).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    secure: bool,
}

impl PublicUrl {
    /// Parses an origin. The error says what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text)
            .map_err(|_| format!("`{text}` is not a URL; write for example https://mcp.example.com"))?;
        if url.host().is_none() {
            return Err(format!("`{text}` has no host"));
        }
        if !is_private_enough(&url) {
            return Err(format!("`{text}` must use https (http is for loopback alone)"));
        }
        let origin = url.origin().ascii_serialization();
        if text != origin {
            return Err(format!("`{text}` must be an origin without path or trailing slash: write {origin}"));
        }
        Ok(Self { secure: url.scheme() == "https", origin })
    }

    /// The issuer (RFC 8414): the origin, without a slash.
    pub fn issuer(&self) -> &str {
        &self.origin
    }

    /// The protected resource (RFC 9728): what users type into their client.
    pub fn resource(&self) -> String {
        self.join("/mcp")
    }

    /// The URL of an absolute path.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Whether browsers reach the server over TLS, so that cookies can be `Secure`.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// `host[:port]` as a `Host` header carries it.
    pub fn authority(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, authority)| authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origins_over_tls_or_loopback_are_accepted() {
        for good in ["https://mcp.example.com", "http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:1"] {
            assert_eq!(PublicUrl::parse(good).unwrap().issuer(), good);
        }
        for bad in
            ["http://mcp.example.com", "https://mcp.example.com/", "https://a.example/mcp", "mcp", "https://A.example"]
        {
            assert!(PublicUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
