//! Words of the store ↔ enums of the WIT.

use std::time::Duration;

use super::bindings::atmos::mcp::audit_log::{ActorType, Outcome};
use super::bindings::atmos::mcp::caller::Role;
use super::bindings::atmos::mcp::connections::BreakReason;
use super::bindings::atmos::mcp::instances::InstanceStatus;
use super::bindings::atmos::mcp::permission_denials::DeniedSide;
use super::bindings::atmos::mcp::repos::RepoStatus;
use super::bindings::atmos::mcp::types::{CapabilityError, TimeWindow};
use super::bindings::atmos::mcp::workflow_runs::{
    ApprovalState, ChangeRequestState, RunCommand, RunConclusion, RunStatus, RunTrigger,
};
use super::bindings::atmos::mcp::workspace_info::WorkspaceStatus;
use super::text;
use crate::authz;
use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::keyset::Window;

/// One day.
const DAY: Duration = Duration::from_hours(24);

/// An enum that the store keeps as a word.
pub(super) trait Word: Sized {
    /// The word of this value.
    fn word(self) -> &'static str;

    /// The value of a word from the store.
    fn read(word: &str, id: &str) -> Result<Self, StoreError>;
}

/// The words of a filter that takes several values. Sorted and each once: a cursor is bound to what a filter means,
/// and not to how it was written.
pub(super) fn words<T: Word + Copy>(values: &[T]) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = values.iter().map(|value| value.word()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Gives each value its word, once for both directions.
macro_rules! words {
    ($type:ident in $table:literal: $($value:ident $word:literal,)*) => {
        impl Word for $type {
            fn word(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)*
                }
            }

            fn read(word: &str, id: &str) -> Result<Self, StoreError> {
                match word {
                    $($word => Ok(Self::$value),)*
                    _ => Err(StoreError::Inconsistent { table: $table, id: id.to_owned(), what: "unknown status" }),
                }
            }
        }
    };
    // Words of GitHub's, of which there may be more one day: those become the value that claims least.
    ($type:ident or $other:ident: $($value:ident $word:literal,)*) => {
        impl Word for $type {
            fn word(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)*
                }
            }

            fn read(word: &str, _: &str) -> Result<Self, StoreError> {
                let mut known = [$(($word, Self::$value),)*].into_iter();
                Ok(known.find(|(name, _)| *name == word).map_or(Self::$other, |(_, value)| value))
            }
        }
    };
}

words! { RepoStatus in "repositories":
    Active "active",
    Suspended "suspended",
    Uninstalled "uninstalled",
}

words! { InstanceStatus in "instances":
    Unknown "unknown",
    InSync "in_sync",
    Drifted "drifted",
    Remediating "remediating",
    Remediated "remediated",
    Error "error",
    Disabled "disabled",
    Orphaned "orphaned",
}

words! { BreakReason in "repositories":
    Suspended "suspended",
    Uninstalled "uninstalled",
}

words! { RunCommand in "workflow_runs":
    Plan "plan",
    Apply "apply",
    Remediate "remediate",
}

words! { RunTrigger in "workflow_runs":
    PullRequest "pull_request",
    Push "push",
    MergeGroup "merge_group",
    Release "release",
    DriftDetection "drift_detection",
    Manual "manual",
}

words! { RunStatus or Pending:
    Requested "requested",
    Queued "queued",
    Pending "pending",
    Waiting "waiting",
    InProgress "in_progress",
    Completed "completed",
}

words! { RunConclusion or Neutral:
    Success "success",
    Failure "failure",
    Neutral "neutral",
    Cancelled "cancelled",
    TimedOut "timed_out",
    ActionRequired "action_required",
    Stale "stale",
    Skipped "skipped",
    StartupFailure "startup_failure",
}

words! { ApprovalState in "workflow_runs":
    None "none",
    Pending "pending",
    Approved "approved",
    Rejected "rejected",
}

words! { ChangeRequestState in "pull_requests":
    Open "open",
    Closed "closed",
    Merged "merged",
}

words! { WorkspaceStatus in "workspaces":
    Active "active",
    Suspended "suspended",
}

words! { ActorType in "audit_log":
    McpClient "mcp_client",
    User "user",
    GithubAction "github_action",
    GithubApp "github_app",
    Operator "operator",
    Anonymous "anonymous",
}

words! { Outcome in "audit_log":
    Ok "ok",
    ToolError "tool_error",
    Denied "denied",
    RateLimited "rate_limited",
    SandboxFault "sandbox_fault",
    Cancelled "cancelled",
    Refused "refused",
}

words! { DeniedSide in "audit_log":
    Role "role",
    Scope "scope",
}

impl From<authz::Role> for Role {
    fn from(role: authz::Role) -> Self {
        match role {
            authz::Role::Member => Self::Member,
            authz::Role::Admin => Self::Admin,
            authz::Role::Owner => Self::Owner,
        }
    }
}

