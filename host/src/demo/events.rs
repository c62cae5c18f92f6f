//! What happened to one instance: its workflow runs, by chance and towards its fate.

use std::time::Duration;

use super::dice::{DAY, Dice, HOUR, MINUTE};
use super::spec::Fate;
use super::timeline::Life;
use crate::clock::Timestamp;

/// How many weekly drift detections the eight weeks have, the last one included.
const WEEKS: u32 = 8;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A plan's exit code: 0 no change, 1 error, 2 changes.
    Exit(i64),
    Succeeded,
    Failed,
    /// Not yet.
    Running,
}

/// A workflow run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) at: Timestamp,
    pub(super) command: &'static str,
    pub(super) trigger: &'static str,
    pub(super) outcome: Outcome,
}

impl Event {
    const fn detect(at: Timestamp, exit: i64) -> Self {
        Self { at, command: "plan", trigger: "drift_detection", outcome: Outcome::Exit(exit) }
    }

    const fn plan(at: Timestamp, exit: i64) -> Self {
        Self { at, command: "plan", trigger: "pull_request", outcome: Outcome::Exit(exit) }
    }

    const fn apply(at: Timestamp, trigger: &'static str, outcome: Outcome) -> Self {
        Self { at, command: "apply", trigger, outcome }
    }

    const fn remediate(at: Timestamp, outcome: Outcome) -> Self {
        Self { at, command: "remediate", trigger: "manual", outcome }
    }
}

/// The runs of a life, oldest first.
pub(super) fn events(dice: &Dice<'_>, life: &Life<'_>) -> Vec<Event> {
    if life.fate == Fate::Unknown {
        return Vec::new();
    }
    let last = life.end.minus(dice.between(DAY, HOUR * 44));
    let mut events = Vec::new();
    if life.fate == Fate::Flapping {
        weekly_detections(dice, last, 3, &mut events);
    } else {
        // Without drift detection, a status can only come from a pull request.
        let requests = dice.below(3).max(u64::from(!life.drift_enabled));
        for _ in 0..requests {
            pull_request(dice, life.start, last, &mut events);
        }
        if life.drift_enabled {
            weekly_detections(dice, last, 1, &mut events);
        }
    }
    last_days(dice, life, last, &mut events);
    let stop = life.stopped_at.map_or(life.end, |at| at.minus(HOUR));
    events.retain(|event| life.start < event.at && event.at < stop);
    events.sort_by_key(|event| event.at);
    events
}

/// One drift detection a week up to the one before `last`, and what its findings led to.
fn weekly_detections(dice: &Dice<'_>, last: Timestamp, first: u32, events: &mut Vec<Event>) {
    for week in first..WEEKS {
        let at = last.minus(DAY * 7 * week);
        match dice.below(100) {
            0..6 => {
                events.push(Event::detect(at, 2));
                events.push(Event::remediate(at.plus(dice.between(HOUR * 2, HOUR * 30)), Outcome::Succeeded));
            }
            6..9 => {
                events.push(Event::detect(at, 1));
                let again = Event { trigger: "manual", ..Event::detect(at.plus(dice.between(HOUR, HOUR * 20)), 0) };
                events.push(again);
            }
            _ => events.push(Event::detect(at, 0)),
        }
    }
}

/// A pull request that was planned, merged and applied, at some time well before `last`.
fn pull_request(dice: &Dice<'_>, start: Timestamp, last: Timestamp, events: &mut Vec<Event>) {
    let from = start.plus(DAY);
    let opened = from.plus(dice.between(Duration::ZERO, last.minus(DAY * 3).since(from)));
    if dice.chance(15) {
        events.push(Event::plan(opened, 1));
    }
    let planned = opened.plus(MINUTE * 40);
    events.push(Event::plan(planned, 2));
    let merged = planned.plus(dice.between(HOUR, HOUR * 20));
    let trigger = if dice.chance(10) { "release" } else { "pull_request" };
    if dice.chance(8) {
        events.push(Event::apply(merged, trigger, Outcome::Failed));
        let retried = merged.plus(dice.between(MINUTE * 30, HOUR * 3));
        events.push(Event::apply(retried, "manual", Outcome::Succeeded));
    } else {
        events.push(Event::apply(merged, trigger, Outcome::Succeeded));
    }
}

/// The last detection and what came after it, which makes the status of today.
fn last_days(dice: &Dice<'_>, life: &Life<'_>, last: Timestamp, events: &mut Vec<Event>) {
    let found = match life.fate {
        Fate::Drifted | Fate::Remediated | Fate::Remediating => 2,
        Fate::DetectionFailed => 1,
        Fate::InSync | Fate::ApplyFailed | Fate::Disabled | Fate::Orphaned | Fate::Flapping | Fate::Unknown => 0,
    };
    if life.drift_enabled {
        events.push(Event::detect(last, found));
    }
    let later = last.plus(dice.between(HOUR, HOUR * 4));
    match life.fate {
        Fate::InSync if dice.chance(25) => {
            events.push(Event::plan(later, 2));
            events.push(Event::apply(later.plus(HOUR * 5), "pull_request", Outcome::Succeeded));
        }
        Fate::ApplyFailed => {
            events.push(Event::plan(later, 2));
            events.push(Event::apply(later.plus(HOUR * 2), "pull_request", Outcome::Failed));
        }
        Fate::Remediated => events.push(Event::remediate(later, Outcome::Succeeded)),
        Fate::Remediating => events.push(Event::remediate(life.end.minus(MINUTE * 7), Outcome::Running)),
        Fate::Flapping => flap(last, events),
        Fate::InSync | Fate::Drifted | Fate::DetectionFailed | Fate::Disabled | Fate::Orphaned | Fate::Unknown => {}
    }
}

/// Two weeks in which every morning finds drift and every evening, of which `last` is one, finds none. The
/// newest finding is still open.
fn flap(last: Timestamp, events: &mut Vec<Event>) {
    let morning = last.plus(HOUR * 12);
    events.extend((0..14).map(|day| Event::detect(morning.minus(DAY * day), 2)));
    events.extend((1..14).map(|day| Event::detect(last.minus(DAY * day), 0)));
}
