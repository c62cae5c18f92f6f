//! Why a log could not be fetched.

use crate::store::StoreError;
use crate::upstream::GithubError;

/// A fetch that gave nothing. Logged, and never told to a caller.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// GitHub did not give the log.
    #[error(transparent)]
    Github(#[from] GithubError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log could not be compressed.
    #[error("the log could not be compressed")]
    Compress(#[from] std::io::Error),
    /// The thread that compressed it is gone.
    #[error("the log was not compressed")]
    Worker(#[from] tokio::task::JoinError),
}
