//! Audit log tools: who did what.

use schemars::JsonSchema;
use sdk::capability::audit_log::{self, ActorType, EntryFilter, Outcome, ToolUse};
use sdk::listing::Listing;
use serde::Serialize;
use serde_json::{Map, Value};

/// One entry.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    pub id: String,
    pub time: String,
    /// For example `instance`, `workflow`, `lock`, `auth`, `mcp`.
    pub category: String,
    /// For example `drift_status_updated` or `tool_called`.
    pub action: String,
    pub actor: Actor,
    pub target: Option<Target>,
    pub outcome: Outcome,
    /// Why it did not end well: a permission key or a class of error.
    pub description: Option<String>,
    /// The tool, if it was a call.
    pub tool: Option<String>,
    /// The arguments of a call, redacted, or facts about the event.
    pub metadata: Map<String, Value>,
    pub request_id: String,
    pub duration_ms: Option<u32>,
}

/// Who did it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    #[serde(rename = "type")]
    pub kind: ActorType,
    pub id: Option<String>,
    /// GitHub login of the user who acted, or for whom the client did.
    pub login: Option<String>,
    pub client_id: Option<String>,
    pub client_name: Option<String>,
}

/// What it was done to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Target {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
}

/// One entry with what lists leave out.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntryDetails {
    #[serde(flatten)]
    pub entry: AuditEntry,
    /// The user's consent for the client.
    pub grant_id: Option<String>,
    /// SHA-256 of the tool's component.
    pub component_digest: Option<String>,
    /// What the call used.
    pub used: Option<ToolUse>,
}

impl From<audit_log::Entry> for AuditEntry {
    fn from(entry: audit_log::Entry) -> Self {
        Self {
            id: entry.id,
            time: entry.time,
            category: entry.category,
            action: entry.action,
            actor: Actor {
                kind: entry.actor.kind,
                id: entry.actor.id,
                login: entry.actor.login,
                client_id: entry.actor.client_id,
                client_name: entry.actor.client_name,
            },
            target: entry.target.map(|target| Target { kind: target.kind, id: target.id }),
            outcome: entry.outcome,
            description: entry.description,
            tool: entry.tool,
            // The host gives an object.
            metadata: serde_json::from_str(&entry.metadata).unwrap_or_default(),
            request_id: entry.request_id,
            duration_ms: entry.duration_ms,
        }
    }
}

impl From<audit_log::EntryDetails> for AuditEntryDetails {
    fn from(details: audit_log::EntryDetails) -> Self {
        Self {
            entry: details.entry.into(),
            grant_id: details.grant_id,
            component_digest: details.component_digest,
            used: details.used,
        }
    }
}

/// What the hint about an empty page names; the words of `docs/audit-log.md`.
const CATEGORIES: [&str; 13] = [
    "auth",
    "badge_token",
    "entitlement",
    "github",
    "instance",
    "lock",
    CALLS,
    "permission",
    "pull_request",
    "team_member",
    "workflow",
    "workspace",
    "workspace_token",
];

/// The category of what MCP clients do.
const CALLS: &str = "mcp";

/// Categories and action of the arguments: `action` may name its category, as `lock.created` does. An error if
/// `category` then says something else.
pub fn split_action(categories: Vec<String>, action: Option<String>) -> Result<(Vec<String>, Option<String>), String> {
    let Some((named, rest)) = action.as_deref().and_then(|action| action.split_once('.')) else {
        return Ok((categories, action));
    };
    if !categories.is_empty() && !categories.iter().any(|category| category == named) {
        return Err(format!(
            "`action` is of category `{named}`, but `category` is `{}`; leave out one of them",
            categories.join("`, `")
        ));
    }
    Ok((vec![named.to_owned()], Some(rest.to_owned())))
}

/// The category that the filter leaves out. Whoever looks for a text asks what happened to a stack or component, and
/// agents that asked about it before would hide that; so their calls come only if the filter speaks of calls.
pub fn excluded(filter: &EntryFilter) -> Option<&'static str> {
    let is_of_calls = !filter.categories.is_empty()
        || filter.action.is_some()
        || filter.target_type.is_some()
        || filter.target_id.is_some()
        || filter.actor_type == Some(ActorType::McpClient)
        || filter.outcomes.iter().any(|outcome| *outcome != Outcome::Ok);
    (filter.query.is_some() && !is_of_calls).then_some(CALLS)
}

