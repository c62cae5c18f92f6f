//! The life of one instance: from its runs follow its statuses, now and before.

use std::time::Duration;

use super::dice::{Dice, HOUR, MINUTE};
use super::events::{Event, Outcome, events};
use super::spec::Fate;
use crate::clock::Timestamp;
use crate::store::demo_seed::{Run, StatusChange};

/// Whose life, and what it comes to.
pub(super) struct Life<'a> {
    pub(super) instance_id: &'a str,
    pub(super) repository_id: &'a str,
    pub(super) fate: Fate,
    pub(super) drift_enabled: bool,
    pub(super) created_at: Timestamp,
    /// Runs are kept from here on.
    pub(super) start: Timestamp,
    /// The present, or when the repository lost its connection.
    pub(super) end: Timestamp,
    /// When it was disabled or removed.
    pub(super) stopped_at: Option<Timestamp>,
}

/// What a life leaves in the database.
pub(super) struct History {
    pub(super) status: &'static str,
    pub(super) drift_status: &'static str,
    pub(super) runs: Vec<Run>,
    pub(super) status_changes: Vec<StatusChange>,
    /// Id and time.
    pub(super) last_run: Option<(String, Timestamp)>,
    /// Id and time.
    pub(super) last_drift_run: Option<(String, Timestamp)>,
}

/// Lives it.
pub(super) fn live(dice: &Dice<'_>, life: &Life<'_>) -> History {
    let mut history = begin(dice, life);
    for event in events(dice, life) {
        history.run(dice, life, event);
    }
    let stopped = match life.fate {
        Fate::Disabled => Some("disabled"),
        Fate::Orphaned => Some("orphaned"),
        Fate::InSync
        | Fate::Drifted
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
fn begin(dice: &Dice<'_>, life: &Life<'_>) -> History {
    let mut history = History {
        status: "unknown",
        drift_status: if life.drift_enabled { "unknown" } else { "disabled" },
        runs: Vec::new(),
        status_changes: Vec::new(),
        last_run: None,
        last_drift_run: None,
    };
    history.status_changes.push(StatusChange {
        id: dice.id("isc", life.created_at),
        instance_id: life.instance_id.to_owned(),
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

impl History {
    fn run(&mut self, dice: &Dice<'_>, life: &Life<'_>, event: Event) {
        let started_at = event.at.plus(dice.between(Duration::from_secs(4), Duration::from_secs(20)));
        let finished_at = (event.outcome != Outcome::Running).then(|| started_at.plus(duration(dice, event.command)));
        let (status, conclusion, plan_exit_code) = result(event);
        let run = Run {
            id: dice.id("run", event.at),
            repository_id: life.repository_id.to_owned(),
            instance_id: life.instance_id.to_owned(),
            command: event.command,
            trigger: event.trigger,
            conclusion,
            plan_exit_code,
            created_at: event.at,
            started_at,
            finished_at,
        };
        let at = finished_at.unwrap_or(started_at);
        self.last_run = Some((run.id.clone(), at));
        let is_detection = event.trigger == "drift_detection";
        if is_detection {
            self.last_drift_run = Some((run.id.clone(), at));
        }
        if is_detection || event.command == "remediate" {
            self.drift_status = status;
        }
        self.change(dice, life, status, at, Some(run.id.clone()));
        self.runs.push(run);
    }

    fn change(&mut self, dice: &Dice<'_>, life: &Life<'_>, to: &'static str, at: Timestamp, run_id: Option<String>) {
        if self.status == to {
            return;
        }
        self.status_changes.push(StatusChange {
            id: dice.id("isc", at),
            instance_id: life.instance_id.to_owned(),
            from: Some(self.status),
            to,
            at,
            run_id,
        });
        self.status = to;
    }
}

/// Status of the instance, conclusion, and exit code of a plan.
fn result(event: Event) -> (&'static str, Option<&'static str>, Option<i64>) {
    match event.outcome {
        Outcome::Exit(0) => ("in_sync", Some("success"), Some(0)),
        Outcome::Exit(2) => ("drifted", Some("success"), Some(2)),
        Outcome::Exit(code) => ("error", Some("failure"), Some(code)),
        Outcome::Succeeded if event.command == "remediate" => ("remediated", Some("success"), None),
        Outcome::Succeeded => ("in_sync", Some("success"), None),
        Outcome::Failed => ("error", Some("failure"), None),
        Outcome::Running => ("remediating", None, None),
    }
}

fn duration(dice: &Dice<'_>, command: &str) -> Duration {
    if command == "plan" {
        dice.between(Duration::from_secs(35), MINUTE * 4)
    } else {
        dice.between(MINUTE, MINUTE * 16)
    }
}
