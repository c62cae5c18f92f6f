//! Why uploads are refused: the one place where refusals become statuses and texts.
//!
//! The texts are for the person who reads the CLI's output in a CI log.

use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value};

use super::envelope;
use super::oidc::OidcError;
use crate::audit::AuditError;
use crate::error_chain::Chain;
use crate::store::StoreError;
use crate::store::ci::permissions::CiPermission;

/// Why an upload is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum IngestError {
    #[error("the request has no `Authorization: Bearer` header: set ATMOS_PRO_TOKEN to a workspace token (atmos_wt_…)")]
    MissingToken,
    /// Security: one text for all three, so that a guess learns nothing.
    #[error(
        "the workspace token is not known to this server, has expired or was revoked: set ATMOS_PRO_TOKEN to a valid one"
    )]
    UnknownToken,
    /// The same for a workflow's session. The CLI then exchanges a new OIDC token and tries again.
    #[error("the session is not known to this server or has expired: exchange a new OIDC token")]
    UnknownSession,
    #[error("this endpoint needs the session of a workflow: exchange an OIDC token and do not set ATMOS_PRO_TOKEN")]
    NeedsSession,
    #[error("the workflow may not do this: it needs the permission \"{}\" for {repository}", .permission.title())]
    NotPermitted { permission: CiPermission, repository: String },
    #[error("the session is for {session} and cannot upload to {asked}")]
    OtherRepository { session: String, asked: String },
    #[error("the body is larger than {} MiB: lower settings.pro.max_payload_bytes in atmos.yaml so that the CLI sends smaller chunks", super::MAX_BODY >> 20)]
    TooLarge,
    #[error("the summary is larger than 1 MiB, which is GitHub's limit too")]
    SummaryTooLarge,
    #[error("the body did not arrive in full: {0}")]
    Unreadable(String),
    #[error("the body is not the JSON of an upload: {0}")]
    InvalidJson(String),
    #[error("{0}")]
    InvalidField(String),
    #[error("drift detection is enabled with malformed detect or remediate workflows (instances: {count})")]
    DriftDetection { count: usize, problems: Vec<String> },
    #[error("the workspace has no repository {0}: upload its instances first, or import it")]
    UnknownRepository(String),
    /// The text that the CLI's own tests expect.
    #[error("Stack is already locked")]
    Locked,
    /// The text that the CLI's own tests expect.
    #[error("Stack not found or not locked")]
    NotLocked,
    #[error("this server has no endpoint {0}: see docs/ingest.md for those it has")]
    UnknownEndpoint(String),
    #[error("this server does not {0}: see docs/ingest.md")]
    NotImplemented(&'static str),
    #[error(transparent)]
    Oidc(#[from] OidcError),
    #[error("the upload could not be stored now: try again")]
    Store(#[from] StoreError),
    /// Of a refused OIDC token; what changes something is noted in its own transaction.
    #[error("the refusal could not be noted in the audit log: try again")]
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

impl From<PathRejection> for IngestError {
    fn from(rejection: PathRejection) -> Self {
        Self::InvalidField(format!("the path cannot be read: {}", rejection.body_text()))
    }
}

impl IngestError {
    /// Status and `errorTag`. `DriftDetectionValidationError` is a tag that the CLI knows; the others are
    /// ours.
    pub(super) const fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::MissingToken | Self::UnknownToken | Self::UnknownSession => {
                (StatusCode::UNAUTHORIZED, "Unauthorized")
            }
            Self::NeedsSession | Self::NotPermitted { .. } | Self::OtherRepository { .. } => {
                (StatusCode::FORBIDDEN, "Forbidden")
            }
            Self::TooLarge | Self::SummaryTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge"),
            Self::Unreadable(_) | Self::InvalidJson(_) | Self::InvalidField(_) => {
                (StatusCode::BAD_REQUEST, "ValidationError")
            }
            Self::DriftDetection { .. } => (StatusCode::BAD_REQUEST, "DriftDetectionValidationError"),
            Self::UnknownRepository(_) | Self::NotLocked | Self::UnknownEndpoint(_) => {
                (StatusCode::NOT_FOUND, "NotFound")
            }
            Self::Locked => (StatusCode::CONFLICT, "Conflict"),
            Self::NotImplemented(_) => (StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
            Self::Oidc(error) => error.code(),
            Self::Store(_) | Self::Audit(_) => (StatusCode::SERVICE_UNAVAILABLE, "Unavailable"),
        }
    }

    /// What the CLI lists below the message.
    pub(super) fn data(&self) -> Option<Map<String, Value>> {
        let Self::DriftDetection { problems, .. } = self else { return None };
        Some(Map::from_iter([("validationErrors".to_owned(), Value::from(problems.clone()))]))
    }

    /// The reply; the cause of a server error is logged here and not sent.
    pub(super) fn respond(self, request_id: String) -> Response {
        let (status, _) = self.code();
        if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
            tracing::error!(error = %Chain(&self), request.id = request_id.as_str(), "an upload failed");
        }
        let mut response = envelope::refusal(&self, request_id);
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
