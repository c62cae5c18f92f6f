//! The body of `POST /api/v1/affected-stacks`, read liberally. Pure.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Deserialize;
use serde_json::Value;

use crate::ingest::envelope::IngestError;
use crate::ingest::fields::{chunk, list_or_null, name, optional_text, repository};
use crate::store::ci::affected::{Affected, AffectedUpload};

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    repo_owner: Value,
    #[serde(default)]
    repo_name: Value,
    #[serde(default)]
    repo_host: Value,
    #[serde(default)]
    head_sha: Value,
    #[serde(default)]
    base_sha: Value,
    #[serde(default)]
    batch_id: Value,
    #[serde(default)]
    batch_index: Value,
    #[serde(default)]
    batch_total: Value,
    #[serde(deserialize_with = "list_or_null")]
    stacks: Vec<Item>,
}

/// An affected component, or one that depends on it. Settings are in the inventory and not read here.
#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    component: Value,
    #[serde(default)]
    stack: Value,
    #[serde(default)]
    deleted: Value,
    #[serde(default)]
    deletion_type: Value,
    #[serde(default)]
    included_in_dependents: Value,
    #[serde(default, deserialize_with = "list_or_null")]
    dependents: Vec<Self>,
}

/// Reads the body of an upload. An empty list says that the commit affects nothing.
pub(super) fn parse(body: &[u8]) -> Result<AffectedUpload, IngestError> {
    let body: Body = serde_json::from_slice(body).map_err(|error| IngestError::InvalidJson(error.to_string()))?;
    Ok(AffectedUpload {
        repository: repository(body.repo_owner, body.repo_name, body.repo_host)?,
        head_sha: name("head_sha", body.head_sha)?,
        base_sha: optional_text(body.base_sha).unwrap_or_default(),
        chunk: chunk(body.batch_id, &body.batch_index, &body.batch_total)?,
        instances: flatten(body.stacks)?,
    })
}

/// The affected components and all that depend on them. What stands in its own right somewhere is no mere
/// dependent, wherever else it stands.
fn flatten(stacks: Vec<Item>) -> Result<BTreeMap<(String, String), Affected>, IngestError> {
    let mut instances = BTreeMap::new();
    let numbered = stacks.into_iter().enumerate();
    let mut waiting: Vec<(String, bool, Item)> =
        numbered.map(|(index, item)| (format!("stacks[{index}]"), false, item)).collect();
    while let Some((place, is_below, item)) = waiting.pop() {
        let component = name(format_args!("{place}.component"), item.component)?;
        let stack = name(format_args!("{place}.stack"), item.stack)?;
        let deletion_type = optional_text(item.deletion_type)
            .or_else(|| item.deleted.as_bool().filter(|deleted| *deleted).map(|_| "component".to_owned()));
        let is_dependent = is_below || item.included_in_dependents.as_bool().unwrap_or(false);
        merge(instances.entry((stack, component)), Affected { deletion_type, is_dependent });
        let below = item.dependents.into_iter().enumerate();
        waiting.extend(below.map(|(index, item)| (format!("{place}.dependents[{index}]"), true, item)));
    }
    Ok(instances)
}

fn merge(entry: Entry<'_, (String, String), Affected>, affected: Affected) {
    match entry {
        Entry::Vacant(vacant) => {
            vacant.insert(affected);
        }
        Entry::Occupied(mut occupied) => {
            let known = occupied.get_mut();
            known.is_dependent &= affected.is_dependent;
            if known.deletion_type.is_none() {
                known.deletion_type = affected.deletion_type;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(stacks: Value) -> Value {
        json!({
            "head_sha": "abc", "base_sha": "def", "repo_url": "git@github.com:org/repo.git", "repo_name": "repo",
            "repo_owner": "org", "repo_host": "github.com", "stacks": stacks,
        })
    }

    /// An item as the CLI strips it.
    fn item(component: &str, dependents: Value) -> Value {
        json!({
            "component": component, "component_type": "", "component_path": "", "stack": "dev", "stack_slug": "",
            "affected": "", "affected_all": null, "dependents": dependents, "included_in_dependents": false,
            "settings": null,
        })
    }

    fn read(stacks: Value) -> Vec<(String, bool, Option<String>)> {
        let upload = parse(body(stacks).to_string().as_bytes()).unwrap();
        let affected = upload.instances.into_iter();
        affected.map(|((_, component), it)| (component, it.is_dependent, it.deletion_type)).collect()
    }

    #[test]
    fn dependents_are_flattened_at_any_depth() {
        let stacks =
            json!([item("vpc", json!([item("eks", json!([item("app", json!([]))]))])), item("dns", json!(null))]);
        let expected = [("app", true), ("dns", false), ("eks", true), ("vpc", false)];
        assert_eq!(
            read(stacks),
            expected.map(|(component, is_dependent)| (component.to_owned(), is_dependent, None::<String>))
        );
    }

    #[test]
    fn what_stands_in_its_own_right_is_no_mere_dependent() {
        let own = |is_included: bool| {
            let mut eks = item("eks", json!([]));
            eks["included_in_dependents"] = json!(is_included);
            read(json!([item("vpc", json!([item("eks", json!([]))])), eks]))
        };
        assert_eq!(own(false).first(), Some(&("eks".to_owned(), false, None)));
        assert_eq!(own(true).first(), Some(&("eks".to_owned(), true, None)));
    }

    #[test]
    fn a_deletion_says_what_goes_away() {
        let mut gone = item("vpc", json!([]));
        gone["deleted"] = json!(true);
        assert_eq!(read(json!([gone])), [("vpc".to_owned(), false, Some("component".to_owned()))]);
        gone["deletion_type"] = json!("stack");
        assert_eq!(read(json!([gone])), [("vpc".to_owned(), false, Some("stack".to_owned()))]);
    }

    #[test]
    fn an_empty_list_is_fine_and_a_refusal_names_the_field() {
        assert!(read(json!([])).is_empty());
        assert!(read(json!(null)).is_empty());
        let refusal = |stacks: Value| parse(body(stacks).to_string().as_bytes()).unwrap_err().to_string();
        assert_eq!(
            refusal(json!([item("vpc", json!([{ "component": "eks" }]))])),
            "`stacks[0].dependents[0].stack` is missing"
        );
        let mut headless = body(json!([]));
        headless["head_sha"] = json!("");
        assert_eq!(parse(headless.to_string().as_bytes()).unwrap_err().to_string(), "`head_sha` must not be empty");
    }
}
