//! `push`: the commits of the default branch.

use super::error::WebhookError;
use super::payload::Commit as Payload;
use super::work::{Outcome, Work};
use crate::ingest::github::inference::pull_request_of;
use crate::store::github::commits::{self, Commit};
use crate::store::github::repositories;
use crate::upstream::github_app::types::Account;

/// Applies a push.
pub(super) async fn apply(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let payload = work.payload;
    let branch = payload.repository.as_ref().and_then(|repository| repository.default_branch.get());
    let pushed = payload.git_ref.or_empty().strip_prefix("refs/heads/");
    let Some(branch) = branch.filter(|branch| pushed == Some(*branch) && !payload.deleted) else {
        return Ok(Outcome::Ignored("not a push to the default branch"));
    };
    let targets = work.targets().await?;
    for target in &targets {
        repositories::set_default_branch(work.tx, target, branch).await?;
        let rows = payload.commits.iter().filter_map(|commit| read(work, commit)).collect();
        commits::insert(work.tx, target, rows).await?;
    }
    Ok(Outcome::of(&targets))
}

fn read<'a>(work: &Work<'_>, commit: &'a Payload) -> Option<Commit<'a>> {
    let committed_at = commit.timestamp.0.unwrap_or(work.now);
    let message = commit.message.or_empty();
    Some(Commit {
        id: work.entropy.id("commit", committed_at),
        sha: commit.id.get()?,
        message,
        author: commit.author.as_ref().and_then(author).unwrap_or_default(),
        committed_at,
        url: commit.url.get(),
        pull_request_number: pull_request_of(message),
    })
}

/// The login, or the name in git where GitHub knows no login. Never the address.
fn author(author: &Account) -> Option<&str> {
    author.username.get().or(author.login.get()).or(author.name.get())
}
