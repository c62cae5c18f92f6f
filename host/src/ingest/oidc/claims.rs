//! What GitHub's OIDC tokens say of a workflow. Pure.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::error::OidcError;
use crate::clock::Timestamp;

/// How far the clocks of GitHub and this machine may differ.
const LEEWAY: Duration = Duration::from_mins(1);

/// The claims that are used. Audience and issuer are checked with the signature.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Claims {
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    jti: Option<String>,
    /// `owner/name`.
    pub(super) repository: String,
    repository_owner: String,
    /// `owner/name/.github/workflows/FILE@refs/…`.
    #[serde(default)]
    workflow_ref: Option<String>,
    #[serde(default, rename = "ref")]
    pub(super) git_ref: Option<String>,
    /// The branch of a pull request; empty for other events.
    #[serde(default)]
    head_ref: Option<String>,
    /// The branch that a pull request goes to.
    #[serde(default)]
    base_ref: Option<String>,
    #[serde(default)]
    pub(super) sha: Option<String>,
    #[serde(default)]
    pub(super) environment: Option<String>,
    #[serde(default)]
    pub(super) actor: Option<String>,
    /// GitHub writes numbers as text.
    #[serde(default)]
    repository_id: Value,
    #[serde(default)]
    run_id: Value,
    #[serde(default)]
    run_attempt: Value,
}

impl Claims {
    /// Whether the token holds now, give or take a minute.
    pub(super) fn check_time(&self, now: Timestamp) -> Result<(), OidcError> {
        if moment(self.exp).plus(LEEWAY) <= now {
            return Err(OidcError::Expired);
        }
        if self.nbf.is_some_and(|nbf| now.plus(LEEWAY) < moment(nbf)) {
            return Err(OidcError::NotYetValid);
        }
        Ok(())
    }

    /// When the token can no longer be used, so that its id need not be remembered.
    pub(super) fn forgotten_at(&self) -> Timestamp {
        moment(self.exp).plus(LEEWAY)
    }

    /// What tells one token from all others: its id, or what it is.
    pub(super) fn token_id(&self, token: &str) -> String {
        let of = |text: &str| Sha256::digest(text.as_bytes());
        let digest = match self.jti.as_deref().filter(|jti| !jti.is_empty()) {
            Some(jti) => of(&format!("jti:{jti}")),
            None => of(token),
        };
        crate::id::base62(&digest, 43)
    }

    /// Owner and name; none if the claims contradict each other.
    pub(super) fn repository_name(&self) -> Option<(&str, &str)> {
        let (owner, name) = self.repository.split_once('/')?;
        (owner.eq_ignore_ascii_case(&self.repository_owner) && !name.is_empty()).then_some((owner, name))
    }

    /// File name of the workflow that started the run, which may have called others.
    pub(super) fn workflow_file(&self) -> Option<&str> {
        // Security: a file name has no slash, so what follows the first `@refs/` is the ref, whatever it holds.
        let (path, _) = self.workflow_ref.as_deref()?.split_once("@refs/")?;
        path.split_once("/.github/workflows/").map(|(_, file)| file)
    }

    /// The branch that the run is of. A tag, or the merge of a pull request, is its whole ref.
    ///
    /// Security: so that no tag and no pull request passes for the branch of its name.
    pub(super) fn branch(&self) -> &str {
        let git_ref = self.git_ref.as_deref().unwrap_or_default();
        git_ref.strip_prefix("refs/heads/").unwrap_or(git_ref)
    }

    /// The branch that a pull request would merge.
    ///
    /// Security: GitHub does not say whether it is in a fork, whose owner may give it any name. So none that is called
    /// like the default branch, or like the branch that it would be merged into, counts.
    pub(super) fn head_branch(&self, default_branch: Option<&str>) -> Option<&str> {
        let is_pull_request = self.git_ref.as_deref().is_some_and(|git_ref| git_ref.starts_with("refs/pull/"));
        let head = self.head_ref.as_deref().filter(|head| is_pull_request && !head.is_empty())?;
        let is_default = default_branch.map_or(["main", "master"].contains(&head), |default| default == head);
        (!is_default && self.base_ref.as_deref() != Some(head)).then_some(head)
    }

    /// GitHub's id of the repository.
    pub(super) fn repository_id(&self) -> Option<i64> {
        integer(&self.repository_id)
    }

