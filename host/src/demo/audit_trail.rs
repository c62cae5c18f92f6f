//! The audit log of the last weeks: what workflows uploaded, and what became of pull requests.

use serde_json::json;

use super::changes::Change;
use super::dice::DAY;
use super::events::Outcome;
use super::failures::Place;
use super::sites::Stage;
use super::timeline::Draft;
use crate::clock::Timestamp;
use crate::store::demo_seed::{AuditRow, PullRequest, Run};

/// Days that the log reaches back.
const DAYS: u32 = 35;

/// The rows of these runs and pull requests.
pub(super) fn rows<'l>(
    stage: &Stage<'l>,
    (drafts, runs): (&[Draft<'l>], &[Run]),
    (changes, pull_requests): (&[Change<'l>], &[PullRequest]),
) -> Vec<AuditRow> {
    let since = stage.now.minus(DAY * DAYS);
    let results = drafts.iter().zip(runs).filter_map(|(draft, run)| result(stage, draft, run));
    let mut rows: Vec<AuditRow> = results.filter(|row| since <= row.at).collect();
    for (change, row) in changes.iter().zip(pull_requests) {
        let opened = (change.opened_at, "opened");
        let merged = change.merge().map(|merge| (merge.at, "merged"));
        let told = std::iter::once(opened).chain(merged).filter(|event| since <= event.0);
        rows.extend(told.map(|event| of_pull_request(stage, row, event)));
    }
    rows
}

/// What the CLI uploads when Terraform has run.
fn result(stage: &Stage<'_>, draft: &Draft<'_>, run: &Run) -> Option<AuditRow> {
    let event = &draft.event;
    let exit_code = match event.outcome {
        Outcome::Exit(code) => code,
        Outcome::Succeeded => 0,
        Outcome::Broken(failure) if failure.reached(Place::Backend) && failure.exit != 0 => failure.exit,
        Outcome::Broken(_) | Outcome::Running | Outcome::Waiting => return None,
    };
    let at = run.finished_at?;
    let site = draft.life.site;
    let number = run.github_run_id.unwrap_or_default();
    let repository = format!("{}/{}", site.installation.account, site.spec.name);
    let metadata = json!({
        "repository": repository,
        "instanceId": run.instance_id,
        "runId": run.id,
        "stack": run.stack,
        "component": run.component,
        "command": run.command,
        "trigger": run.trigger,
        "exitCode": exit_code,
        "from": draft.from,
        "status": draft.to,
        "late": false,
    });
    Some(AuditRow {
        id: stage.dice.id("aud", at),
        at,
        actor_id: format!("{repository}/actions/runs/{number}"),
        category: "instance",
        action: "drift_status_updated",
        target_type: "instance",
        target_id: run.instance_id.clone(),
        metadata: metadata.to_string(),
        request_id: stage.dice.id("req", at),
    })
}

fn of_pull_request(stage: &Stage<'_>, row: &PullRequest, (at, action): (Timestamp, &'static str)) -> AuditRow {
    AuditRow {
        id: stage.dice.id("aud", at),
        at,
        actor_id: "webhook".to_owned(),
        category: "pull_request",
        action,
        target_type: "pull_request",
        target_id: row.id.clone(),
        metadata: json!({ "number": row.number, "author": row.author, "repositoryId": row.repository_id }).to_string(),
        request_id: stage.dice.id("req", at),
    }
}
