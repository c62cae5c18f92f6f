//! Commits of the default branch, as a list of them tells.

use super::inference::pull_request_of;
use super::{RecordError, Recorder};
use crate::store::github::Target;
use crate::store::github::commits::{self, Commit};
use crate::upstream::github_app::types::Commit as Payload;

/// Writes commits; what is known stays as it is.
pub(in crate::ingest) async fn store(
    recorder: &mut Recorder<'_>,
    target: &Target,
    payloads: &[Payload],
) -> Result<(), RecordError> {
    let rows = payloads.iter().filter_map(|payload| read(recorder, payload)).collect();
    Ok(commits::insert(recorder.tx, target, rows).await?)
}

fn read<'a>(recorder: &Recorder<'_>, payload: &'a Payload) -> Option<Commit<'a>> {
    let commit = payload.git.as_ref()?;
    let committed_at = commit.committer.as_ref().and_then(|signature| signature.date.0).unwrap_or(recorder.now);
    let message = commit.message.or_empty();
    Some(Commit {
        id: recorder.entropy.id("commit", committed_at),
        sha: payload.sha.get()?,
        message,
        author: author(payload).unwrap_or_default(),
        committed_at,
        url: payload.html_url.get(),
        pull_request_number: pull_request_of(message),
    })
}

/// The login, or the name in git where GitHub knows no login. Never the address.
fn author(payload: &Payload) -> Option<&str> {
    let login = payload.author.as_ref().and_then(|account| account.login.get());
    login.or_else(|| payload.git.as_ref()?.author.as_ref()?.name.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_author_is_a_login_or_a_name_but_no_address() {
        let author_of = |login: serde_json::Value| {
            let git = json!({ "message": "Fix", "author": { "name": "Mia", "email": "mia@acme.example" } });
            let payload: Payload =
                serde_json::from_value(json!({ "sha": "a1", "commit": git, "author": login })).unwrap();
            author(&payload).map(str::to_owned)
        };
        assert_eq!(author_of(json!({ "login": "mia-octo" })).as_deref(), Some("mia-octo"));
        assert_eq!(author_of(json!(null)).as_deref(), Some("Mia"));
    }
}
