//! The response envelope of `/api/v1`.
//!
//! The CLI decodes strictly: `request` is a string, `status` an integer, `data` an object or null. Anything
//! else makes it print "unexpected response format" instead of our message.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::{Map, Value};

pub(super) use super::error::IngestError;

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
    /// What the CLI reads beside `data` instead of in it.
    #[serde(flatten)]
    beside: Map<String, Value>,
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
            beside: Map::new(),
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
            beside: Map::new(),
        }
    }
}

/// The reply to an upload that was taken or refused.
pub(super) fn reply(request_id: String, result: Result<Map<String, Value>, IngestError>) -> Response {
    match result {
        Ok(summary) => success(request_id, summary),
        Err(error) => error.respond(request_id),
    }
}

/// Answers 200 with `data`.
pub(super) fn success(request_id: String, data: Map<String, Value>) -> Response {
    Json(Envelope::success(request_id, data)).into_response()
}

/// Answers 200 with `data` in its place, and once more at the top level.
pub(super) fn success_in_both_places(request_id: String, data: Map<String, Value>) -> Response {
    let beside = data.clone();
    Json(Envelope { beside, ..Envelope::success(request_id, data) }).into_response()
}

/// A refusal's reply, with the status of its code.
pub(super) fn refusal(error: &IngestError, request_id: String) -> Response {
    let (status, _) = error.code();
    (status, Json(Envelope::refusal(error, request_id))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;
    use serde_json::json;

    fn body_of(error: &IngestError) -> Value {
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
            body_of(&IngestError::InvalidField("`repo_owner` is missing".to_owned())),
            json!({
                "request": "req_1", "status": 400, "success": false, "errorTag": "ValidationError",
                "errorMessage": "`repo_owner` is missing", "traceId": "req_1", "data": null,
            })
        );
    }

    #[test]
    fn a_drift_refusal_has_the_tag_and_the_list_that_the_cli_shows() {
        let body = body_of(&IngestError::DriftDetection { count: 1, problems: vec!["vpc in dev: …".to_owned()] });
        assert_eq!(body["errorTag"], "DriftDetectionValidationError");
        assert_eq!(
            body["errorMessage"],
            "drift detection is enabled with malformed detect or remediate workflows (instances: 1)"
        );
        assert_eq!(body["data"], json!({ "validationErrors": ["vpc in dev: …"] }));
    }

    #[test]
    fn a_failing_database_is_503_without_its_cause() {
        let body = body_of(&IngestError::Store(StoreError::Database(sqlx::Error::PoolClosed)));
        assert_eq!(body["status"], 503);
        assert_eq!(body["errorMessage"], "the upload could not be stored now: try again");
    }
}
