//! `POST /api/v1/atmos/exec`: what a command did, from CLIs that are not released yet.
//!
//! The exit codes of the components count like those of [`super::update`], all or none; all else is accepted and not
//! kept.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::body::command_of;
use crate::app::App;
use crate::audit::Entry;
use crate::http::RequestId;
use crate::id::base62;
use crate::ingest::bearer::Uploader;
use crate::ingest::envelope::{self, IngestError};
use crate::ingest::fields::{name, number, optional_text};
use crate::store::audit_log::insert_entries;
use crate::store::ci::permissions::CiPermission;
use crate::store::ci::results::{Command, CommandApplied, CommandResults, InstanceResult, apply_command};

/// Components of one command at most: they are applied in one transaction, and other uploads wait for it.
const MAX_COMPONENTS: usize = 1_000;

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    execution_id: Value,
    #[serde(default)]
    command: Value,
    #[serde(default)]
    repo_owner: Value,
    #[serde(default)]
    repo_name: Value,
    #[serde(default)]
    git_sha: Value,
    /// Absent, an object, or the URL that [`exec_data`] gave.
    #[serde(default)]
    data: Value,
}

/// Takes the record of a command. The reply leaves when its results and their audit rows are committed.
#[tracing::instrument(name = "ingest.exec", skip_all, fields(workspace.id = uploader.scope.workspace_id()))]
pub(in crate::ingest) async fn exec(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    uploader: Uploader,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match receive(&app, &uploader, &request_id, body).await {
        Ok(summary) => envelope::success(request_id, summary),
        Err(error) => error.respond(request_id),
    }
}

/// Takes the data of a command whose record would be too large with it.
///
/// It is not kept, and its components count through their own results. The URL is for the record, which is
/// uploaded next and has it in place of the data.
#[tracing::instrument(name = "ingest.exec_data", skip_all, fields(workspace.id = uploader.scope.workspace_id()))]
pub(in crate::ingest) async fn exec_data(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    uploader: Uploader,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let parsed = body.map_err(IngestError::from).and_then(|body| {
        let body: Value = serde_json::from_slice(&body).map_err(|error| IngestError::InvalidJson(error.to_string()))?;
        name("execution_id", body.get("execution_id").cloned().unwrap_or_default())
    });
    match parsed {
        Ok(_) => {
            let url = app.config.public_url.join(&format!("/api/v1/atmos/exec/data/{request_id}"));
            envelope::success_in_both_places(request_id, Map::from_iter([("url".to_owned(), url.into())]))
        }
        Err(error) => error.respond(request_id),
    }
}

async fn receive(
    app: &App,
    uploader: &Uploader,
    request_id: &str,
    body: Result<Bytes, BytesRejection>,
) -> Result<Map<String, Value>, IngestError> {
    let Some(command) = parse(&body?)? else { return Ok(summarize(0, false)) };
    let (owner, repo) = (command.repository.0.as_str(), command.repository.1.as_str());
    uploader.require(CiPermission::InstancesUpdate)?;
    uploader.require_repository(owner, repo)?;
    let now = app.clock.now();
    let mut tx = app.store.write.begin().await?;
    let applied = apply_command(&mut tx, &uploader.upload(app, now), &command).await?;
    let applied = match applied.ok_or_else(|| IngestError::UnknownRepository(format!("{owner}/{repo}")))? {
        CommandApplied::Now(applied) => applied,
        CommandApplied::Before => return Ok(summarize(0, true)),
    };
    let pairs = command.results.iter().zip(&applied);
    let entries: Vec<Entry> =
        pairs.map(|pair| super::entry(uploader, (now, request_id), (owner, repo), pair)).collect();
    insert_entries(&mut tx, &app.entropy, &entries.iter().collect::<Vec<_>>()).await?;
    tx.commit().await?;
    Ok(summarize(applied.len(), false))
}

fn summarize(applied: usize, is_replay: bool) -> Map<String, Value> {
    Map::from_iter([("applied".to_owned(), applied.into()), ("replayed".to_owned(), is_replay.into())])
}

