//! `PATCH /api/v1/repos/{owner}/{repo}/instances`: the result of a plan or apply, from
//! `atmos terraform … --upload-status`.

mod body;
mod exec;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use serde_json::{Map, Value};

use super::bearer::Uploader;
use super::envelope::{self, IngestError};
use super::fields::query_name;
use crate::app::App;
use crate::audit::Entry;
use crate::clock::Timestamp;
use crate::http::RequestId;
use crate::store::audit_log::insert_entries;
use crate::store::ci::permissions::CiPermission;
use crate::store::ci::results::{Applied, InstanceResult, apply_result};

pub(super) use exec::{exec, exec_data};

/// Takes the result of the instance that the query names.
#[tracing::instrument(name = "ingest.result", skip_all, fields(workspace.id = uploader.scope.workspace_id()))]
pub(super) async fn update(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    uploader: Uploader,
    path: Result<Path<(String, String)>, PathRejection>,
    uri: Uri,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let parsed = path.map_err(IngestError::from).and_then(|Path((owner, repo))| {
        let (stack, component) = (query_name(&uri, "stack")?, query_name(&uri, "component")?);
        Ok(((owner, repo), body::parse(&body?, stack, component)?))
    });
    respond(&app, &uploader, request_id, parsed).await
}

/// `PATCH /api/v1/repos/{owner}/{repo}/instances/{stack}/{component}`: the same of CLIs before October 2025.
#[tracing::instrument(name = "ingest.result_by_path", skip_all, fields(workspace.id = uploader.scope.workspace_id()))]
pub(super) async fn update_by_path(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    uploader: Uploader,
    path: Result<Path<(String, String, String, String)>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let parsed = path
        .map_err(IngestError::from)
        .and_then(|Path((owner, repo, stack, component))| Ok(((owner, repo), body::parse(&body?, stack, component)?)));
    respond(&app, &uploader, request_id, parsed).await
}

async fn respond(
    app: &App,
    uploader: &Uploader,
    request_id: String,
    parsed: Result<((String, String), InstanceResult), IngestError>,
) -> Response {
    let applied = async {
        let ((owner, repo), result) = parsed?;
        apply(app, uploader, &request_id, (&owner, &repo), result).await
    };
    match applied.await {
        Ok(summary) => envelope::success(request_id, summary),
        Err(error) => error.respond(request_id),
    }
}

/// Applies one result, and notes it, in one transaction.
async fn apply(
    app: &App,
    uploader: &Uploader,
    request_id: &str,
    (owner, repo): (&str, &str),
    result: InstanceResult,
) -> Result<Map<String, Value>, IngestError> {
    uploader.require(CiPermission::InstancesUpdate)?;
    uploader.require_repository(owner, repo)?;
    let now = app.clock.now();
    let mut tx = app.store.write.begin().await?;
    let applied = apply_result(&mut tx, &uploader.upload(app, now), (owner, repo), &result).await?;
    let applied = applied.ok_or_else(|| IngestError::UnknownRepository(format!("{owner}/{repo}")))?;
    let entry = entry(uploader, (now, request_id), (owner, repo), (&result, &applied));
    insert_entries(&mut tx, &app.entropy, &[&entry]).await?;
    tx.commit().await?;
    Ok(summarize(&result, &applied))
}

/// The audit row of a result.
fn entry(
    uploader: &Uploader,
    (now, request_id): (Timestamp, &str),
    (owner, repo): (&str, &str),
    (result, applied): (&InstanceResult, &Applied),
) -> Entry {
    let mut metadata = summarize(result, applied);
    metadata.insert("repository".to_owned(), format!("{owner}/{repo}").into());
    Entry::new(now, uploader.actor(), ("instance", "drift_status_updated"), request_id)
        .with_workspace(uploader.scope.workspace_id())
        .with_target("instance", applied.instance_id.as_str())
        .with_metadata(&Value::Object(metadata))
}

/// What the reply tells, and the audit row too.
fn summarize(result: &InstanceResult, applied: &Applied) -> Map<String, Value> {
    Map::from_iter([
        ("instanceId".to_owned(), applied.instance_id.as_str().into()),
        ("runId".to_owned(), applied.run_id.as_str().into()),
        ("stack".to_owned(), result.stack.as_str().into()),
        ("component".to_owned(), result.component.as_str().into()),
        ("command".to_owned(), applied.command.into()),
        ("trigger".to_owned(), applied.trigger.into()),
        ("exitCode".to_owned(), result.exit_code.into()),
        ("from".to_owned(), applied.from.clone().into()),
        ("status".to_owned(), applied.to.as_str().into()),
        ("late".to_owned(), applied.is_late.into()),
    ])
}
