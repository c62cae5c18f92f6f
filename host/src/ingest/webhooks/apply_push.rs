//! `push`: the commits of the default branch.

use super::error::WebhookError;
use super::payload::Commit as Payload;
use super::work::{Outcome, Work};
use crate::ingest::github::commits::{self, Told};

/// Applies a push.
pub(super) async fn apply(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let payload = work.payload;
    let branch = payload.repository.as_ref().and_then(|repository| repository.default_branch.get());
    let pushed = payload.git_ref.or_empty().strip_prefix("refs/heads/");
    if branch.is_none() || pushed != branch || payload.deleted {
        return Ok(Outcome::Ignored("not a push to the default branch"));
    }
    let told: Vec<_> = payload.commits.iter().filter_map(read).collect();
    let targets = work.targets().await?;
    for target in &targets {
        commits::store(&mut work.recorder(), target, &told).await?;
    }
    Ok(Outcome::of(&targets))
}

/// A commit as a push writes it.
fn read(commit: &Payload) -> Option<Told<'_>> {
    Some(Told {
        sha: commit.id.get()?,
        message: commit.message.or_empty(),
        author: commit.author.as_ref().and_then(commits::author),
        committed_at: commit.timestamp.0,
        url: commit.url.get(),
    })
}
