//! What the facts of a run say, with and without a log.

use tools_diagnostics::{Action, Confidence, ParentRun, RunFacts, StepLog, Verdict, explain};

fn facts(status: &str, conclusion: Option<&str>) -> RunFacts {
    RunFacts { status: Some(status.into()), conclusion: conclusion.map(Into::into), ..RunFacts::default() }
}

fn log(text: &str) -> Vec<StepLog> {
    vec![StepLog {
        job: "plan".into(),
        step: Some("Plan".into()),
        conclusion: Some("failure".into()),
        text: text.into(),
    }]
}

fn failed(text: &str) -> Verdict {
    explain(&facts("completed", Some("failure")), &log(text))
}

fn is(verdict: &Verdict, category: &str, action: Action) {
    assert_eq!((verdict.category, verdict.suggested_action.action), (category, action), "{verdict:#?}");
}

#[test]
fn a_run_that_waits_for_approval_gives_approve_and_its_environment() {
    let waiting = RunFacts { environment: Some("prod".into()), ..facts("waiting", None) };
    let verdict = explain(&waiting, &[]);
    is(&verdict, "environment_protection", Action::Approve);
    assert_eq!(verdict.suggested_action.target.as_deref(), Some("prod"));
    let pending = RunFacts { approval_state: Some("pending".into()), ..facts("in_progress", None) };
    is(&explain(&pending, &[]), "environment_protection", Action::Approve);
    is(&explain(&facts("completed", Some("action_required")), &[]), "environment_protection", Action::Approve);
}

#[test]
fn a_rejected_run_does_not_ask_for_approval_again() {
    let rejected = RunFacts { approval_state: Some("rejected".into()), ..facts("completed", Some("failure")) };
    is(&explain(&rejected, &[]), "approval_rejected", Action::Investigate);
}

#[test]
fn a_failing_parent_gives_its_id() {
    let parent = Some(ParentRun { id: "run_1".into(), conclusion: Some("failure".into()) });
    let verdict =
        explain(&RunFacts { parent: parent.clone(), ..facts("completed", Some("failure")) }, &log("Error: x"));
    is(&verdict, "parent_failed", Action::FixParentRun);
    assert_eq!(verdict.parent_run_id.as_deref(), Some("run_1"));
    assert_eq!(verdict.suggested_action.target.as_deref(), Some("run_1"));
    is(&explain(&RunFacts { parent, ..facts("pending", None) }, &[]), "parent_failed", Action::FixParentRun);
}

#[test]
fn runs_without_a_failure_get_an_answer() {
    is(&explain(&facts("completed", Some("success")), &[]), "no_failure", Action::Investigate);
    is(&explain(&facts("in_progress", None), &[]), "run_in_progress", Action::Investigate);
    is(
        &explain(&facts("queued", None), &log("Waiting for a runner to pick up this job...")),
        "runner_unavailable",
        Action::Investigate,
    );
    is(&explain(&RunFacts::default(), &[]), "unknown", Action::Investigate);
}

#[test]
fn conclusions_count_where_the_log_is_silent() {
    is(&explain(&facts("completed", Some("timed_out")), &[]), "timeout", Action::Rerun);
    is(&explain(&facts("completed", Some("cancelled")), &[]), "cancelled", Action::Rerun);
    is(&explain(&facts("completed", Some("startup_failure")), &[]), "workflow_invalid", Action::FixCode);
    let timed_out = explain(&facts("completed", Some("timed_out")), &log("Error: No valid credential sources found"));
    is(&timed_out, "credentials_missing", Action::FixCredentials);
}

#[test]
fn dispatch_errors_are_explained_without_a_run() {
    let dispatch = |error: &str| {
        explain(
            &RunFacts {
                dispatch_error: Some(error.into()),
                git_ref: Some("feature/x".into()),
                repo: Some("acme/infra".into()),
                ..RunFacts::default()
            },
            &[],
        )
    };
    let verdict = dispatch("HTTP 422: No ref found for: feature/gone (https://api.github.com/x)");
    is(&verdict, "dispatch_ref", Action::FixRef);
    assert_eq!(verdict.suggested_action.target.as_deref(), Some("feature/gone"));
    assert_eq!(dispatch("ref_not_found").suggested_action.target.as_deref(), Some("feature/x"));
    is(&dispatch("missing_plan_result"), "dispatch_no_result", Action::Investigate);
    is(&dispatch("HTTP 404: Not Found"), "dispatch_workflow", Action::FixCode);
    is(&dispatch("HTTP 403: Resource not accessible by integration"), "github_permission", Action::FixCredentials);
    is(&dispatch("HTTP 503"), "github_server_error", Action::Rerun);
    is(&dispatch("held_threshold"), "dispatch_held", Action::Approve);
    is(&dispatch("something new"), "dispatch_unknown", Action::Investigate);
}

#[test]
fn a_log_knows_more_than_a_missing_result() {
    let facts = RunFacts { dispatch_error: Some("missing_plan_result".into()), ..facts("completed", Some("failure")) };
    is(
        &explain(&facts, &log("Error: No valid credential sources found")),
        "credentials_missing",
        Action::FixCredentials,
    );
}

