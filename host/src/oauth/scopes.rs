//! Which permissions a client asks for, and which may be offered to it.

use crate::authz::{Permission, PermissionSet};

/// Words of other servers' vocabularies that clients send anyway; they are dropped.
const FOREIGN: [&str; 6] = ["openid", "email", "profile", "offline_access", "address", "phone"];

/// What a client gets that asks for nothing in particular: every read. A wide default makes step-up, which
/// clients handle badly, rare.
pub(super) fn default_scopes() -> PermissionSet {
    Permission::ALL.iter().copied().filter(|permission| permission.is_read()).collect()
}

/// What a request asks for: the known words of `scope`, or the default if it has none. `None` if words are
/// left and not one of them can be granted.
pub(super) fn requested(scope: Option<&str>) -> Option<PermissionSet> {
    let scope = scope.unwrap_or_default();
    if scope.split_ascii_whitespace().all(|word| FOREIGN.contains(&word)) {
        return Some(default_scopes());
    }
    let known = PermissionSet::parse(scope).intersection(PermissionSet::mcp_reachable());
    (!known.is_empty()).then_some(with_membership(known))
}

/// What the consent page offers: what was asked for, and, not ticked, the one permission beyond reads that
/// a tool of the catalog needs (`get_setup_checklist`).
pub(super) fn offered(requested: PermissionSet) -> PermissionSet {
    requested.iter().chain([Permission::WorkspaceUpdateSettings]).collect()
}

/// The set with `ws:workspace:read`, which every grant includes.
pub(super) fn with_membership(set: PermissionSet) -> PermissionSet {
    set.iter().chain([Permission::WorkspaceRead]).collect()
}

/// The scopes of a new access token: those of the grant, or fewer if the refresh asks for fewer (RFC 6749
/// §6). `None` if it asks for more.
pub(super) fn narrowed(granted: PermissionSet, scope: Option<&str>) -> Option<PermissionSet> {
    let asked = PermissionSet::parse(scope.unwrap_or_default());
    if asked.is_empty() {
        return Some(granted);
    }
    asked.is_subset(granted).then(|| with_membership(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_or_foreign_words_ask_for_every_read() {
        for scope in [None, Some(""), Some("openid email profile offline_access")] {
            assert_eq!(requested(scope), Some(default_scopes()));
        }
        assert!(default_scopes().is_subset(PermissionSet::mcp_reachable()));
        assert!(!default_scopes().contains(Permission::WorkspaceUpdateSettings));
    }

    #[test]
    fn unknown_and_unreachable_words_are_dropped() {
        let set = requested(Some("openid ws:audit_log:read ws:nothing:read ws:workspace:delete")).unwrap();
        assert_eq!(set.to_scope(), "ws:audit_log:read ws:workspace:read");
        assert_eq!(requested(Some("nonsense")), None);
        assert_eq!(requested(Some("ws:workspace:delete")), None);
    }

    #[test]
    fn a_refresh_may_narrow_but_not_widen() {
        let granted = PermissionSet::parse("ws:workspace:read ws:repositories:read");
        let narrowed = |scope| narrowed(granted, scope).map(PermissionSet::to_scope);
        assert_eq!(narrowed(None).unwrap(), granted.to_scope());
        assert_eq!(narrowed(Some("offline_access")).unwrap(), granted.to_scope());
        assert_eq!(narrowed(Some("ws:workspace:read")).unwrap(), "ws:workspace:read");
        assert_eq!(narrowed(Some("ws:workspace:read ws:audit_log:read")), None);
    }
}