/// A count from the store; saturates.
pub(super) fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX })
}

/// Reads one end of a time window; `argument` is what the agent calls it. A date stands for its midnight and what is
/// `beyond`.
fn moment(argument: &str, text: Option<&str>, beyond: Duration) -> Result<Option<Timestamp>, CapabilityError> {
    let Some(text) = text else { return Ok(None) };
    let date = || Some(Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z"))?.plus(beyond));
    Timestamp::parse_rfc3339(text).or_else(date).map(Some).ok_or_else(|| {
        CapabilityError::InvalidArgument(format!(
            "`{argument}` must be a time in RFC 3339, such as 2026-08-21T10:00:00Z, or a date, such as 2026-08-21 \
             (got `{text}`)"
        ))
    })
}

/// Reads a time window of a list. Whoever ends it with a date means the whole day.
pub(super) fn window(window: &TimeWindow) -> Result<Window, CapabilityError> {
    let (from, to) = (window.since.as_deref(), window.until.as_deref());
    let (since, until) = (moment("since", from, Duration::ZERO)?, moment("until", to, DAY)?);
    if since.zip(until).is_some_and(|(since, until)| since > until) {
        return Err(CapabilityError::InvalidArgument(format!(
            "`since` must not be after `until` (got `{}` and `{}`)",
            from.unwrap_or_default(),
            to.unwrap_or_default()
        )));
    }
    Ok(Window { since, until })
}

/// Splits `owner/name`; a nested owner does not exist on GitHub.
pub(super) fn repo(repo: Option<&str>) -> Result<Option<(&str, &str)>, CapabilityError> {
    let Some(repo) = repo else { return Ok(None) };
    repo.split_once('/')
        .filter(|(owner, name)| !owner.is_empty() && !name.is_empty())
        .map(Some)
        .ok_or_else(|| CapabilityError::InvalidArgument(format!("`repo` must be owner/name (got `{repo}`)")))
}

/// `owner/name` of a repository as it is shown; a workflow chose both when it uploaded.
pub(super) fn repo_name(owner: &str, name: &str) -> String {
    text::clean_line(&format!("{owner}/{name}"))
}

/// A time from the store as RFC 3339.
pub(super) fn time(micros: i64) -> String {
    Timestamp::from_micros(micros).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_not_known_names_its_row() {
        assert_eq!(InstanceStatus::read("in_sync", "inst_1").unwrap(), InstanceStatus::InSync);
        assert_eq!(InstanceStatus::InSync.word(), "in_sync");
        assert!(InstanceStatus::read("gone", "inst_1").unwrap_err().to_string().contains("inst_1"));
    }

    #[test]
    fn a_repository_has_no_name_that_does_not_show() {
        assert_eq!(repo_name("ac\u{202e}me", "in\u{e0041}fra\n"), "acme/infra ");
    }

    #[test]
    fn the_order_and_repetition_of_a_filters_values_mean_nothing() {
        use InstanceStatus::{Drifted, Error, InSync};
        assert_eq!(words(&[Error, Drifted, Error]), words(&[Drifted, Error]));
        assert_ne!(words(&[Drifted]), words(&[InSync]));
    }

    fn ends(since: &str, until: &str) -> Result<(String, String), String> {
        let written = TimeWindow { since: Some(since.to_owned()), until: Some(until.to_owned()) };
        match window(&written) {
            Ok(Window { since: Some(since), until: Some(until) }) => Ok((since.to_string(), until.to_string())),
            Err(CapabilityError::InvalidArgument(text)) => Err(text),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_date_at_the_end_of_a_window_is_in_it() {
        let day = Ok(("2026-11-23T00:00:00Z".to_owned(), "2026-11-24T00:00:00Z".to_owned()));
        assert_eq!(ends("2026-11-23", "2026-11-23"), day);
        let exact = ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z");
        assert_eq!(ends(exact.0, exact.1), Ok((exact.0.to_owned(), exact.1.to_owned())));
        assert!(ends("2026-11-23T18:00:00Z", "2026-11-23").is_ok());
    }

    #[test]
    fn a_window_does_not_end_before_it_begins() {
        let refusal = "`since` must not be after `until` (got `2026-11-24` and `2026-11-22`)";
        assert_eq!(ends("2026-11-24", "2026-11-22"), Err(refusal.to_owned()));
    }

    #[test]
    fn a_new_word_of_githubs_breaks_no_page() {
        assert_eq!(RunConclusion::read("timed_out", "run_1").unwrap(), RunConclusion::TimedOut);
        assert_eq!(RunConclusion::read("exploded", "run_1").unwrap(), RunConclusion::Neutral);
        assert_eq!(RunStatus::read("paused", "run_1").unwrap(), RunStatus::Pending);
    }
}
