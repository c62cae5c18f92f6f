//! The body of `POST /api/v1/instances`, read liberally: unknown fields are ignored, and only what is used
//! is checked. Pure.

use serde::Deserialize;
use serde_json::Value;

use super::envelope::IngestError;
use super::fields::{chunk, list_or_null, name, optional_text, repository};
use super::settings::ProSettings;
use crate::store::inventory::{Upload, UploadedInstance};

/// Drift problems that a refusal lists.
const MAX_PROBLEMS: usize = 50;

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    repo_owner: Value,
    #[serde(default)]
    repo_name: Value,
    #[serde(default)]
    repo_host: Value,
    #[serde(default)]
    batch_id: Value,
    #[serde(default)]
    batch_index: Value,
    #[serde(default)]
    batch_total: Value,
    #[serde(deserialize_with = "list_or_null")]
    instances: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    component: Value,
    #[serde(default)]
    stack: Value,
    #[serde(default)]
    component_type: Value,
    #[serde(default)]
    settings: Value,
}

/// Reads the body of an upload.
pub(super) fn parse(body: &[u8]) -> Result<Upload, IngestError> {
    let body: Body = serde_json::from_slice(body).map_err(|error| IngestError::InvalidJson(error.to_string()))?;
    let repository = repository(body.repo_owner, body.repo_name, body.repo_host)?;
    let chunk = chunk(body.batch_id, &body.batch_index, &body.batch_total)?;
    Ok(Upload { repository, chunk, instances: instances(body.instances)? })
}

fn instances(items: Vec<Item>) -> Result<Vec<UploadedInstance>, IngestError> {
    let mut instances = Vec::with_capacity(items.len());
    let (mut count, mut problems) = (0, Vec::new());
    for (index, item) in items.into_iter().enumerate() {
        let component = name(format_args!("instances[{index}].component"), item.component)?;
        let stack = name(format_args!("instances[{index}].stack"), item.stack)?;
        let pro = ProSettings::parse(&item.settings);
        count += usize::from(!pro.problems.is_empty());
        problems.extend(pro.problems.iter().map(|problem| format!("{component} in {stack}: {problem}")));
        let component_type = optional_text(item.component_type);
        instances.push(UploadedInstance { component, stack, component_type, flags: pro.flags, settings: pro.json });
    }
    if problems.is_empty() {
        return Ok(instances);
    }
    problems.truncate(MAX_PROBLEMS);
    Err(IngestError::DriftDetection { count, problems })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::inventory::{Chunk, Flags};
    use serde_json::json;

    fn refusal(body: &Value) -> String {
        parse(body.to_string().as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_example_of_the_contract_is_read() {
        let body = json!({
            "repo_url": "git@github.com:org/repo.git", "repo_name": "repo", "repo_owner": "org", "repo_host": "github.com",
            "instances": [
                { "component": "vpc", "stack": "dev-us-east-1", "component_type": "terraform", "future": {},
                  "settings": { "pro": { "drift_detection": { "enabled": true }, "enabled": true } } },
                { "component": "eks/cluster", "stack": "dev-us-east-1", "component_type": "" },
            ],
        });
        let upload = parse(body.to_string().as_bytes()).unwrap();
        let names =
            (upload.repository.owner.as_str(), upload.repository.name.as_str(), upload.repository.host.as_str());
        assert_eq!(names, ("org", "repo", "github.com"));
        assert_eq!(upload.chunk, None);
        let [vpc, eks] = upload.instances.as_slice() else { panic!("two instances") };
        assert_eq!(vpc.flags, Flags { enabled: true, drift_enabled: true });
        assert_eq!((eks.component.as_str(), &eks.component_type, &eks.settings), ("eks/cluster", &None, &None));
    }

    #[test]
    fn a_refusal_names_the_field() {
        let repo = json!({ "repo_owner": "org", "repo_name": "repo", "instances": null });
        assert!(parse(repo.to_string().as_bytes()).unwrap().instances.is_empty());
        let whole = json!({ "repo_owner": "org", "repo_name": "repo", "instances": [], "batch_id": "" });
        assert_eq!(parse(whole.to_string().as_bytes()).unwrap().chunk, None);
        for (field, value, text) in [
            ("repo_owner", json!(null), "`repo_owner` is missing"),
            ("repo_name", json!(5), "`repo_name` must be a string"),
            ("instances", json!([{ "stack": "dev" }]), "`instances[0].component` is missing"),
            ("instances", json!([{ "component": "vpc", "stack": "" }]), "`instances[0].stack` must not be empty"),
            ("batch_id", json!("b"), "`batch_total` is missing beside `batch_id`"),
        ] {
            let mut body = repo.clone();
            body[field] = value;
            assert_eq!(refusal(&body), text);
        }
        assert!(refusal(&json!({ "repo_owner": "org", "repo_name": "repo" })).contains("missing field `instances`"));
        assert!(parse(b"{").unwrap_err().to_string().starts_with("the body is not the JSON of an upload: "));
    }

    #[test]
    fn a_chunk_says_where_it_stands() {
        let body = |index: Value, total: Value| json!({ "repo_owner": "o", "repo_name": "r", "instances": [], "batch_id": "b", "batch_index": index, "batch_total": total });
        let upload = parse(body(json!(2), json!(3)).to_string().as_bytes()).unwrap();
        assert_eq!(upload.chunk, Some(Chunk { upload_id: "b".to_owned(), index: 2, total: 3 }));
        let first = parse(body(json!(null), json!(3)).to_string().as_bytes()).unwrap();
        assert_eq!(first.chunk.unwrap().index, 0);
        assert!(refusal(&body(json!(3), json!(3))).starts_with("`batch_index` is 3"));
        assert_eq!(refusal(&body(json!("2"), json!(3))), "`batch_index` must be an integer");
    }
}