    /// GitHub's id of the run.
    pub(super) fn run_id(&self) -> Option<i64> {
        integer(&self.run_id)
    }

    /// Which attempt of the run this is, from 1.
    pub(super) fn run_attempt(&self) -> Option<i64> {
        integer(&self.run_attempt)
    }
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(changes: &[(&str, Value)]) -> Claims {
        let mut claims = json!({
            "exp": 1_000, "nbf": 400, "jti": "one", "repository": "acme/infra", "repository_owner": "acme",
            "workflow_ref": "acme/infra/.github/workflows/plan.yaml@refs/heads/main", "ref": "refs/heads/main",
            "run_id": "123", "run_attempt": "1",
        });
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        serde_json::from_value(claims).unwrap()
    }

    #[test]
    fn a_token_holds_from_nbf_to_exp_give_or_take_a_minute() {
        let token = claims(&[]);
        let at = |seconds| token.check_time(moment(seconds));
        assert!(matches!(at(339), Err(OidcError::NotYetValid)));
        for seconds in [340, 400, 1_000, 1_059] {
            assert!(at(seconds).is_ok(), "{seconds}");
        }
        assert!(matches!(at(1_060), Err(OidcError::Expired)));
        assert!(claims(&[("nbf", json!(null))]).check_time(moment(0)).is_ok());
    }

    #[test]
    fn a_token_is_known_by_its_id_or_by_what_it_is() {
        assert_eq!(claims(&[]).token_id("a"), claims(&[]).token_id("b"));
        assert_ne!(claims(&[]).token_id("a"), claims(&[("jti", json!("two"))]).token_id("a"));
        let nameless = claims(&[("jti", json!(null))]);
        assert_eq!(nameless.token_id("a"), nameless.token_id("a"));
        assert_ne!(nameless.token_id("a"), nameless.token_id("b"));
    }

    #[test]
    fn the_workflow_file_is_read_whatever_the_ref_is_called() {
        for (workflow_ref, file) in [
            ("acme/infra/.github/workflows/plan.yaml@refs/heads/main", Some("plan.yaml")),
            ("acme/infra/.github/workflows/x.yaml@refs/heads/a@refs/.github/workflows/plan.yaml", Some("x.yaml")),
            ("acme/infra/.github/workflows/plan.yaml", None),
            ("plan.yaml@refs/heads/main", None),
        ] {
            assert_eq!(claims(&[("workflow_ref", json!(workflow_ref))]).workflow_file(), file, "{workflow_ref}");
        }
    }

    #[test]
    fn the_branch_is_that_of_the_run_and_a_pull_request_has_another() {
        for (git_ref, head_ref, branch, head) in [
            ("refs/heads/main", "", "main", None),
            ("refs/heads/main", "evil", "main", None),
            ("refs/pull/7/merge", "feature", "refs/pull/7/merge", Some("feature")),
            ("refs/pull/7/merge", "trunk", "refs/pull/7/merge", None),
            ("refs/pull/7/merge", "release", "refs/pull/7/merge", None),
            ("refs/pull/7/merge", "", "refs/pull/7/merge", None),
            ("refs/tags/main", "", "refs/tags/main", None),
        ] {
            let changes = [("ref", json!(git_ref)), ("head_ref", json!(head_ref)), ("base_ref", json!("release"))];
            let claims = claims(&changes);
            assert_eq!((claims.branch(), claims.head_branch(Some("trunk"))), (branch, head), "{git_ref} {head_ref}");
        }
        let unknown = claims(&[("ref", json!("refs/pull/7/merge")), ("head_ref", json!("main"))]);
        assert_eq!((unknown.head_branch(None), unknown.head_branch(Some("trunk"))), (None, Some("main")));
    }

    #[test]
    fn the_repository_must_be_its_owners() {
        assert_eq!(claims(&[]).repository_name(), Some(("acme", "infra")));
        assert_eq!(claims(&[("repository_owner", json!("rival"))]).repository_name(), None);
        assert_eq!(claims(&[("repository", json!("acme"))]).repository_name(), None);
    }

    #[test]
    fn numbers_may_be_text() {
        assert_eq!((claims(&[]).run_id(), claims(&[]).run_attempt()), (Some(123), Some(1)));
        assert_eq!(claims(&[("run_id", json!(5))]).run_id(), Some(5));
        assert_eq!(claims(&[("run_id", json!("x"))]).run_id(), None);
    }
}
