//! What the CLI can ask of Atmos Pro and this server does not do: `POST /api/v1/git/commit`, `POST /api/v1/sts`,
//! `POST /api/v1/security-findings`.
//!
//! The first two need the GitHub App's power to write or to mint tokens, and this server's App has neither. Findings
//! would be kept for nobody: no tool reads them.

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

/// `POST /api/v1/security-findings`.
pub(super) fn security_findings(RequestId(request_id): RequestId, _: Uploader) -> Ready<Response> {
    ready(IngestError::NotImplemented("keep security findings").respond(request_id))
}
