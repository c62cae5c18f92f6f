//! Why an OIDC token is not exchanged.

use axum::http::StatusCode;

use super::jwks::JwksError;
use crate::store::StoreError;

/// Why no session is opened.
#[derive(Debug, thiserror::Error)]
pub(in crate::ingest) enum OidcError {
    #[error("the OIDC token is not a JSON Web Token of GitHub Actions, signed with RS256")]
    Malformed,
    #[error("the OIDC token is signed with a key that the issuer does not have")]
    UnknownKey,
    #[error("the signature of the OIDC token is wrong")]
    WrongSignature,
    #[error("the OIDC token is of another issuer than this server trusts (oidc.issuer in its configuration)")]
    WrongIssuer,
    #[error("the OIDC token is for another audience than this server takes (oidc.audiences in its configuration)")]
    WrongAudience,
    #[error("the OIDC token has expired")]
    Expired,
    #[error("the OIDC token is not valid yet: the clocks of GitHub and of this server differ")]
    NotYetValid,
    #[error("the OIDC token was used before: ask GitHub for a new one")]
    Replayed,
    /// Security: one text for both, so that a stranger does not learn which workspaces exist.
    #[error(
        "workspace {workspace} is not known, or does not have the repository {repository}: check ATMOS_PRO_WORKSPACE_ID and import the repository"
    )]
    NotImported { workspace: String, repository: String },
    #[error(
        "{repository} lets no workflow upload that is \"{workflow}\" on branch \"{branch}\" in environment \"{environment}\": check the patterns of the repository's permissions"
    )]
    NotPermitted { repository: String, workflow: String, branch: String, environment: String },
    #[error("the issuer's keys could not be read: try again")]
    Keys(#[from] JwksError),
    #[error("the session could not be stored now: try again")]
    Store(#[from] StoreError),
}

impl OidcError {
    /// Status and `errorTag`.
    pub(in crate::ingest) const fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed
            | Self::UnknownKey
            | Self::WrongSignature
            | Self::WrongIssuer
            | Self::WrongAudience
            | Self::Expired
            | Self::NotYetValid
            | Self::Replayed => (StatusCode::UNAUTHORIZED, "Unauthorized"),
            Self::NotImported { .. } => (StatusCode::NOT_FOUND, "NotFound"),
            Self::NotPermitted { .. } => (StatusCode::FORBIDDEN, "Forbidden"),
            Self::Keys(_) | Self::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "Unavailable"),
        }
    }

    /// The word for the audit log; none if the token is not one that the issuer signed, or the fault is ours.
    pub(super) const fn audited_reason(&self) -> Option<&'static str> {
        match self {
            Self::WrongIssuer => Some("wrong_issuer"),
            Self::WrongAudience => Some("wrong_audience"),
            Self::Expired => Some("expired"),
            Self::NotYetValid => Some("not_yet_valid"),
            Self::Replayed => Some("replayed"),
            Self::NotImported { .. } => Some("not_imported"),
            Self::NotPermitted { .. } => Some("not_permitted"),
            Self::Malformed | Self::UnknownKey | Self::WrongSignature | Self::Keys(_) | Self::Store(_) => None,
        }
    }
}
