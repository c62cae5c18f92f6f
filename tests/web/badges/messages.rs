//! What badges say.

use std::time::Duration;

use tests::harness::{Engine, text};

use super::subject::{Parameter, Picture, Subject, with};
use crate::catalog::STATUSES;

/// What a drift badge should say of these statuses.
fn drift(statuses: &[&str]) -> &'static str {
    let by_urgency = [
        ("error", "drift: Error"),
        ("drifted", "drift: Drift Detected"),
        ("remediating", "drift: Remediation In Progress"),
        ("remediated", "drift: Remediated"),
        ("in_sync", "drift: No Drift"),
        ("unknown", "drift: unknown"),
        ("disabled", "drift: Disabled"),
        ("orphaned", "drift: Orphaned"),
    ];
    let worst = by_urgency.into_iter().find(|(status, _)| statuses.contains(status));
    worst.map_or("drift: unknown", |(_, text)| text)
}

/// What a badge of instance health should say of these statuses.
fn health(statuses: &[&str]) -> String {
    let count = |wanted: &[&str]| statuses.iter().filter(|status| wanted.contains(status)).count();
    let healthy = count(&["in_sync", "remediated"]);
    let total = count(&["in_sync", "remediated", "drifted", "remediating", "error", "unknown"]);
    if total == count(&["unknown"]) {
        return "instances: unknown".to_owned();
    }
    format!("instances: {healthy}/{total} Healthy")
}

/// The whole repository, and ever less of it.
fn parts<'a>(stack: &'a str, component: &'a str) -> [Vec<Parameter<'a>>; 4] {
    let (stack, component) = (("stack", stack), ("component", component));
    [vec![], vec![stack], vec![component], vec![stack, component]]
}

on_both_engines! {
    async fn each_status_of_an_instance_has_its_text_and_colour(engine: Engine) {
        let subject = Subject::start(engine).await?;
        let (id, stack, component) = subject.instance().await?;
        let url = subject.url(&[("type", "drift_status"), ("stack", &stack), ("component", &component)])?;
        let colours = ["#656d76", "#1a7f37", "#b45309", "#0969da", "#1a7f37", "#cf222e", "#656d76", "#656d76"];
        for (status, colour) in STATUSES.into_iter().zip(colours) {
            subject.app.db_execute(&format!("UPDATE instances SET status = '{status}' WHERE id = '{id}'")).await?;
            let picture = Picture::open(&url).await?;
            assert_eq!(picture.says(), drift(&[status]), "{status}");
            assert!(picture.svg.contains(&format!("fill=\"{colour}\"")), "{status}: {}", picture.svg);
        }
    }

    async fn a_badge_counts_what_list_instances_lists(engine: Engine) {
        let subject = Subject::start(engine).await?;
        let (_, stack, component) = subject.instance().await?;
        for part in parts(&stack, &component) {
            let rows = subject.instances(&part).await?;
            let statuses: Vec<&str> = rows.iter().map(|row| text(row, "/status")).collect();
            let said = subject.says(&with(&[("type", "drift_status")], &part)).await?;
            assert_eq!(said, drift(&statuses), "{part:?}");
            let said = subject.says(&with(&[("type", "instance_health")], &part)).await?;
            assert_eq!(said, health(&statuses), "{part:?}");
        }
    }

    async fn a_dot_pulses_while_a_detection_is_under_way(engine: Engine) {
        let subject = Subject::start(engine).await?;
        let (id, stack, component) = subject.instance().await?;
        let url = subject.url(&[("type", "drift_status"), ("stack", &stack), ("component", &component)])?;
        subject.app.db_execute(&format!("UPDATE instances SET status = 'in_sync' WHERE id = '{id}'")).await?;
        assert_eq!(Picture::open(&url).await?.says(), "drift: No Drift");

        subject.add_run(&id, "1", ["plan", "drift_detection", "in_progress", ""]).await?;
        let picture = Picture::open(&url).await?;
        assert_eq!(picture.says(), "drift: No Drift, detection in progress");
        assert!(picture.svg.contains("<circle class=\"p\"") && picture.svg.contains("prefers-reduced-motion"));
        assert!(subject.says(&[("type", "drift_status")]).await?.ends_with(", detection in progress"));

        // One that never ends is taken for lost after a day.
        subject.app.advance(Duration::from_hours(25));
        assert_eq!(Picture::open(&url).await?.says(), "drift: No Drift");
    }

    async fn the_latest_run_is_told(engine: Engine) {
        let subject = Subject::start(engine).await?;
        let (id, stack, component) = subject.instance().await?;
        let runs = [
            (["apply", "push", "completed", "success"], "Deployed", "Passing"),
            (["plan", "pull_request", "completed", "failure"], "Deployed", "Failing"),
            (["remediate", "drift_detection", "in_progress", ""], "Deploying", "Running"),
            (["plan", "pull_request", "queued", ""], "Deploying", "Queued"),
            (["apply", "push", "completed", "cancelled"], "Cancelled", "Cancelled"),
            (["apply", "push", "completed", "startup_failure"], "Failed", "Failing"),
        ];
        for (index, (words, deployment, workflow)) in runs.into_iter().enumerate() {
            subject.add_run(&id, &index.to_string(), words).await?;
            for part in parts(&stack, &component) {
                let said = subject.says(&with(&[("type", "deployment_status")], &part)).await?;
                assert_eq!(said, format!("deployment: {deployment}"), "{words:?} {part:?}");
                let said = subject.says(&with(&[("type", "workflow_status")], &part)).await?;
                assert_eq!(said, format!("workflow: {workflow}"), "{words:?} {part:?}");
            }
        }
        let waits = "UPDATE workflow_runs SET status = 'waiting', conclusion = NULL, approval_state = 'pending' \
             WHERE id = 'run_zzz5'";
        subject.app.db_execute(waits).await?;
        assert_eq!(subject.says(&[("type", "deployment_status")]).await?, "deployment: Awaiting Approval");
    }
}
