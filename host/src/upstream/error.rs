//! Why GitHub is of no help.

use std::path::PathBuf;

use crate::clock::Timestamp;

/// Why GitHub is of no help. Security: the text never holds a secret, a code, a token or a signed URL.
#[derive(Debug, thiserror::Error)]
pub enum GithubError {
    /// A setting cannot be used.
    #[error("{field}: {message}")]
    Config { field: &'static str, message: &'static str },
    /// The App's private key cannot be read.
    #[error("github.private_key_file: {} cannot be read", .path.display())]
    KeyFile { path: PathBuf, source: std::io::Error },
    /// The client could not be made.
    #[error("the client for GitHub could not be made; are the system's CA certificates installed?")]
    Client(#[source] reqwest::Error),
    /// No answer, or not a whole one.
    #[error("GitHub could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// An answer with a status that is not expected.
    #[error("GitHub's {endpoint} answered with status {status}")]
    Status { endpoint: &'static str, status: u16 },
    /// An answer that is not what GitHub documents, or too large.
    #[error("the answer of GitHub's {endpoint} could not be read")]
    Unreadable { endpoint: &'static str },
    /// An OAuth error, such as `bad_verification_code` or `incorrect_client_credentials`.
    #[error("GitHub refused: {code}")]
    Refused { code: String },
    /// The App's own token is not accepted.
    #[error(
        "GitHub does not accept the App's private key: it must be a key of the App that github.app_id names, and \
         this machine's clock must be right"
    )]
    KeyRefused,
    /// The installation is not one of this App.
    #[error("GitHub knows no installation {installation} of this App: it was uninstalled, or is another App's")]
    NotInstalled { installation: i64 },
    /// The installation is suspended.
    #[error("the installation {installation} is suspended on GitHub")]
    Suspended { installation: i64 },
    /// The App may not read this.
    #[error("GitHub does not let the App read its {endpoint}: give the App the permissions of docs/ingest.md")]
    Forbidden { endpoint: &'static str },
    /// The rate limit is used up, or nearly.
    #[error("GitHub's rate limit is used up until {until}")]
    RateLimited { until: Timestamp },
}

impl GithubError {
    /// An OAuth error that GitHub gave. Anything that is not a code is left out of the text.
    pub(crate) fn refused(code: &str) -> Self {
        let is_code =
            (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        Self::Refused { code: if is_code { code.to_owned() } else { "unknown_error".to_owned() } }
    }

    /// What happened on the way. Security: the URL is left out, because a log's URL is as good as the log.
    pub(super) fn unreachable(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }

    /// Whether the same question may well be answered a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Status { status, .. } => *status >= 500,
            _ => false,
        }
    }
}
