//! What a result means: which command it is of, what triggered it, and how it changes the instance. Pure.

use serde_json::Value;

use super::results::Command;
use super::sessions::CiSession;

/// The trigger of a drift detection.
pub(super) const DRIFT_DETECTION: &str = "drift_detection";
const PULL_REQUEST: &str = "pull_request";

/// What ran, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) command: Command,
    /// A word of `workflow_runs.trigger_kind`.
    pub(super) trigger: &'static str,
}

impl Verdict {
    /// Whether this is a drift detection.
    pub(super) fn is_drift_detection(self) -> bool {
        self.trigger == DRIFT_DETECTION
    }

    /// Whether the result speaks for `drift_status` too.
    pub(super) fn tells_drift(self) -> bool {
        self.is_drift_detection() || self.command == Command::Remediate
    }
}

/// What is known of the instance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// The `settings.pro` block; null if there is none.
    pub(super) pro: &'a Value,
    pub(super) status: &'a str,
    pub(super) drift_enabled: bool,
    pub(super) default_branch: Option<&'a str>,
}

/// Judges by the workflow that uploads. The CLI sends `plan` or `apply` alone.
///
/// A static token says nothing of its workflow. There, a plan of an instance with drift detection counts as
/// one, for that is what `--upload-status` is for.
pub(super) fn judge(command: Command, subject: Subject<'_>, session: Option<&CiSession>) -> Verdict {
    let Some(session) = session else {
        let is_detection = command == Command::Plan && subject.drift_enabled;
        return Verdict { command, trigger: if is_detection { DRIFT_DETECTION } else { "manual" } };
    };
    let git_ref = session.git_ref.as_deref().unwrap_or_default();
    let file = session.workflow_file.as_deref().unwrap_or_default();
    let trigger = if command == Command::Plan && detects_drift(subject.pro, file, git_ref, subject.default_branch) {
        DRIFT_DETECTION
    } else {
        trigger_of(git_ref, subject.default_branch)
    };
    let is_remediation = command == Command::Apply && remediates(subject.pro, file, subject.status);
    Verdict { command: if is_remediation { Command::Remediate } else { command }, trigger }
}

/// Whether a plan by this workflow on this ref looks for drift.
pub(in crate::store) fn detects_drift(pro: &Value, file: &str, git_ref: &str, default_branch: Option<&str>) -> bool {
    names(pro, &["drift_detection", "detect"], file) && is_default_branch(git_ref, default_branch)
}

/// Whether an apply by this workflow remediates an instance of this status.
///
/// One workflow often serves both to remediate and to apply what was merged; then only an instance that is being
/// remediated tells which it was.
pub(in crate::store) fn remediates(pro: &Value, file: &str, status: &str) -> bool {
    let is_named = |path: &[&str]| names(pro, path, file);
    is_named(&["drift_detection", "remediate"]) && (status == "remediating" || !is_named(&["pull_request", "merged"]))
}

/// Whether any block of the settings names a workflow file, whatever for.
pub(in crate::store) fn names_anywhere(pro: &Value, file: &str) -> bool {
    let mut blocks = pro.as_object().into_iter().flatten();
    blocks.any(|(key, block)| (key == "workflows" && block.get(file).is_some()) || names_anywhere(block, file))
}

/// Whether a block of the settings names a workflow file.
fn names(pro: &Value, path: &[&str], file: &str) -> bool {
    let block = path.iter().try_fold(pro, |value, key| value.get(*key));
    block.and_then(|block| block.get("workflows")).and_then(|workflows| workflows.get(file)).is_some()
}

/// The trigger of a run, as far as its ref shows it.
pub(super) fn trigger_of(git_ref: &str, default_branch: Option<&str>) -> &'static str {
    if git_ref.is_empty() {
        "manual"
    } else if git_ref.starts_with("refs/tags/") {
        "release"
    } else if git_ref.starts_with("refs/heads/gh-readonly-queue/") {
        "merge_group"
    } else if is_default_branch(git_ref, default_branch) {
        "push"
    } else {
        // Runs for a pull request are dispatched on its branch.
        PULL_REQUEST
    }
}

fn is_default_branch(git_ref: &str, default_branch: Option<&str>) -> bool {
    let Some(branch) = git_ref.strip_prefix("refs/heads/") else { return false };
    default_branch.map_or(["main", "master"].contains(&branch), |default| default == branch)
}

/// The command of a run that has no result, by a keyword in the name of its workflow file, or where that is not known
/// in the workflow's own name. Uploads and GitHub's events tell of the same runs in any order, so both ask here.
pub(crate) fn command_named(workflow: &str) -> Command {
    let name = workflow.to_ascii_lowercase();
    if name.contains("remediat") {
        Command::Remediate
    } else if name.contains("apply") || name.contains("deploy") {
        Command::Apply
    } else {
        Command::Plan
    }
}

/// What a command's exit code says of the infrastructure.
pub(super) const fn status_of(command: Command, exit_code: i64) -> &'static str {
    match (command, exit_code) {
        (Command::Plan | Command::Apply, 0) => "in_sync",
        (Command::Remediate, 0) => "remediated",
        (Command::Plan, 2) => "drifted",
        (Command::Plan | Command::Apply | Command::Remediate, _) => "error",
    }
}

