//! `POST` and `DELETE /api/v1/locks`: advisory locks, from `atmos pro lock` and `atmos pro unlock`.
//!
//! A lock has no owner: whoever may lock may unlock. The CLI goes by `success` and not by the status.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::bearer::Uploader;
use super::envelope::{self, IngestError};
use super::fields::{name, number};
use crate::app::App;
use crate::audit::Entry;
use crate::clock::Timestamp;
use crate::http::RequestId;
use crate::store::Tx;
use crate::store::audit_log::insert_entries;
use crate::store::ci::locks::{NewLock, delete_lock, insert_lock};
use crate::store::ci::permissions::CiPermission;

/// How long a lock holds that does not say so: the CLI's own default.
const DEFAULT_TTL: u64 = 30;

/// Characters of a lock's message that are kept. A longer one is cut and not refused: the lock counts more than its
/// words.
const MAX_MESSAGE: usize = 1_000;

#[derive(Deserialize)]
struct Body {
    /// `owner/repo/stack/component`, as the CLI builds it.
    #[serde(default)]
    key: Value,
    /// Seconds.
    #[serde(default)]
    ttl: Value,
    #[serde(default, rename = "lockMessage")]
    message: Value,
    /// The message, as the API before the CLI's names it.
    #[serde(default, rename = "message")]
    legacy_message: Value,
}

/// What is to be locked or unlocked.
struct Request {
    key: String,
    ttl: Duration,
    message: Option<String>,
}

/// Takes a lock.
#[tracing::instrument(name = "ingest.lock", skip_all, fields(workspace.id = uploader.scope.workspace_id()))]
pub(super) async fn lock(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    uploader: Uploader,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match take(&app, &uploader, &request_id, body).await {
        Ok(data) => envelope::success(request_id, data),
        Err(error) => error.respond(request_id),
    }
}

/// Gives a lock back, whoever took it.
#[tracing::instrument(name = "ingest.unlock", skip_all, fields(workspace.id = uploader.scope.workspace_id()))]
pub(super) async fn unlock(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    uploader: Uploader,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match give_back(&app, &uploader, &request_id, body).await {
        Ok(()) => envelope::success(request_id, Map::new()),
        Err(error) => error.respond(request_id),
    }
}

async fn take(
    app: &App,
    uploader: &Uploader,
    request_id: &str,
    body: Result<Bytes, BytesRejection>,
) -> Result<Map<String, Value>, IngestError> {
    let request = read(uploader, &body?)?;
    // The contract has times in whole seconds.
    let now = Timestamp::from_micros(app.clock.now().seconds().saturating_mul(1_000_000));
    let expires_at = now.plus(request.ttl);
    let id = app.entropy.id("lock", now);
    let new = NewLock { id: &id, key: &request.key, message: request.message.as_deref(), expires_at };
    let mut tx = app.store.write.begin().await?;
    if !insert_lock(&mut tx, &uploader.upload(app, now), &new).await? {
        return Err(IngestError::Locked);
    }
    let metadata = json!({ "key": request.key, "expiresAt": expires_at.to_string() });
    write_entry(&mut tx, (app, uploader, request_id), ("created", &id, &metadata)).await?;
    tx.commit().await?;
    // The CLI reads the times as Go does: a time or null, never an empty text.
    Ok(Map::from_iter([
        ("id".to_owned(), id.into()),
        ("workspaceId".to_owned(), uploader.scope.workspace_id().into()),
        ("key".to_owned(), request.key.into()),
        ("lockMessage".to_owned(), request.message.into()),
        ("expiresAt".to_owned(), expires_at.to_string().into()),
        ("createdAt".to_owned(), now.to_string().into()),
        ("updatedAt".to_owned(), now.to_string().into()),
        ("deletedAt".to_owned(), Value::Null),
    ]))
}

