//! `POST /api/v1/job-summaries?jobName=…`: the Markdown of a job's summary, from a workflow step of ours.
//!
//! GitHub has no API for summaries (`docs/ingest.md` has the step), so the job itself posts what it wrote to
//! `$GITHUB_STEP_SUMMARY`.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::Uri;
use axum::response::Response;
use serde_json::{Map, Value};

use super::bearer::Uploader;
use super::envelope::{self, IngestError};
use super::fields::query_text;
use crate::app::App;
use crate::audit::Entry;
use crate::http::RequestId;
use crate::store::audit_log::insert_entries;
use crate::store::ci::summaries::{NewSummary, upsert_summary};

/// GitHub's own limit for the summary of a step.
const MAX_MARKDOWN: usize = 1 << 20;

/// zstd's own default.
const COMPRESSION_LEVEL: i32 = 3;

/// Takes the summary of a job of the session's run.
#[tracing::instrument(name = "ingest.summary", skip_all, fields(workspace.id = uploader.scope.workspace_id()))]
pub(super) async fn upload(
    State(app): State<App>,
    RequestId(request_id): RequestId,
    uploader: Uploader,
    uri: Uri,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let result = receive(&app, &uploader, &request_id, &uri, body).await;
    envelope::reply(request_id, result)
}

async fn receive(
    app: &App,
    uploader: &Uploader,
    request_id: &str,
    uri: &Uri,
    body: Result<Bytes, BytesRejection>,
) -> Result<Map<String, Value>, IngestError> {
    // The session says which run the summary is of; a static token cannot.
    let session = uploader.session.as_ref().ok_or(IngestError::NeedsSession)?;
    let github_run_id = session.github_run_id.ok_or(IngestError::NeedsSession)?;
    let job_name = query_text(uri, "jobName")?;
    let body = body?;
    let (compressed, bytes) = compress(&body)?;
    let now = app.clock.now();
    let mut tx = app.store.write.begin().await?;
    let summary = NewSummary { job_name: &job_name, compressed: &compressed, bytes };
    let upload = uploader.upload(app, now);
    let (run_id, is_kept) = upsert_summary(&mut tx, &upload, (session, github_run_id), &summary).await?;
    let summary = Map::from_iter([
        ("runId".to_owned(), run_id.as_str().into()),
        ("jobName".to_owned(), job_name.into()),
        ("bytes".to_owned(), bytes.into()),
        ("late".to_owned(), (!is_kept).into()),
    ]);
    let entry = Entry::new(now, uploader.actor(), ("workflow", "summary_uploaded"), request_id)
        .with_workspace(uploader.scope.workspace_id())
        .with_target("workflow_run", run_id)
        .with_metadata(&Value::Object(summary.clone()));
    insert_entries(&mut tx, &app.entropy, &[&entry]).await?;
    tx.commit().await?;
    Ok(summary)
}

/// The Markdown as the database keeps it, and its length.
fn compress(markdown: &[u8]) -> Result<(Vec<u8>, i64), IngestError> {
    if markdown.len() > MAX_MARKDOWN {
        return Err(IngestError::SummaryTooLarge);
    }
    let compressed = match std::str::from_utf8(markdown) {
        Ok(_) => zstd::encode_all(markdown, COMPRESSION_LEVEL).map_err(|_| "the summary could not be compressed"),
        Err(_) => Err("the summary must be Markdown in UTF-8"),
    };
    let compressed = compressed.map_err(|problem| IngestError::InvalidField(problem.to_owned()))?;
    Ok((compressed, i64::try_from(markdown.len()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_reads_back_and_other_bytes_are_refused() {
        let (compressed, bytes) = compress("## Plan ✅".as_bytes()).unwrap();
        assert_eq!((zstd::decode_all(compressed.as_slice()).unwrap(), bytes), ("## Plan ✅".as_bytes().to_vec(), 11));
        assert!(compress(&[0xff]).is_err());
        assert!(compress(&vec![b'x'; MAX_MARKDOWN]).is_ok());
        assert!(compress(&vec![b'x'; MAX_MARKDOWN + 1]).is_err());
    }
}
