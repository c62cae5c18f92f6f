//! Permission keys of any origin: `<scope>:<resource>:<action>`.

use schemars::JsonSchema;
use sdk::capability::permission_catalog::Permission;
use serde::Serialize;

/// A key taken apart, with what the vocabulary says of it.
#[derive(Debug, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct PermissionDetails {
    pub key: String,
    /// `ws` in every key of the vocabulary.
    pub scope: String,
    /// The resource.
    pub group: String,
    pub action: String,
    /// Whether the vocabulary has the key.
    pub is_recognized: bool,
    /// What it allows; null if it is not recognized.
    pub description: Option<String>,
    /// Whether an MCP client can hold it.
    pub mcp_reachable: bool,
    /// Roles that have it.
    pub roles: Vec<String>,
}

/// Describes a key; `known` is what the vocabulary has of it. An error if it is not of the form of a key.
pub fn describe(key: &str, known: Option<Permission>) -> Result<PermissionDetails, String> {
    let parts: Vec<&str> = key.split(':').collect();
    let [scope, group, action] = parts.as_slice() else { return Err(malformed(key)) };
    if ![scope, group, action].into_iter().all(|part| is_word(part)) {
        return Err(malformed(key));
    }
    let is_recognized = known.is_some();
    let (description, mcp_reachable, roles) =
        known.map(|known| (Some(known.description), known.mcp_reachable, known.roles)).unwrap_or_default();
    Ok(PermissionDetails {
        key: key.to_owned(),
        scope: (*scope).to_owned(),
        group: (*group).to_owned(),
        action: (*action).to_owned(),
        is_recognized,
        description,
        mcp_reachable,
        roles,
    })
}

fn malformed(key: &str) -> String {
    format!(
        "`key` must be `ws:<resource>:<action>`, three words of lower case letters, digits and underscores, such as \
         ws:audit_log:read (got `{key}`); list_permissions shows all"
    )
}

fn is_word(part: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    part.starts_with(|first: char| first.is_ascii_lowercase()) && part.chars().all(is_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_key_is_described() {
        let known = Permission {
            key: "ws:audit_log:read".to_owned(),
            scope: "ws".to_owned(),
            group: "audit_log".to_owned(),
            action: "read".to_owned(),
            description: "Read the audit log".to_owned(),
            mcp_reachable: true,
            roles: vec!["owner".to_owned()],
        };
        let described = describe("ws:audit_log:read", Some(known)).unwrap();
        assert!(described.is_recognized && described.mcp_reachable);
        assert_eq!(described.description.as_deref(), Some("Read the audit log"));
        assert_eq!(described.roles, ["owner"]);
    }

    #[test]
    fn a_key_of_another_vocabulary_is_taken_apart() {
        for (key, expected) in
            [("ws:gh:action", ("ws", "gh", "action")), ("org:billing2:view_all", ("org", "billing2", "view_all"))]
        {
            let described = describe(key, None).unwrap();
            let parts = (described.scope.as_str(), described.group.as_str(), described.action.as_str());
            assert_eq!(parts, expected);
            assert!(!described.is_recognized && !described.mcp_reachable && described.description.is_none());
        }
    }

    #[test]
    fn a_malformed_key_is_told_the_grammar() {
        for key in ["", "read", "ws:audit_log", "ws:audit_log:read:all", "ws::read", "WS:a:read", "ws:a b:read"] {
            let error = describe(key, None).unwrap_err();
            assert!(error.starts_with("`key` must be `ws:<resource>:<action>`"), "{error}");
            assert!(error.contains(&format!("(got `{key}`)")), "{error}");
        }
    }
}
