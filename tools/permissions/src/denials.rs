//! Denied calls, and what to do about them.

use schemars::JsonSchema;
use sdk::capability::permission_denials::{Denial, DenialFilter, DeniedSide};
use serde::Serialize;

/// One denied call.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionError {
    /// Of its audit log entry.
    pub id: String,
    pub time: String,
    pub client_id: Option<String>,
    pub client_name: Option<String>,
    /// GitHub login of the user that the client acted for.
    pub login: Option<String>,
    pub tool: Option<String>,
    /// The permission that was missing; null if the tool itself refused.
    pub permission: Option<String>,
    /// Where it was missing.
    pub side: Option<DeniedSide>,
    /// What to do.
    pub hint: String,
    pub request_id: String,
}

impl From<Denial> for PermissionError {
    fn from(denial: Denial) -> Self {
        Self {
            hint: remedy(denial.side, denial.permission.as_deref(), denial.login.as_deref()),
            id: denial.id,
            time: denial.time,
            client_id: denial.client_id,
            client_name: denial.client_name,
            login: denial.login,
            tool: denial.tool,
            permission: denial.permission,
            side: denial.side,
            request_id: denial.request_id,
        }
    }
}

/// What to do when a page has no denied call: it may go on, or the filter may leave out what there is.
pub fn hint(filter: &DenialFilter, has_more: bool) -> &'static str {
    let window = &filter.window;
    if has_more {
        "none so far; call again with `cursor` to look further back"
    } else if filter.client_id.is_some() || window.since.is_some() || window.until.is_some() {
        "no denied call matches; drop `clientId`, `since` or `until`"
    } else {
        "no call was denied; list_audit_log_entries has all calls"
    }
}

fn remedy(side: Option<DeniedSide>, permission: Option<&str>, login: Option<&str>) -> String {
    let Some(permission) = permission else {
        return "the tool itself refused; its policy row or its author says why".to_owned();
    };
    let user = login.unwrap_or("the user");
    match side {
        Some(DeniedSide::Role) => {
            format!("the role of {user} did not have `{permission}`; an admin can change the role")
        }
        Some(DeniedSide::Scope) => {
            format!("the client was not granted `{permission}`; {user} can connect it again and tick this scope")
        }
        None => format!("`{permission}` must be in the role of {user} and among the client's scopes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sdk::capability::types::TimeWindow;

    #[test]
    fn nobody_is_told_that_all_is_well_because_of_a_filter() {
        let filter = |client: Option<&str>, until: Option<&str>| DenialFilter {
            client_id: client.map(ToOwned::to_owned),
            window: TimeWindow { since: None, until: until.map(ToOwned::to_owned) },
        };
        assert!(hint(&filter(None, None), false).starts_with("no call was denied"));
        for filter in [filter(Some("cli_x"), None), filter(None, Some("2020-01-01"))] {
            assert!(hint(&filter, false).starts_with("no denied call matches; drop `clientId`"));
            assert!(hint(&filter, true).starts_with("none so far"));
        }
    }

    #[test]
    fn the_remedy_says_who_can_help() {
        for (side, expected) in [
            (Some(DeniedSide::Role), "the role of mia did not have `ws:x:read`; an admin can change the role"),
            (
                Some(DeniedSide::Scope),
                "the client was not granted `ws:x:read`; mia can connect it again and tick this scope",
            ),
            (None, "`ws:x:read` must be in the role of mia and among the client's scopes"),
        ] {
            assert_eq!(remedy(side, Some("ws:x:read"), Some("mia")), expected);
        }
        assert!(remedy(None, None, None).starts_with("the tool itself refused"));
    }
}
