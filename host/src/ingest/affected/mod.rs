//! `POST /api/v1/affected-stacks`: what a commit affects, from `atmos describe affected --upload`.

mod body;

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use serde_json::{Map, Value};

use super::bearer::Uploader;
use super::envelope::{self, IngestError};
use super::fields::names;
use crate::app::App;
use crate::audit::Entry;
use crate::http::RequestId;
use crate::store::audit_log::insert_entries;
use crate::store::ci::affected::replace_affected;
use crate::store::ci::permissions::CiPermission;

/// Takes the comparison, or a chunk of it, with its audit row in one transaction. The reply leaves when that is
/// committed.
#[tracing::instrument(name = "ingest.affected", skip_all, fields(workspace.id = uploader.scope.workspace_id()))]
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
    uploader.require(CiPermission::AffectedStacksCreate)?;
    let affected = body::parse(&body?)?;
    uploader.require_repository(&affected.repository.owner, &affected.repository.name)?;
    let mut summary = Map::from_iter([
        ("repository".to_owned(), format!("{}/{}", affected.repository.owner, affected.repository.name).into()),
        ("headSha".to_owned(), affected.head_sha.as_str().into()),
        ("instances".to_owned(), affected.instances.len().into()),
    ]);
    let stacks: BTreeSet<String> = affected.instances.keys().map(|(stack, _)| stack.clone()).collect();
    let now = app.clock.now();
    let mut tx = app.store.write.begin().await?;
    let applied = replace_affected(&mut tx, &uploader.upload(app, now), affected).await?;
    summary.insert("replayed".to_owned(), applied.is_replay.into());
    let mut metadata = summary.clone();
    metadata.insert("stacks".to_owned(), names(stacks));
    let entry = Entry::new(now, uploader.actor(), ("instance", "affected_uploaded"), request_id)
        .with_workspace(uploader.scope.workspace_id())
        .with_target("repository", applied.repository_id)
        .with_metadata(&Value::Object(metadata));
    insert_entries(&mut tx, &app.entropy, &[&entry]).await?;
    tx.commit().await?;
    Ok(summary)
}