/// Says what to do about a page that is empty, or short because the search stopped.
pub fn explain(mut page: Listing<AuditEntry>, cut_short: bool, without_calls: bool) -> Listing<AuditEntry> {
    if cut_short && page.next_cursor.is_some() {
        let hint = "20,000 entries were looked at and the page is not full; call again with `cursor` to look further \
                    back, or narrow `since`, `category` or `targetId`";
        page.hint = Some(hint.to_owned());
        return page;
    }
    page.or_hint(|| {
        let calls = if without_calls { "; `category: \"mcp\"` looks through the calls of MCP clients" } else { "" };
        format!(
            "no entry matches{calls}; categories are {}; `query` takes a stack or component as list_stacks or \
             list_components names it",
            CATEGORIES.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sdk::capability::types::TimeWindow;

    fn split(categories: &[&str], action: Option<&str>) -> Result<(Vec<String>, Option<String>), String> {
        split_action(categories.iter().map(|name| (*name).to_owned()).collect(), action.map(ToOwned::to_owned))
    }

    fn pair(category: &str, action: Option<&str>) -> (Vec<String>, Option<String>) {
        (vec![category.to_owned()], action.map(ToOwned::to_owned))
    }

    #[test]
    fn an_action_may_name_its_category() {
        assert_eq!(split(&[], Some("lock.created")), Ok(pair("lock", Some("created"))));
        assert_eq!(split(&["lock"], Some("lock.created")), Ok(pair("lock", Some("created"))));
        assert_eq!(split(&["auth", "lock"], Some("lock.created")), Ok(pair("lock", Some("created"))));
        assert_eq!(split(&["lock"], Some("created")), Ok(pair("lock", Some("created"))));
        assert_eq!(split(&["lock"], None), Ok(pair("lock", None)));
        assert_eq!(
            split(&["auth", "mcp"], Some("lock.created")),
            Err("`action` is of category `lock`, but `category` is `auth`, `mcp`; leave out one of them".to_owned())
        );
    }

    fn of_query() -> EntryFilter {
        EntryFilter {
            categories: vec![],
            excluded_category: None,
            action: None,
            actor_type: None,
            actor: Some("mia".to_owned()),
            target_type: None,
            target_id: None,
            outcomes: vec![Outcome::Ok],
            window: TimeWindow { since: None, until: None },
            query: Some("dev".to_owned()),
        }
    }

    #[test]
    fn a_text_is_not_looked_for_in_calls_unless_the_filter_speaks_of_them() {
        assert_eq!(excluded(&of_query()), Some("mcp"));
        let some = || Some("x".to_owned());
        for filter in [
            EntryFilter { query: None, ..of_query() },
            EntryFilter { categories: vec!["lock".to_owned()], ..of_query() },
            EntryFilter { action: some(), ..of_query() },
            EntryFilter { target_type: some(), ..of_query() },
            EntryFilter { target_id: some(), ..of_query() },
            EntryFilter { actor_type: Some(ActorType::McpClient), ..of_query() },
            EntryFilter { outcomes: vec![Outcome::Ok, Outcome::Denied], ..of_query() },
        ] {
            assert_eq!(excluded(&filter), None, "{filter:?}");
        }
    }

    fn empty(next_cursor: Option<&str>) -> Listing<AuditEntry> {
        Listing { items: Vec::new(), next_cursor: next_cursor.map(ToOwned::to_owned), truncated: None, hint: None }
    }

    #[test]
    fn a_search_that_stopped_says_how_to_go_on() {
        let stopped = explain(empty(Some("next")), true, true).hint.unwrap_or_default();
        assert!(stopped.contains("call again with `cursor`"), "{stopped}");
        let nothing = explain(empty(None), false, false).hint.unwrap_or_default();
        assert!(nothing.starts_with("no entry matches; categories are"), "{nothing}");
        let left_out = explain(empty(None), false, true).hint.unwrap_or_default();
        assert!(left_out.starts_with("no entry matches; `category: \"mcp\"` looks through"), "{left_out}");
    }
}
