//! `audit-log`: who did what in the workspace, and how it ended.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::bindings::atmos::mcp::audit_log::{
    Actor, ActorType, Entry, EntryDetails, EntryFilter, EntryPage, Host, Outcome, Target, ToolUse,
};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::{CallState, page};
use super::text;
use super::wire::{self, Word as _};
use crate::authz::Permission;
use crate::store::StoreError;
use crate::store::audit_entries::{self, EntryRow};

const PERMISSION: Option<Permission> = Some(Permission::AuditLogRead);

/// Bytes of metadata above which a list leaves it out: a caller chooses its arguments, and with them what the next
/// reader of the log has to carry.
const MAX_LISTED_METADATA: usize = 4 << 10;

/// Characters of a text to look for.
const MAX_QUERY: usize = 200;

impl Host for CallState {
    async fn list_entries(
        &mut self,
        filter: EntryFilter,
        request: PageRequest,
    ) -> wasmtime::Result<Result<EntryPage, CapabilityError>> {
        Ok(list_entries(self, &filter, &request).await)
    }

    async fn get_entry(&mut self, id: String) -> wasmtime::Result<Result<Option<EntryDetails>, CapabilityError>> {
        Ok(get_entry(self, &id).await)
    }
}

async fn list_entries(
    state: &mut CallState,
    filter: &EntryFilter,
    request: &PageRequest,
) -> Result<EntryPage, CapabilityError> {
    state.enter(PERMISSION)?;
    let actor = match filter.actor.as_deref() {
        Some(actor) => {
            let user = audit_entries::find_actor(&state.context.reader, state.scope(), actor).await?;
            Some(user.unwrap_or_else(|| actor.to_owned()))
        }
        None => None,
    };
    let wanted = audit_entries::EntryFilter {
        categories: filter.categories.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect(),
        excluded_category: filter.excluded_category.as_deref(),
        action: filter.action.as_deref(),
        actor_type: filter.actor_type.map(ActorType::word),
        actor_id: actor.as_deref(),
        client_id: None,
        target_type: filter.target_type.as_deref(),
        target_id: filter.target_id.as_deref(),
        outcomes: wire::words(&filter.outcomes),
        window: wire::window(&filter.window)?,
        query: query(filter.query.as_deref())?,
    };
    let cursors = state.cursor_context("audit_log.list", format!("{wanted:?}"));
    let page = page(&cursors, request)?;
    let found = audit_entries::list_entries(&state.context.reader, state.scope(), &wanted, &page).await?;
    let next_cursor = found.next.map(|last| cursors.encode(&last));
    state.charge_rows(found.rows.len())?;
    let items = found.rows.into_iter().map(listed).collect::<Result<_, _>>()?;
    Ok(EntryPage { items, next_cursor, cut_short: found.is_cut_short })
}

async fn get_entry(state: &mut CallState, id: &str) -> Result<Option<EntryDetails>, CapabilityError> {
    state.enter(PERMISSION)?;
    let row = audit_entries::find_entry(&state.context.reader, state.scope(), id).await?;
    let Some(mut row) = row else { return Ok(None) };
    state.charge_rows(1)?;
    let (grant_id, component_digest) = (row.grant_id.take(), row.component_digest.take());
    let used = tool_use(&row);
    let metadata = metadata(row.metadata.as_deref());
    Ok(Some(EntryDetails {
        entry: entry(row, metadata)?,
        grant_id,
        component_digest: component_digest.filter(|digest| !digest.is_empty()),
        used,
    }))
}

fn query(text: Option<&str>) -> Result<Option<&str>, CapabilityError> {
    let Some(text) = text else { return Ok(None) };
    let length = text.chars().count();
    if (1..=MAX_QUERY).contains(&length) {
        return Ok(Some(text));
    }
    Err(CapabilityError::InvalidArgument(format!("`query` must have 1 to {MAX_QUERY} characters (got {length})")))
}

fn listed(row: EntryRow) -> Result<Entry, StoreError> {
    let bytes = row.metadata.as_ref().map_or(0, String::len);
    let metadata = if bytes > MAX_LISTED_METADATA {
        json!({ "omittedBytes": bytes }).to_string()
    } else {
        metadata(row.metadata.as_deref())
    };
    entry(row, metadata)
}

fn entry(row: EntryRow, metadata: String) -> Result<Entry, StoreError> {
    let clean = |text: String| text::clean_line(&text);
    let target_id = row.target_id.map(clean);
    Ok(Entry {
        time: wire::time(row.at),
        category: row.category,
        action: row.action,
        actor: Actor {
            kind: ActorType::read(&row.actor_type, &row.id)?,
            id: row.actor_id.map(clean),
            login: row.login,
            client_id: row.client_id,
            client_name: row.client_name.map(clean),
        },
        tool: target_id.clone().filter(|_| row.target_type.as_deref() == Some("tool")),
        target: row.target_type.zip(target_id).map(|(kind, id)| Target { kind, id }),
        outcome: Outcome::read(&row.outcome, &row.id)?,
        description: row.detail.map(clean),
        metadata,
        request_id: row.request_id,
        duration_ms: row.duration_micros.map(|micros| wire::count(micros / 1_000)),
        id: row.id,
    })
}

/// The metadata as JSON object, with its texts cleaned; an empty one if there is none.
fn metadata(json: Option<&str>) -> String {
    match json.and_then(|json| serde_json::from_str::<Value>(json).ok()) {
        Some(object @ Value::Object(_)) => clean_texts(object).to_string(),
        Some(_) | None => "{}".to_owned(),
    }
}

fn clean_texts(value: Value) -> Value {
    match value {
        Value::String(text) => text::clean(&text).into(),
        Value::Array(items) => items.into_iter().map(clean_texts).collect(),
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, value)| (text::clean_line(&name), clean_texts(value))).collect(),
        ),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}

fn tool_use(row: &EntryRow) -> Option<ToolUse> {
    Some(ToolUse {
        fuel: u64::try_from(row.fuel?).unwrap_or(0),
        host_calls: wire::count(row.host_calls?),
        rows_read: wire::count(row.rows_read?),
        result_bytes: wire::count(row.result_bytes?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_an_object_whatever_was_stored() {
        for (stored, shown) in [
            (Some(r#"{"stack":"dev"}"#), r#"{"stack":"dev"}"#),
            (Some("null"), "{}"),
            (Some("[1]"), "{}"),
            (Some("{"), "{}"),
            (None, "{}"),
        ] {
            assert_eq!(metadata(stored), shown, "{stored:?}");
        }
    }

    #[test]
    fn texts_in_metadata_are_cleaned_at_any_depth() {
        let stored = json!({ "a\u{200b}": ["\u{1b}[31mred\u{1b}[0m", { "b": "x\u{202e}y\nz" }], "n": 1 }).to_string();
        let shown: Value = serde_json::from_str(&metadata(Some(&stored))).unwrap();
        assert_eq!(shown, json!({ "a": ["red", { "b": "xy\nz" }], "n": 1 }));
    }

    #[test]
    fn a_query_has_a_length() {
        assert!(query(Some("")).is_err() && query(Some(&"x".repeat(201))).is_err());
        assert_eq!(query(Some("dev")).unwrap(), Some("dev"));
    }
}