/// None if the command leaves no results: another than plan and apply, or none that has data.
fn parse(text: &[u8]) -> Result<Option<CommandResults>, IngestError> {
    let body: Body = serde_json::from_slice(text).map_err(|error| IngestError::InvalidJson(error.to_string()))?;
    // `terraform plan` or `atmos terraform plan`.
    let mut words = body.command.as_str().unwrap_or_default().split_whitespace();
    let Some(command) = words.find_map(command_of) else { return Ok(None) };
    let components = body.data.get("components").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match components.len() {
        0 => return Ok(None),
        1..=MAX_COMPONENTS => {}
        count => {
            let problem =
                format!("`data.components` has {count} components, and must not have more than {MAX_COMPONENTS}");
            return Err(IngestError::InvalidField(problem));
        }
    }
    let sha = optional_text(body.git_sha);
    let numbered = components.iter().enumerate();
    let results = numbered.map(|(index, component)| read(index, component, command, sha.clone()));
    let results = results.collect::<Result<_, _>>()?;
    Ok(Some(CommandResults {
        repository: (name("repo_owner", body.repo_owner)?, name("repo_name", body.repo_name)?),
        // The CLI repeats a request with the same body; without the id, two commands may have the same, too.
        upload_id: optional_text(body.execution_id).map(|_| base62(&Sha256::digest(text), 43)),
        results,
    }))
}

fn read(index: usize, component: &Value, command: Command, sha: Option<String>) -> Result<InstanceResult, IngestError> {
    let place = |field: &str| format!("data.components[{index}].{field}");
    let value = |field: &str| component.get(field).cloned().unwrap_or_default();
    let exit_code = number(&place("exit_code"), &value("exit_code"))?;
    Ok(InstanceResult {
        component: name(place("component"), value("component"))?,
        stack: name(place("stack"), value("stack"))?,
        component_type: optional_text(value("component_type")),
        command,
        exit_code: exit_code
            .ok_or_else(|| IngestError::InvalidField(format!("`{}` is missing", place("exit_code"))))?,
        last_run: None,
        sha,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(command: &str, data: &Value) -> Option<Vec<(String, Command, i64)>> {
        let body = json!({ "command": command, "repo_owner": "org", "repo_name": "repo", "data": data });
        let results = parse(body.to_string().as_bytes()).unwrap()?.results;
        Some(results.into_iter().map(|result| (result.component, result.command, result.exit_code)).collect())
    }

    #[test]
    fn only_plans_and_applies_with_components_leave_results() {
        let data = json!({ "version": 1, "components": [{ "component": "vpc", "stack": "dev", "exit_code": 2 }] });
        assert_eq!(read("terraform plan", &data), Some(vec![("vpc".to_owned(), Command::Plan, 2)]));
        assert_eq!(read("atmos terraform deploy", &data), Some(vec![("vpc".to_owned(), Command::Apply, 2)]));
        for (command, data) in [
            ("atmos list components", data),
            ("terraform plan", json!(null)),
            ("terraform plan", json!("https://atmos.example/data")),
            ("terraform plan", json!({ "version": 1, "instances": [] })),
            ("terraform plan", json!({ "warnings": ["deprecated"] })),
        ] {
            assert_eq!(read(command, &data), None, "{command} {data}");
        }
    }

    #[test]
    fn a_record_is_known_again_by_its_id_and_all_that_it_says() {
        let id = |execution: Value, exit_code: i64| {
            let data = json!({ "components": [{ "component": "vpc", "stack": "dev", "exit_code": exit_code }] });
            let body = json!({
                "execution_id": execution, "command": "plan", "repo_owner": "org", "repo_name": "repo", "data": data,
            });
            parse(body.to_string().as_bytes()).unwrap().unwrap().upload_id
        };
        assert_eq!(id(json!("1"), 0), id(json!("1"), 0));
        assert_ne!(id(json!("1"), 0), id(json!("1"), 2));
        assert_ne!(id(json!("1"), 0), id(json!("2"), 0));
        assert_eq!(id(json!(null), 0), None);
    }

    #[test]
    fn a_component_without_an_exit_code_is_refused() {
        let body = json!({ "command": "plan", "data": { "components": [{ "component": "vpc", "stack": "dev" }] } });
        let refused = parse(body.to_string().as_bytes()).err().unwrap();
        assert_eq!(refused.to_string(), "`data.components[0].exit_code` is missing");
    }
}
