//! Refusals of deliveries. Their texts show in the App's settings, under "Recent Deliveries".

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::error_chain::Chain;
use crate::ingest::github::RecordError;
use crate::store::StoreError;

/// Why a delivery is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebhookError {
    #[error("webhooks are not configured: set github.webhook_secret, or ATMOS_MCP_GITHUB_WEBHOOK_SECRET")]
    NotConfigured,
    /// Security: one text for a missing, malformed and wrong signature.
    #[error("the signature is missing or wrong: give the App the webhook secret of this server")]
    Signature,
    #[error("the header {0} is missing")]
    MissingHeader(&'static str),
    #[error("the body is larger than 25 MiB")]
    TooLarge,
    #[error("the body did not arrive in full: {0}")]
    Unreadable(String),
    #[error("the body is not the JSON of the event (choose the content type application/json): {0}")]
    Malformed(String),
    #[error("the event has no `{0}`")]
    MissingField(&'static str),
    #[error("the event could not be stored now: deliver it again")]
    Store(#[from] StoreError),
}

impl From<RecordError> for WebhookError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::MissingField(field) => Self::MissingField(field),
            RecordError::Store(error) => Self::Store(error),
        }
    }
}

impl From<BytesRejection> for WebhookError {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Self::TooLarge
        } else {
            Self::Unreadable(rejection.body_text())
        }
    }
}

impl WebhookError {
    const fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotConfigured => (StatusCode::SERVICE_UNAVAILABLE, "not_configured"),
            Self::Signature => (StatusCode::UNAUTHORIZED, "invalid_signature"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::MissingHeader(_) | Self::Unreadable(_) | Self::Malformed(_) | Self::MissingField(_) => {
                (StatusCode::BAD_REQUEST, "invalid_request")
            }
            Self::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
        }
    }
}

impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        let (status, error) = self.code();
        // Security: sources are logged with their chain and never sent.
        if matches!(self, Self::Store(_)) {
            tracing::error!(error = %Chain(&self), "a webhook could not be applied");
        } else {
            tracing::warn!(error = %self, "a webhook was refused");
        }
        (status, Json(json!({ "error": error, "error_description": self.to_string() }))).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_database_is_503_without_its_cause() {
        let error = WebhookError::Store(StoreError::Database(sqlx::Error::PoolClosed));
        assert_eq!(error.code(), (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"));
        assert_eq!(error.to_string(), "the event could not be stored now: deliver it again");
    }
}
