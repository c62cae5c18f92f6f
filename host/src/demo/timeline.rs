//! The life of one instance: from its runs follow its statuses, now and before.

use std::time::Duration;

use super::approvals::{self, Approval};
use super::dice::{Dice, HOUR, MINUTE, SECOND};
use super::events::{Event, Outcome};
use super::failures::{Failure, Place};
use super::sites::{Life, Stage};
use super::spec::Fate;
use crate::clock::Timestamp;
use crate::store::demo_seed::StatusChange;

/// A run, and what it did to its instance.
pub(super) struct Draft<'l> {
    pub(super) id: String,
    pub(super) life: &'l Life<'l>,
    pub(super) event: Event<'l>,
    /// None while it runs or waits.
    pub(super) conclusion: Option<&'static str>,
    /// None unless it is a plan that came to its end.
    pub(super) plan_exit_code: Option<i64>,
    pub(super) started_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) approval: Option<Approval>,
    /// The instance's status before and after it.
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

/// What a life leaves in the database.
pub(super) struct History<'l> {
    pub(super) status: &'static str,
    pub(super) drift_status: &'static str,
    pub(super) drafts: Vec<Draft<'l>>,
    pub(super) status_changes: Vec<StatusChange>,
    /// Id and time.
    pub(super) last_run: Option<(String, Timestamp)>,
    /// Id and time.
    pub(super) last_drift_run: Option<(String, Timestamp)>,
}

/// Lives it.
pub(super) fn live<'l>(stage: &Stage<'_>, life: &'l Life<'l>, events: Vec<Event<'l>>) -> History<'l> {
    let dice = stage.dice;
    let mut history = begin(dice, life);
    let mut drafts: Vec<Draft<'l>> = events.into_iter().map(|event| Draft::new(stage, life, event)).collect();
    // What ends later says more, as for uploads.
    drafts.sort_by_key(Draft::told_at);
    for draft in drafts {
        history.hear(dice, draft);
    }
    let stopped = match life.fate {
        Fate::Disabled => Some("disabled"),
        Fate::Orphaned => Some("orphaned"),
        Fate::InSync
        | Fate::Drifted
        | Fate::Locked
        | Fate::Flapping
        | Fate::DetectionFailed
        | Fate::ApplyFailed
        | Fate::Remediated
        | Fate::Remediating
        | Fate::Unknown => None,
    };
    if let (Some(status), Some(at)) = (stopped, life.stopped_at) {
        history.drift_status = status;
        history.change(dice, life, status, at, None);
    }
    history
}

/// The first upload, and, unless it has only just come, the first apply soon after, whose run is no longer
/// kept.
fn begin<'l>(dice: &Dice<'_>, life: &Life<'_>) -> History<'l> {
    let mut history = History {
        status: "unknown",
        drift_status: if life.drift_enabled { "unknown" } else { "disabled" },
        drafts: Vec::new(),
        status_changes: Vec::new(),
        last_run: None,
        last_drift_run: None,
    };
    history.status_changes.push(StatusChange {
        id: dice.id("isc", life.created_at),
        instance_id: life.id.clone(),
        from: None,
        to: history.status,
        at: life.created_at,
        run_id: None,
    });
    if life.fate != Fate::Unknown {
        history.change(dice, life, "in_sync", life.created_at.plus(HOUR), None);
    }
    history
}

impl<'l> Draft<'l> {
    fn new(stage: &Stage<'_>, life: &'l Life<'l>, event: Event<'l>) -> Self {
        let dice = stage.dice;
        let approval = approvals::decide(stage, life, &event);
        let ready_at = approval.as_ref().and_then(|approval| approval.decided_at).unwrap_or(event.at);
        let has_begun = event.is_dispatched() && !matches!(event.outcome, Outcome::Waiting);
        let started_at = has_begun.then(|| ready_at.plus(dice.between(SECOND * 4, SECOND * 20)));
        let is_over = !matches!(event.outcome, Outcome::Running | Outcome::Waiting);
        let finished_at = is_over.then(|| started_at.unwrap_or(ready_at).plus(duration(dice, &event)));
        Self {
            id: dice.id("run", event.at),
            life,
            event,
            conclusion: conclusion(&event),
            plan_exit_code: plan_exit_code(&event),
            started_at,
            finished_at,
            approval,
            from: "",
            to: "",
        }
    }