#[test]
fn exit_code_2_is_a_plan_with_changes() {
    let facts =
        RunFacts { plan_exit_code: Some(2), command: Some("plan".into()), ..facts("completed", Some("failure")) };
    let verdict = explain(
        &facts,
        &log("Plan: 1 to add, 0 to change, 0 to destroy.\n##[error]Process completed with exit code 2."),
    );
    is(&verdict, "plan_has_changes", Action::Investigate);
    assert_eq!(verdict.plan_saw_changes, Some(true));
    let guessed = failed("Plan: 1 to add, 0 to change, 0 to destroy.\n##[error]Process completed with exit code 2.");
    is(&guessed, "plan_has_changes", Action::Investigate);
    assert_eq!(guessed.plan_saw_changes, Some(true));
}

const LOCK: &str = "Error: Error acquiring the state lock\n\nError message: ConditionalCheckFailedException: The conditional request failed\nLock Info:\n  ID:        5b9c9e7b-0000-1111-2222-333344445555\n  Path:      tfstate/prod\n  Operation: OperationTypeApply\n  Who:       runner@x\n  Version:   1.7.5\n  Created:   2026-08-21 09:50:00.1234 +0000 UTC\n";

#[test]
fn an_old_lock_is_no_reason_to_rerun_with_confidence() {
    let at = |started: &str| {
        explain(&RunFacts { started_at: Some(started.into()), ..facts("completed", Some("failure")) }, &log(LOCK))
    };
    let busy = at("2026-08-21T10:00:00Z");
    is(&busy, "state_lock", Action::Rerun);
    assert_eq!(busy.suggested_action.confidence, Confidence::High);
    assert_eq!(busy.suggested_action.target.as_deref(), Some("5b9c9e7b-0000-1111-2222-333344445555"));
    let old = at("2026-08-23T10:00:00Z");
    is(&old, "state_lock", Action::Rerun);
    assert_eq!(old.suggested_action.confidence, Confidence::Low);
    assert!(old.description.contains("48 h older"), "{}", old.description);
    assert_eq!(old.suggested_action.target, busy.suggested_action.target);
}

#[test]
fn several_errors_give_the_one_that_blocks_the_others() {
    let verdict = failed(
        "Error: timeout: net/http: TLS handshake timeout\n\n\n\nError: creating IAM Role: api error AccessDenied: User: arn:aws:sts::1:assumed-role/plan/gha is not authorized to perform: iam:CreateRole\n##[error]Process completed with exit code 1.",
    );
    is(&verdict, "permission_denied", Action::FixCredentials);
    assert_eq!(verdict.suggested_action.target.as_deref(), Some("arn:aws:sts::1:assumed-role/plan/gha"));
    assert_eq!(verdict.evidence.first().and_then(|line| line.line), Some(5));
    assert!(verdict.description.contains("Also in the log: network_transient"), "{}", verdict.description);
}

#[test]
fn an_unsaved_state_is_mentioned() {
    let verdict =
        failed("Error: Failed to save state: failed to upload state: ExpiredToken: The provided token has expired.");
    is(&verdict, "credentials_expired", Action::FixCredentials);
    assert!(verdict.description.contains("errored.tfstate"), "{}", verdict.description);
}

#[test]
fn the_first_failed_step_of_a_job_is_the_cause() {
    let mut steps = log("Error: Unclosed configuration block");
    steps.extend(log("Error: Credentials could not be loaded, please check your action inputs"));
    is(&explain(&facts("completed", Some("failure")), &steps), "terraform_config", Action::FixCode);
}

#[test]
fn an_unknown_error_is_quoted_and_not_guessed() {
    let verdict = failed("Error: flux capacitor out of alignment\n##[error]Process completed with exit code 1.");
    is(&verdict, "unknown", Action::Investigate);
    assert_eq!(verdict.suggested_action.confidence, Confidence::Low);
    assert!(verdict.description.contains("flux capacitor"), "{}", verdict.description);
}

#[test]
fn secrets_never_leave_the_log() {
    let secrets = [
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "hunter2hunter2",
    ];
    let texts = [
        "Error: AccessDenied: Access Denied for AKIAIOSFODNN7EXAMPLE with secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "fatal: Authentication failed for 'https://x-access-token:ghp_16C7e42F292c6912E7710c838347Ae178B4a@github.com/acme/x.git/'",
        "Error: flux: password=hunter2hunter2",
        "Error: dial https://admin:hunter2hunter2@registry.example.com/v2/: TLS handshake timeout",
    ];
    for text in texts {
        let verdict = format!("{:?}", failed(text));
        assert!(!secrets.iter().any(|secret| verdict.contains(secret)), "{verdict}");
    }
}

#[test]
fn hostile_texts_are_survived() {
    for text in [
        "",
        "\u{feff}",
        "Error:",
        "\u{1b}[",
        "##[error]",
        "│",
        "╷\n│ Error: \n╵",
        "\u{1b}]8;;",
        "::error::",
        "##[group]Run \n##[endgroup]",
    ] {
        assert_eq!(failed(text).suggested_action.action, Action::Investigate, "{text:?}");
    }
    let long = format!("Error: {}", "a".repeat(3_000_000));
    assert_eq!(failed(&long).suggested_action.action, Action::Investigate);
    assert!(failed(&long).description.len() < 2000);
}
