//! Why a backfill ends early.

use crate::ingest::github::RecordError;
use crate::store::StoreError;
use crate::upstream::GithubError;

/// Why a backfill ends early. What was read until then is kept.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    #[error("there is no workspace with the slug {0}")]
    NoWorkspace(String),
    #[error(
        "workspace {0} has no such active installation of the GitHub App: `atmos-mcp installation list` shows what is \
         linked, and `atmos-mcp installation link` links one"
    )]
    NoInstallation(String),
    #[error(transparent)]
    Github(#[from] GithubError),
    #[error("GitHub's answer has no `{0}`")]
    MissingField(&'static str),
    #[error("what was read could not be stored")]
    Store(#[from] StoreError),
}

impl BackfillError {
    /// Whether it may well go on a moment later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Github(error) if error.is_transient())
    }

    /// Whether GitHub lists the repository, but does not have what was asked for in it: it was deleted, moved or
    /// blocked a moment ago, or has no Actions.
    pub(super) fn is_of_one_repository(&self) -> bool {
        matches!(self, Self::Github(GithubError::Status { status: 404 | 410 | 451, .. }))
    }
}

impl From<RecordError> for BackfillError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::MissingField(field) => Self::MissingField(field),
            RecordError::Store(error) => Self::Store(error),
        }
    }
}