async fn give_back(
    app: &App,
    uploader: &Uploader,
    request_id: &str,
    body: Result<Bytes, BytesRejection>,
) -> Result<(), IngestError> {
    let request = read(uploader, &body?)?;
    let mut tx = app.store.write.begin().await?;
    let deleted = delete_lock(&mut tx, &uploader.upload(app, app.clock.now()), &request.key).await?;
    if let Some(id) = &deleted {
        let metadata = json!({ "key": request.key });
        write_entry(&mut tx, (app, uploader, request_id), ("deleted", id, &metadata)).await?;
    }
    tx.commit().await?;
    deleted.map(drop).ok_or(IngestError::NotLocked)
}

fn read(uploader: &Uploader, body: &[u8]) -> Result<Request, IngestError> {
    uploader.require(CiPermission::DeploymentsCreate)?;
    let request = parse(body)?;
    // Security: a session locks what is its repository's. A key that does not begin with a repository is no
    // instance's, and for static tokens alone.
    let mut parts = request.key.splitn(3, '/');
    let (owner, repo) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    uploader.require_repository(owner, repo)?;
    Ok(request)
}

fn parse(body: &[u8]) -> Result<Request, IngestError> {
    let body: Body = serde_json::from_slice(body).map_err(|error| IngestError::InvalidJson(error.to_string()))?;
    let ttl = match number("ttl", &body.ttl)? {
        None => DEFAULT_TTL,
        Some(ttl) => u64::try_from(ttl)
            .ok()
            .filter(|ttl| (1..=u64::from(u32::MAX)).contains(ttl))
            .ok_or_else(|| IngestError::InvalidField("`ttl` must be the seconds of the lock, 1 or more".to_owned()))?,
    };
    let message = message(&body.message).or_else(|| message(&body.legacy_message));
    Ok(Request { key: name("key", body.key)?, ttl: Duration::from_secs(ttl), message })
}

/// What is kept of a message; none if there is no text.
fn message(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    Some(text.chars().take(MAX_MESSAGE).collect())
}

async fn write_entry(
    tx: &mut Tx,
    (app, uploader, request_id): (&App, &Uploader, &str),
    (action, id, metadata): (&'static str, &str, &Value),
) -> Result<(), IngestError> {
    let entry = Entry::new(app.clock.now(), uploader.actor(), ("lock", action), request_id)
        .with_workspace(uploader.scope.workspace_id())
        .with_target("lock", id)
        .with_metadata(metadata);
    insert_entries(tx, &app.entropy, &[&entry]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ttl(body: &Value) -> Result<u64, String> {
        let request = parse(body.to_string().as_bytes()).map_err(|error| error.to_string())?;
        Ok(request.ttl.as_secs())
    }

    #[test]
    fn a_lock_holds_for_seconds() {
        assert_eq!(ttl(&json!({ "key": "o/r/dev/vpc" })), Ok(30));
        assert_eq!(ttl(&json!({ "key": "o/r/dev/vpc", "ttl": 3600 })), Ok(3600));
        for bad in [json!(0), json!(-1), json!(i64::MAX)] {
            assert!(ttl(&json!({ "key": "o/r/dev/vpc", "ttl": bad })).is_err());
        }
        assert_eq!(ttl(&json!({ "key": "" })), Err("`key` must not be empty".to_owned()));
    }

    #[test]
    fn a_message_has_either_name_and_is_cut() {
        let kept = |fields: Value| {
            let mut body = json!({ "key": "o/r/dev/vpc" });
            for (field, value) in fields.as_object().into_iter().flatten() {
                body[field.as_str()] = value.clone();
            }
            parse(body.to_string().as_bytes()).unwrap().message
        };
        assert_eq!(kept(json!({})), None);
        assert_eq!(kept(json!({ "message": 5, "lockMessage": "" })), None);
        assert_eq!(kept(json!({ "message": "old" })).as_deref(), Some("old"));
        assert_eq!(kept(json!({ "message": "old", "lockMessage": "new" })).as_deref(), Some("new"));
        assert_eq!(kept(json!({ "lockMessage": "é".repeat(1_001) })), Some("é".repeat(1_000)));
    }
}
