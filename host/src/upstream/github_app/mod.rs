//! GitHub's REST API, as a GitHub App: the App's own tokens and those of its installations, lists of what is in
//! the repositories, and the logs of jobs.

mod key;
mod budget;
mod app;
mod rest;
mod logs;
pub(crate) mod lenient;
pub(crate) mod types;

pub use app::GithubApp;
pub use logs::JobLog;
pub(crate) use rest::{PER_PAGE, Page, RepositoryPath};
