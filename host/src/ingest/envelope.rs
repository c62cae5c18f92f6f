//! The response envelope of `/api/v1`, and the one place where refusals become statuses and texts.
//!
//! The CLI decodes strictly: `request` is a string, `status` an integer, `data` an object or null. Anything
//! else makes it print "unexpected response format" instead of our message.

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::audit::AuditError;
use crate::error_chain::Chain;
use crate::store::StoreError;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    request: String,
    status: u16,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_tag: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    data: Option<Map<String, Value>>,
}

impl Envelope {
    fn success(request_id: String, data: Map<String, Value>) -> Self {
        Self {
            request: request_id,
            status: StatusCode::OK.as_u16(),
            success: true,
            error_tag: None,
            error_message: None,
            trace_id: None,
            data: Some(data),
        }
    }

    fn refusal(error: &IngestError, request_id: String) -> Self {
        let (status, error_tag) = error.code();
        Self {
            request: request_id.clone(),
            status: status.as_u16(),
            success: false,
            error_tag: Some(error_tag),
            error_message: Some(error.to_string()),
            trace_id: Some(request_id),
            data: error.data(),
        }
    }
}

/// Answers 200 with `data`.
pub(super) fn success(request_id: String, data: Map<String, Value>) -> Response {
    Json(Envelope::success(request_id, data)).into_response()
}

/// Why an upload is refused. The texts are for the person who reads the CLI's output in a CI log.
#[derive(Debug, thiserror::Error)]
pub(super) enum IngestError {
    #[error("the request has no `Authorization: Bearer` header: set ATMOS_PRO_TOKEN to a workspace token (atmos_wt_…)")]
    MissingToken,
    /// Security: one text for all three, so that a guess learns nothing.
    #[error(
        "the workspace token is not known to this server, has expired or was revoked: set ATMOS_PRO_TOKEN to a valid one"
    )]
    UnknownToken,
    #[error("the body is larger than {} MiB: lower settings.pro.max_payload_bytes in atmos.yaml so that the CLI sends smaller chunks", super::MAX_BODY >> 20)]
    TooLarge,
    #[error("the body did not arrive in full: {0}")]
    Unreadable(String),
    #[error("the body is not the JSON of an upload: {0}")]
    InvalidJson(String),
    #[error("{0}")]
    InvalidField(String),
    #[error("drift detection is enabled with malformed detect or remediate workflows (instances: {count})")]
    DriftDetection { count: usize, problems: Vec<String> },
    #[error("this server has no endpoint {0}: it takes POST /api/v1/instances")]
    UnknownEndpoint(String),
    #[error("the upload could not be stored now: try again")]
    Store(#[from] StoreError),
    #[error("the upload was stored, but could not be noted in the audit log: try again")]
    Audit(#[from] AuditError),
}

impl From<BytesRejection> for IngestError {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Self::TooLarge
        } else {
            Self::Unreadable(rejection.body_text())
        }
    }
}

impl IngestError {
    /// Status and `errorTag`. `DriftDetectionValidationError` is a tag that the CLI knows; the others are
    /// ours.
    const fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::MissingToken | Self::UnknownToken => (StatusCode::UNAUTHORIZED, "Unauthorized"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge"),
            Self::Unreadable(_) | Self::InvalidJson(_) | Self::InvalidField(_) => {
                (StatusCode::BAD_REQUEST, "ValidationError")
            }
            Self::DriftDetection { .. } => (StatusCode::BAD_REQUEST, "DriftDetectionValidationError"),
            Self::UnknownEndpoint(_) => (StatusCode::NOT_FOUND, "NotFound"),
            Self::Store(_) | Self::Audit(_) => (StatusCode::SERVICE_UNAVAILABLE, "Unavailable"),
        }
    }

    fn data(&self) -> Option<Map<String, Value>> {
        match self {
            Self::DriftDetection { problems, .. } => {
                Some(Map::from_iter([("validationErrors".to_owned(), Value::from(problems.clone()))]))
            }
            Self::MissingToken
            | Self::UnknownToken
            | Self::TooLarge
            | Self::Unreadable(_)
            | Self::InvalidJson(_)
            | Self::InvalidField(_)
            | Self::UnknownEndpoint(_)
            | Self::Store(_)
            | Self::Audit(_) => None,
        }
    }

    /// The reply; the cause of a server error is logged here and not sent.
    pub(super) fn respond(self, request_id: String) -> Response {
        let (status, _) = self.code();
        if status.is_server_error() {
            tracing::error!(error = %Chain(&self), request.id = request_id.as_str(), "an upload failed");
        }
        let mut response = (status, Json(Envelope::refusal(&self, request_id))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(error: &IngestError) -> Value {
        serde_json::to_value(Envelope::refusal(error, "req_1".to_owned())).unwrap()
    }

    #[test]
    fn success_has_the_types_that_the_cli_decodes() {
        let data = Map::from_iter([("instances".to_owned(), json!(3))]);
        assert_eq!(
            serde_json::to_value(Envelope::success("req_1".to_owned(), data)).unwrap(),
            json!({ "request": "req_1", "status": 200, "success": true, "data": { "instances": 3 } })
        );
    }

    #[test]
    fn a_refusal_names_the_cause_and_the_request() {
        assert_eq!(
            refusal(&IngestError::InvalidField("`repo_owner` is missing".to_owned())),
            json!({
                "request": "req_1", "status": 400, "success": false, "errorTag": "ValidationError",
                "errorMessage": "`repo_owner` is missing", "traceId": "req_1", "data": null,
            })
        );
    }

    #[test]
    fn a_drift_refusal_has_the_tag_and_the_list_that_the_cli_shows() {
        let body = refusal(&IngestError::DriftDetection { count: 1, problems: vec!["vpc in dev: …".to_owned()] });
        assert_eq!(body["errorTag"], "DriftDetectionValidationError");
        assert_eq!(
            body["errorMessage"],
            "drift detection is enabled with malformed detect or remediate workflows (instances: 1)"
        );
        assert_eq!(body["data"], json!({ "validationErrors": ["vpc in dev: …"] }));
    }

    #[test]
    fn a_failing_database_is_503_without_its_cause() {
        let body = refusal(&IngestError::Store(StoreError::Database(sqlx::Error::PoolClosed)));
        assert_eq!(body["status"], 503);
        assert_eq!(body["errorMessage"], "the upload could not be stored now: try again");
    }
}