/// How GitHub would conclude. Exit code 2 of a plan means changes and is no failure.
pub(super) const fn conclusion_of(command: Command, exit_code: i64) -> &'static str {
    match (command, exit_code) {
        (_, 0) | (Command::Plan, 2) => "success",
        (Command::Plan | Command::Apply | Command::Remediate, _) => "failure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn session(git_ref: &str, workflow_file: &str) -> CiSession {
        CiSession {
            workspace_id: "ws_1".to_owned(),
            repository_id: "repo_1".to_owned(),
            host: "github.com".to_owned(),
            owner: "acme".to_owned(),
            name: "infra".to_owned(),
            permissions: String::new(),
            github_run_id: Some(1),
            run_attempt: Some(1),
            sha: None,
            git_ref: Some(git_ref.to_owned()),
            workflow_file: Some(workflow_file.to_owned()),
            actor: None,
            created_at: 0,
        }
    }

    fn pro() -> Value {
        json!({
            "drift_detection": {
                "detect": { "workflows": { "plan.yaml": {} } },
                "remediate": { "workflows": { "apply.yaml": {}, "remediate.yaml": {} } },
            },
            "pull_request": { "merged": { "workflows": { "apply.yaml": {} } } },
        })
    }

    fn verdict(command: Command, git_ref: &str, file: &str, status: &str) -> (Command, &'static str) {
        let pro = pro();
        let subject = Subject { pro: &pro, status, drift_enabled: true, default_branch: Some("main") };
        let Verdict { command, trigger } = judge(command, subject, Some(&session(git_ref, file)));
        (command, trigger)
    }

    #[test]
    fn the_command_is_in_the_workflows_name() {
        for (name, expected) in [
            ("atmos-terraform-plan.yaml", Command::Plan),
            ("Atmos-Terraform-APPLY.yml", Command::Apply),
            ("Deploy.yaml", Command::Apply),
            ("remediate-drift-apply.yaml", Command::Remediate),
            ("drift_remediation.yaml", Command::Remediate),
            ("ci.yaml", Command::Plan),
            ("", Command::Plan),
        ] {
            assert_eq!(command_named(name), expected, "{name}");
        }
    }

    #[test]
    fn a_detect_workflow_on_the_default_branch_detects_drift() {
        let plan = |git_ref, file| verdict(Command::Plan, git_ref, file, "in_sync").1;
        assert_eq!(plan("refs/heads/main", "plan.yaml"), "drift_detection");
        assert_eq!(plan("refs/heads/main", "other.yaml"), "push");
        assert_eq!(plan("refs/heads/feature", "plan.yaml"), "pull_request");
        assert_eq!(plan("refs/pull/7/merge", "plan.yaml"), "pull_request");
        assert_eq!(plan("refs/heads/gh-readonly-queue/main/pr-7-abc", "plan.yaml"), "merge_group");
        assert_eq!(plan("refs/tags/v1", "plan.yaml"), "release");
        assert_eq!(plan("", "plan.yaml"), "manual");
    }

    #[test]
    fn an_apply_remediates_if_nothing_else_explains_it() {
        let apply = |file, status| verdict(Command::Apply, "refs/heads/main", file, status).0;
        assert_eq!(apply("remediate.yaml", "drifted"), Command::Remediate);
        assert_eq!(apply("apply.yaml", "drifted"), Command::Apply);
        assert_eq!(apply("apply.yaml", "remediating"), Command::Remediate);
    }

    #[test]
    fn a_workflow_is_named_by_any_block() {
        let pro = json!({
            "enabled": true, "release": { "published": { "workflows": { "ship.yaml": null } } },
            "drift_detection": { "detect": { "workflows": { "plan.yaml": { "inputs": { "other.yaml": "x" } } } } },
        });
        for (file, expected) in [("ship.yaml", true), ("plan.yaml", true), ("other.yaml", false), ("", false)] {
            assert_eq!(names_anywhere(&pro, file), expected, "{file}");
        }
        assert!(!names_anywhere(&Value::Null, "plan.yaml"));
    }

    #[test]
    fn a_static_token_detects_drift_where_that_is_on() {
        let trigger = |command, drift_enabled| {
            let subject = Subject { pro: &Value::Null, status: "unknown", drift_enabled, default_branch: None };
            judge(command, subject, None).trigger
        };
        assert_eq!(trigger(Command::Plan, true), "drift_detection");
        assert_eq!(trigger(Command::Plan, false), "manual");
        assert_eq!(trigger(Command::Apply, true), "manual");
    }

    #[test]
    fn exit_codes_follow_the_published_table() {
        for (command, exit_code, status, conclusion) in [
            (Command::Plan, 0, "in_sync", "success"),
            (Command::Plan, 2, "drifted", "success"),
            (Command::Plan, 1, "error", "failure"),
            (Command::Plan, 137, "error", "failure"),
            (Command::Apply, 0, "in_sync", "success"),
            (Command::Apply, 2, "error", "failure"),
            (Command::Remediate, 0, "remediated", "success"),
            (Command::Remediate, 1, "error", "failure"),
        ] {
            assert_eq!(status_of(command, exit_code), status);
            assert_eq!(conclusion_of(command, exit_code), conclusion);
        }
    }
}
