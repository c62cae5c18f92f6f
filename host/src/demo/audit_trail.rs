//! The audit log of the last weeks: what workflows uploaded, what became of pull requests, and which calls of agents
//! were denied.

use serde_json::json;

use super::changes::Change;
use super::dice::{DAY, Dice, HOUR, MINUTE};
use super::events::Outcome;
use super::failures::Place;
use super::sites::Stage;
use super::spec::DenialSpec;
use super::timeline::Draft;
use crate::authz::Permission;
use crate::clock::Timestamp;
use crate::store::demo_seed::{AuditRow, Denied, Member, PullRequest, Run};

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
        actor_type: "github_action",
        actor_id: format!("{repository}/actions/runs/{number}"),
        category: "instance",
        action: "drift_status_updated",
        target_type: "instance",
        target_id: run.instance_id.clone(),
        metadata: metadata.to_string(),
        request_id: stage.dice.id("req", at),
        denied: None,
    })
}

fn of_pull_request(stage: &Stage<'_>, row: &PullRequest, (at, action): (Timestamp, &'static str)) -> AuditRow {
    AuditRow {
        id: stage.dice.id("aud", at),
        at,
        actor_type: "github_app",
        actor_id: "webhook".to_owned(),
        category: "pull_request",
        action,
        target_type: "pull_request",
        target_id: row.id.clone(),
        metadata: json!({ "number": row.number, "author": row.author, "repositoryId": row.repository_id }).to_string(),
        request_id: stage.dice.id("req", at),
        denied: None,
    }
}

/// Calls that were denied: of a person whose role did not have the permission, or whose client was not granted it. Each
/// person has one client.
pub(super) fn denials(dice: &Dice<'_>, specs: &[DenialSpec], members: &[Member], now: Timestamp) -> Vec<AuditRow> {
    let mut rows = Vec::new();
    for member in members {
        let client_id = dice.id("cli", now.minus(DAY * DAYS));
        let theirs = specs.iter().filter(|spec| spec.login == member.login);
        rows.extend(theirs.map(|spec| denial(dice, spec, (member, client_id.as_str()), now)));
    }
    rows
}

fn denial(dice: &Dice<'_>, spec: &DenialSpec, (member, client_id): (&Member, &str), now: Timestamp) -> AuditRow {
    let at = now.minus(HOUR * spec.hours + MINUTE * spec.minutes);
    AuditRow {
        id: dice.id("aud", at),
        at,
        actor_type: "mcp_client",
        actor_id: member.user_id.clone(),
        category: "mcp",
        action: "tool_called",
        target_type: "tool",
        target_id: spec.tool.to_owned(),
        metadata: spec.arguments.to_owned(),
        request_id: dice.id("req", at),
        denied: Some(Denied {
            client_id: client_id.to_owned(),
            permission: Permission::AuditLogRead.key(),
            side: spec.side.name(),
        }),
    }
}
