//! What goes into the classifier and what comes out of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known about a run without reading its logs. Values are GitHub's own words; absent is `None`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunFacts {
    /// `queued`, `in_progress`, `waiting`, `completed`…; `None` when no run was created.
    pub status: Option<String>,
    /// `success`, `failure`, `timed_out`, `action_required`…; `None` until the run completes.
    pub conclusion: Option<String>,
    /// `plan`, `apply` or `remediate`.
    pub command: Option<String>,
    /// `none`, `pending`, `approved` or `rejected`.
    pub approval_state: Option<String>,
    /// Our own vocabulary (`missing_plan_result`…) or GitHub's answer as text.
    pub dispatch_error: Option<String>,
    /// Exit code of `plan -detailed-exitcode`.
    pub plan_exit_code: Option<i32>,
    /// The run that this one waits for, or is built on.
    pub parent: Option<ParentRun>,
    /// Branch, tag or sha that the run was dispatched on.
    pub git_ref: Option<String>,
    /// GitHub environment that the job declares.
    pub environment: Option<String>,
    /// `owner/name`.
    pub repo: Option<String>,
    /// RFC 3339. Tells an old lock from a busy one; without it the first timestamp of the log is used.
    pub started_at: Option<String>,
}

/// The run that must succeed first.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ParentRun {
    pub id: String,
    pub conclusion: Option<String>,
}

/// The log of one step, or of one whole job when its steps cannot be told apart.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StepLog {
    pub job: String,
    pub step: Option<String>,
    pub conclusion: Option<String>,
    /// Raw text as GitHub serves it, or what `run-logs` gives of it; a bounded piece is enough (see
    /// [`actions_log::excerpt`]).
    pub text: String,
}

/// Why a run failed, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// A fine word of [`crate::categories`].
    pub category: &'static str,
    /// Two or three sentences; quotes the log with secrets removed.
    pub description: String,
    pub suggested_action: SuggestedAction,
    /// The parent run, whenever one is known.
    pub parent_run_id: Option<String>,
    /// Whether the plan found changes; `None` when neither the exit code nor the log says.
    pub plan_saw_changes: Option<bool>,
    /// Where it says so: the cause first.
    pub evidence: Vec<Evidence>,
}

/// What an agent acts on; it routes on `type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SuggestedAction {
    #[serde(rename = "type")]
    pub action: Action,
    /// Role ARN, ref, lock id, parent run, `file:line`, environment, repository… as the log or the run
    /// states it: never invented, so often absent.
    pub target: Option<String>,
    pub confidence: Confidence,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The same run is expected to succeed without any change.
    Rerun,
    /// Another run has to succeed first.
    FixParentRun,
    /// An identity, permission, token or secret is missing, wrong or expired.
    FixCredentials,
    /// The branch, tag or sha does not exist (any more).
    FixRef,
    /// Something in the repository has to change: configuration, workflow, versions.
    FixCode,
    /// A person has to allow it.
    Approve,
    /// A person or agent has to look closer; also the honest answer when nothing is certain.
    Investigate,
}

/// How far the action may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A guess: a weak sign, contradicting signs, or no sign at all. Read the evidence before acting.
    Low,
    /// The words usually mean this, and have another meaning now and then.
    Medium,
    /// The words have this one cause, and nothing else in the log speaks against it.
    High,
}

impl Confidence {
    /// One step less.
    #[must_use]
    pub fn lower(self) -> Self {
        match self {
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }
}

/// A line that supports the verdict, with secrets removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    pub job: String,
    pub step: Option<String>,
    /// Counted from 1 in the text that was given; absent for evidence outside of a log.
    pub line: Option<usize>,
    pub text: String,
    pub category: &'static str,
}
