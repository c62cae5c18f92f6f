//! Commits of the default branch, as a list of them or a push tells.

use super::inference::pull_request_of;
use super::{RecordError, Recorder};
use crate::clock::Timestamp;
use crate::id::Entropy;
use crate::store::github::Target;
use crate::store::github::commits::{self, Commit};
use crate::upstream::github_app::types::{Account, Commit as Listed};

/// What is told of a commit, whichever way.
#[derive(Debug, Clone, Copy)]
pub(in crate::ingest) struct Told<'a> {
    pub(in crate::ingest) sha: &'a str,
    pub(in crate::ingest) message: &'a str,
    /// See [`author`].
    pub(in crate::ingest) author: Option<&'a str>,
    /// As the committer's machine has it, which may be any time at all.
    pub(in crate::ingest) committed_at: Option<Timestamp>,
    pub(in crate::ingest) url: Option<&'a str>,
}

/// Writes commits; what is known stays as it is.
pub(in crate::ingest) async fn store(
    recorder: &mut Recorder<'_>,
    target: &Target,
    told: &[Told<'_>],
) -> Result<(), RecordError> {
    let rows = told.iter().map(|told| row(told, recorder.entropy, recorder.now)).collect();
    Ok(commits::insert(recorder.tx, target, rows).await?)
}

/// A commit from the future counts as now: its id sorts by its time, and it would be the newest for ever.
fn row<'a>(told: &Told<'a>, entropy: &Entropy, now: Timestamp) -> Commit<'a> {
    let committed_at = told.committed_at.unwrap_or(now).min(now);
    Commit {
        id: entropy.id("commit", committed_at),
        sha: told.sha,
        message: told.message,
        author: told.author.unwrap_or_default(),
        committed_at,
        url: told.url,
        pull_request_number: pull_request_of(told.message),
    }
}

/// A commit of a list.
pub(in crate::ingest) fn listed(payload: &Listed) -> Option<Told<'_>> {
    let git = payload.git.as_ref()?;
    Some(Told {
        sha: payload.sha.get()?,
        message: git.message.or_empty(),
        author: payload.author.as_ref().and_then(author).or_else(|| author(git.author.as_ref()?)),
        committed_at: git.committer.as_ref().and_then(|signature| signature.date.0),
        url: payload.html_url.get(),
    })
}

/// The login, or the name in git where GitHub knows no login. Never the address.
pub(in crate::ingest) fn author(account: &Account) -> Option<&str> {
    account.username.get().or(account.login.get()).or(account.name.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_micros(1_787_306_400_000_000);

    #[test]
    fn an_author_is_a_login_or_a_name_but_no_address() {
        let author_of = |login: serde_json::Value| {
            let git = json!({ "message": "Fix", "author": { "name": "Mia", "email": "mia@acme.example" } });
            let payload: Listed =
                serde_json::from_value(json!({ "sha": "a1", "commit": git, "author": login })).unwrap();
            listed(&payload).and_then(|told| told.author).map(str::to_owned)
        };
        assert_eq!(author_of(json!({ "login": "mia-octo" })).as_deref(), Some("mia-octo"));
        assert_eq!(author_of(json!({})).as_deref(), Some("Mia"));
        assert_eq!(author_of(json!(null)).as_deref(), Some("Mia"));
    }

    #[test]
    fn a_commit_is_never_newer_than_the_news_of_it() {
        let at = |micros: i64| {
            let told = Told {
                sha: "a1",
                message: "Add vpc",
                author: None,
                committed_at: Some(Timestamp::from_micros(micros)),
                url: None,
            };
            row(&told, &Entropy::seeded(1), NOW).committed_at
        };
        assert_eq!(at(NOW.micros() - 1), NOW.minus(std::time::Duration::from_micros(1)));
        assert_eq!(at(4_070_908_800_000_000), NOW);
    }
}
