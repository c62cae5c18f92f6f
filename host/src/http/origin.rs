//! Which `Host` and `Origin` values are ours (DNS rebinding, `mcp-and-oauth.md` §1.2).

use url::{Host, Url};

use crate::config::Config;

/// Whether requests for this `Host` are ours: the public URL's, or, when that is loopback, or for probes on
/// the machine itself, any loopback name.
pub(crate) fn host_is_allowed(config: &Config, host: &str) -> bool {
    host.eq_ignore_ascii_case(config.public_url.authority()) || is_loopback(&format!("http://{host}"))
}

/// Whether a browser page of this origin may call `/mcp`.
pub(crate) fn origin_is_allowed(config: &Config, origin: &str) -> bool {
    origin == config.public_url.issuer()
        || config.allowed_origins.iter().any(|allowed| allowed == origin)
        || (!config.public_url.is_secure() && is_loopback(origin))
}

fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
