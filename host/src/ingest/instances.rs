//! `POST /api/v1/instances`: the inventory of a repository, from `atmos list instances --upload`.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use serde_json::{Map, Value};

use super::bearer::Uploader;
use super::envelope::{self, IngestError};
use super::fields::names;
use super::upload::parse;
use crate::app::App;
use crate::audit::Entry;
use crate::http::RequestId;
use crate::store::audit_log::insert_entries;
use crate::store::ci::permissions::CiPermission;
use crate::store::inventory::{self, Applied};

/// Takes the inventory, or a chunk of it, with its audit row in one transaction. The reply leaves when that is
/// committed.
#[tracing::instrument(name = "ingest.instances", skip_all, fields(workspace.id = uploader.scope.workspace_id()))]
pub(super) async fn upload(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    uploader: Uploader,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let result = receive(&app, &uploader, &request_id, body).await;
    envelope::reply(request_id, result)
}

async fn receive(
    app: &App,
    uploader: &Uploader,
    request_id: &str,
    body: Result<Bytes, BytesRejection>,
) -> Result<Map<String, Value>, IngestError> {
    uploader.require(CiPermission::InstancesCreate)?;
    let upload = parse(&body?)?;
    uploader.require_repository(&upload.repository.owner, &upload.repository.name)?;
    let repository = format!("{}/{}", upload.repository.owner, upload.repository.name);
    let received = upload.instances.len();
    let now = app.clock.now();
    let mut tx = app.store.write.begin().await?;
    let applied = inventory::upload_instances(&mut tx, &uploader.scope, upload, now, &app.entropy).await?;
    let summary = summarize(repository, received, &applied);
    let mut metadata = summary.clone();
    metadata.insert("changedStacks".to_owned(), names(applied.changed_stacks));
    let entry = Entry::new(now, uploader.actor(), ("instance", "inventory_uploaded"), request_id)
        .with_workspace(uploader.scope.workspace_id())
        .with_target("repository", applied.repository_id)
        .with_metadata(&Value::Object(metadata));
    insert_entries(&mut tx, &app.entropy, &[&entry]).await?;
    tx.commit().await?;
    Ok(summary)
}

/// What the reply tells, and the audit row too.
fn summarize(repository: String, received: usize, applied: &Applied) -> Map<String, Value> {
    Map::from_iter([
        ("repository".to_owned(), repository.into()),
        ("instances".to_owned(), received.into()),
        ("created".to_owned(), applied.created.into()),
        ("statusChanges".to_owned(), applied.status_changes.into()),
        ("orphaned".to_owned(), applied.orphaned.into()),
        ("complete".to_owned(), applied.is_complete.into()),
        ("replayed".to_owned(), applied.is_replay.into()),
    ])
}
