//! What the CLI can ask of Atmos Pro and this server does not do: `POST /api/v1/git/commit`, `POST /api/v1/sts`.
//!
//! Both need the GitHub App's power to write or to mint tokens, and this server's App has neither.

use std::future::{Ready, ready};

use axum::response::Response;

use super::bearer::Uploader;
use super::envelope::IngestError;
use crate::http::RequestId;

/// `POST /api/v1/git/commit`.
pub(super) fn commit(RequestId(request_id): RequestId, _: Uploader) -> Ready<Response> {
    ready(IngestError::NotImplemented("create commits").respond(request_id))
}

/// `POST /api/v1/sts`.
pub(super) fn sts(RequestId(request_id): RequestId, _: Uploader) -> Ready<Response> {
    ready(IngestError::NotImplemented("hand out GitHub tokens").respond(request_id))
}
