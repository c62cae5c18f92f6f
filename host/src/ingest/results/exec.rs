//! `POST /api/v1/atmos/exec`: what a command did, from CLIs that are not released yet.
//!
//! The exit codes of the components count like those of [`super::update`]; all else is accepted and not kept.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::body::command_of;
use crate::app::App;
use crate::http::RequestId;
use crate::ingest::bearer::Uploader;
use crate::ingest::envelope::{self, IngestError};
use crate::ingest::fields::{name, number, optional_text};
use crate::store::ci::results::{Command, InstanceResult};

#[derive(Deserialize)]
struct Body {
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

/// The results of a command, and of which repository they are.
struct Results {
    repository: (String, String),
    results: Vec<InstanceResult>,
}

/// Takes the record of a command.
#[tracing::instrument(name = "ingest.exec", skip_all, fields(workspace.id = uploader.scope.workspace_id()))]
pub(in crate::ingest) async fn exec(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    uploader: Uploader,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match receive(&app, &uploader, &request_id, body).await {
        Ok(applied) => envelope::success(request_id, Map::from_iter([("applied".to_owned(), applied.into())])),
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
) -> Result<usize, IngestError> {
    let Some(Results { repository: (owner, repo), results }) = parse(&body?)? else { return Ok(0) };
    let count = results.len();
    for result in results {
        super::apply(app, uploader, request_id, (&owner, &repo), result).await?;
    }
    Ok(count)
}

/// None if the command leaves no results: another than plan and apply, or none that has data.
fn parse(body: &[u8]) -> Result<Option<Results>, IngestError> {
    let body: Body = serde_json::from_slice(body).map_err(|error| IngestError::InvalidJson(error.to_string()))?;
    // `terraform plan` or `atmos terraform plan`.
    let mut words = body.command.as_str().unwrap_or_default().split_whitespace();
    let Some(command) = words.find_map(command_of) else { return Ok(None) };
    let components = body.data.get("components").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if components.is_empty() {
        return Ok(None);
    }
    let sha = optional_text(body.git_sha);
    let numbered = components.iter().enumerate();
    let results = numbered.map(|(index, component)| read(index, component, command, sha.clone()));
    let results = results.collect::<Result<_, _>>()?;
    Ok(Some(Results {
        repository: (name("repo_owner", body.repo_owner)?, name("repo_name", body.repo_name)?),
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
    fn a_component_without_an_exit_code_is_refused() {
        let body = json!({ "command": "plan", "data": { "components": [{ "component": "vpc", "stack": "dev" }] } });
        let refused = parse(body.to_string().as_bytes()).err().unwrap();
        assert_eq!(refused.to_string(), "`data.components[0].exit_code` is missing");
    }
}
