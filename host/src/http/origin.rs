//! Which `Host` and `Origin` values are ours (DNS rebinding, `mcp-and-oauth.md` §1.2).

use url::Url;

use crate::config::{Config, is_loopback};

/// Whether requests for this `Host` are ours: the public URL's, or, when that is loopback, or for probes on
/// the machine itself, any loopback name.
pub(crate) fn host_is_allowed(config: &Config, host: &str) -> bool {
    host.eq_ignore_ascii_case(config.public_url.authority()) || leads_here(&format!("http://{host}"))
}

/// Whether a browser page of this origin may call `/mcp`.
pub(crate) fn origin_is_allowed(config: &Config, origin: &str) -> bool {
    origin == config.public_url.issuer()
        || config.allowed_origins.iter().any(|allowed| allowed == origin)
        || (!config.public_url.is_secure() && leads_here(origin))
}

fn leads_here(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| is_loopback(&url))
}
