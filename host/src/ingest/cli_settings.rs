//! `GET /api/v1/settings`: what CLIs that are not released yet ask before they upload.

use std::future::{Ready, ready};

use axum::response::Response;
use serde_json::Map;

use super::bearer::Uploader;
use super::envelope;
use crate::http::RequestId;

/// Bytes of a plan's output that a result may carry: what Atmos Pro's own server says.
const MAX_OUTPUT_LOG_BYTES: u32 = 3 << 20;

/// The limits of uploads.
pub(super) fn settings(RequestId(request_id): RequestId, _: Uploader) -> Ready<Response> {
    let data = Map::from_iter([("max_output_log_bytes".to_owned(), MAX_OUTPUT_LOG_BYTES.into())]);
    ready(envelope::success_in_both_places(request_id, data))
}