    /// When it says what it says.
    fn told_at(&self) -> Timestamp {
        self.finished_at.or(self.started_at).unwrap_or(self.event.at)
    }
}

impl<'l> History<'l> {
    /// Lets a run change the instance. One that was not started says nothing, unless it was to detect drift.
    fn hear(&mut self, dice: &Dice<'_>, mut draft: Draft<'l>) {
        let (event, at) = (draft.event, draft.told_at());
        draft.from = self.status;
        if draft.started_at.is_some() || event.is_detection() {
            self.last_run = Some((draft.id.clone(), at));
            if event.is_detection() {
                self.last_drift_run = Some((draft.id.clone(), at));
            }
            if let Some(status) = status_after(&event) {
                if event.is_detection() || event.command == "remediate" {
                    self.drift_status = status;
                }
                self.change(dice, draft.life, status, at, Some(draft.id.clone()));
            }
        }
        draft.to = self.status;
        self.drafts.push(draft);
    }

    fn change(&mut self, dice: &Dice<'_>, life: &Life<'_>, to: &'static str, at: Timestamp, run_id: Option<String>) {
        if self.status == to {
            return;
        }
        self.status_changes.push(StatusChange {
            id: dice.id("isc", at),
            instance_id: life.id.clone(),
            from: Some(self.status),
            to,
            at,
            run_id,
        });
        self.status = to;
    }
}

/// The status that a run gives its instance; none if it says nothing.
fn status_after(event: &Event<'_>) -> Option<&'static str> {
    match event.outcome {
        Outcome::Succeeded if event.command == "remediate" => Some("remediated"),
        Outcome::Exit(0) | Outcome::Succeeded => Some("in_sync"),
        Outcome::Exit(2) => Some("drifted"),
        Outcome::Exit(_) => Some("error"),
        Outcome::Broken(failure) => failure.is_failure().then_some("error"),
        Outcome::Running if event.command == "remediate" => Some("remediating"),
        Outcome::Running | Outcome::Waiting => None,
    }
}

fn conclusion(event: &Event<'_>) -> Option<&'static str> {
    match event.outcome {
        Outcome::Exit(0 | 2) | Outcome::Succeeded => Some("success"),
        Outcome::Exit(_) => Some("failure"),
        Outcome::Broken(failure) => Some(failure.conclusion),
        Outcome::Running | Outcome::Waiting => None,
    }
}

/// What the CLI uploads of a plan. It does so when Terraform has run.
fn plan_exit_code(event: &Event<'_>) -> Option<i64> {
    let uploaded = |failure: &Failure| {
        let ended = failure.reached(Place::Backend) && failure.exit != 0 && failure.conclusion == "failure";
        ended.then_some(failure.exit)
    };
    match event.outcome {
        Outcome::Exit(code) => Some(code),
        Outcome::Broken(failure) if event.command == "plan" => uploaded(failure),
        Outcome::Broken(_) | Outcome::Succeeded | Outcome::Running | Outcome::Waiting => None,
    }
}

/// How long the run takes, or the dispatch that fails.
fn duration(dice: &Dice<'_>, event: &Event<'_>) -> Duration {
    let seconds = |from: u32, to: u32| dice.between(SECOND * from, SECOND * to);
    match event.failure().map(|failure| (failure.minutes, failure.place)) {
        Some((Some(minutes), _)) => MINUTE * minutes,
        Some((None, Place::Dispatch)) => seconds(2, 9),
        Some((None, Place::Setup)) => seconds(3, 9),
        Some((None, Place::Checkout)) => seconds(9, 16),
        Some((None, Place::Credentials)) => seconds(18, 45),
        Some((None, Place::Start)) => seconds(22, 35),
        Some((None, Place::Backend | Place::Providers | Place::Ready)) => seconds(30, 80),
        Some((None, Place::Refresh | Place::Change)) | None if event.command == "plan" => seconds(35, 240),
        Some((None, Place::Refresh | Place::Change)) | None => seconds(60, 960),
    }
}
