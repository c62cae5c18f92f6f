//! What happened to one instance: its workflow runs, from its pull requests, by chance and towards its fate.

use super::changes::{Change, Commit, End, Part};
use super::dice::{DAY, Dice, HOUR, MINUTE};
use super::failures::{self, Failure, Kind};
use super::incidents::Troubles;
use super::sites::Life;
use super::spec::{Deploy, Fate};
use crate::clock::Timestamp;

/// How many weekly drift detections the eight weeks have, the last one included.
pub(super) const WEEKS: u32 = 8;

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    /// A plan's exit code: 0 no change, 2 changes.
    Exit(i64),
    Succeeded,
    Broken(&'static Failure),
    /// Not yet.
    Running,
    /// It has not begun: somebody has to let it.
    Waiting,
}

/// A workflow run.
#[derive(Clone, Copy)]
pub(super) struct Event<'l> {
    pub(super) at: Timestamp,
    pub(super) command: &'static str,
    pub(super) trigger: &'static str,
    pub(super) outcome: Outcome,
    pub(super) origin: Option<Origin<'l>>,
}

/// The pull request that a run belongs to.
#[derive(Clone, Copy)]
pub(super) struct Origin<'l> {
    pub(super) change: &'l Change<'l>,
    pub(super) commit: &'l Commit,
    /// Whether the failure of the pull request's first part is in its way.
    pub(super) is_blocked: bool,
}

impl<'l> Event<'l> {
    fn plan(at: Timestamp, trigger: &'static str, outcome: Outcome) -> Self {
        Self { at, command: "plan", trigger, outcome, origin: None }
    }

    fn detect(at: Timestamp, outcome: Outcome) -> Self {
        Self::plan(at, "drift_detection", outcome)
    }

    fn remediate(at: Timestamp, outcome: Outcome) -> Self {
        Self { command: "remediate", ..Self::plan(at, "manual", outcome) }
    }

    fn of(self, origin: Origin<'l>) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// Whether this is a drift detection.
    pub(super) fn is_detection(&self) -> bool {
        self.trigger == "drift_detection"
    }

    /// Why the run failed, if it did.
    pub(super) fn failure(&self) -> Option<&'static Failure> {
        match self.outcome {
            Outcome::Broken(failure) => Some(failure),
            Outcome::Exit(_) | Outcome::Succeeded | Outcome::Running | Outcome::Waiting => None,
        }
    }

    /// Whether GitHub started a run for it.
    pub(super) fn is_dispatched(&self) -> bool {
        self.failure().is_none_or(Failure::is_dispatched)
    }
}

/// The runs of a life, oldest first.
pub(super) fn events<'l>(
    dice: &Dice<'_>,
    life: &'l Life<'l>,
    changes: &'l [Change<'l>],
    troubles: &Troubles<'l>,
) -> Vec<Event<'l>> {
    if life.fate == Fate::Unknown {
        return Vec::new();
    }
    let mut events = Vec::new();
    for change in changes.iter().filter(|change| std::ptr::eq(change.site, life.site)) {
        if let Some(part) = change.part(life) {
            plans(dice, change, part, &mut events);
            deploys(dice, change, part, &mut events);
        }
    }
    if life.drift_enabled {
        weekly_detections(dice, life, troubles, &mut events);
    } else if events.is_empty() {
        // Without drift detection, a status can only come from somebody's own run.
        events.push(Event::plan(life.last, "manual", Outcome::Exit(0)));
    }
    last_days(dice, life, &mut events);
    // A run ends before its instance does.
    let stop = life.stopped_at.map_or(life.site.end, |at| at.minus(HOUR * 2));
    events.retain(|event| life.start < event.at && event.at < stop);
    events.sort_by_key(|event| event.at);
    events
}

/// A plan for each push.
fn plans<'l>(dice: &Dice<'_>, change: &'l Change<'l>, part: &Part<'l>, events: &mut Vec<Event<'l>>) {
    for (index, commit) in change.heads.iter().enumerate() {
        let at = commit.at.max(change.opened_at).plus(dice.between(MINUTE, MINUTE * 3));
        let failure = part.plan.filter(|_| index == 0);
        let origin = Origin { change, commit, is_blocked: false };
        let outcome = failure.map_or(Outcome::Exit(2), Outcome::Broken);
        events.push(Event::plan(at, "pull_request", outcome).of(origin));
        if failure.is_some() && change.heads.len() == 1 {
            let again = at.plus(dice.between(MINUTE * 8, MINUTE * 20));
            events.push(Event::plan(again, "pull_request", Outcome::Exit(2)).of(origin));
        }
    }
    if let (true, Some(commit)) = (change.is_queued, change.merge()) {
        let origin = Origin { change, commit, is_blocked: false };
        events.push(Event::plan(commit.at.minus(MINUTE * 6), "merge_group", Outcome::Exit(2)).of(origin));
    }
}

/// The apply of what was merged, and what followed it.
fn deploys<'l>(dice: &Dice<'_>, change: &'l Change<'l>, part: &Part<'l>, events: &mut Vec<Event<'l>>) {
    let End::Merged { commit, tag, .. } = &change.end else { return };
    let at = commit.at.plus(dice.between(MINUTE, MINUTE * 4));
    let trigger = if tag.is_some() { "release" } else { "push" };
    let apply = |at: Timestamp, trigger: &'static str, outcome: Outcome, is_blocked: bool| Event {
        command: "apply",
        ..Event::plan(at, trigger, outcome).of(Origin { change, commit, is_blocked })
    };
    let fails = |id: &str| failures::find(id).map_or(Outcome::Succeeded, Outcome::Broken);
    let (outcome, again) = match part.deploy {
        Deploy::Succeeds => (Outcome::Succeeded, None),
        Deploy::Runs => (Outcome::Running, None),
        Deploy::Waits => (Outcome::Waiting, None),
        Deploy::Rejected => (fails("D007"), Some(DAY + dice.between(MINUTE, HOUR * 3))),
        Deploy::Fails(id) => (fails(id), Some(dice.between(MINUTE * 75, HOUR * 4))),
        Deploy::FailsForGood(id) => (fails(id), None),
        Deploy::Blocked => (fails("D004"), Some(dice.between(HOUR * 5, HOUR * 6))),
        Deploy::FailsAfterParent(id) => (fails(id), Some(dice.between(HOUR * 5, HOUR * 6))),
    };
    let is_blocked = matches!(part.deploy, Deploy::Blocked | Deploy::FailsAfterParent(_));
    // Children come after their parent.
    let at = if is_blocked { at.plus(MINUTE * 20) } else { at };
    events.push(apply(at, trigger, outcome, is_blocked));
    events.extend(again.map(|after| apply(at.plus(after), "manual", Outcome::Succeeded, false)));
}

/// One drift detection a week up to the one before the last, and what its findings led to.
fn weekly_detections(dice: &Dice<'_>, life: &Life<'_>, troubles: &Troubles<'_>, events: &mut Vec<Event<'_>>) {
    let first = if life.fate == Fate::Flapping { 3 } else { 1 };
    for week in first..WEEKS {
        let at = life.last.minus(DAY * 7 * week);
        if let Some(failure) = troubles.of(life, week) {
            events.push(Event::detect(at, Outcome::Broken(failure)));
            let again = at.plus(dice.between(HOUR * 7, HOUR * 20));
            events.push(Event::plan(again, "manual", Outcome::Exit(0)));
        } else if dice.chance(6) {
            events.push(Event::detect(at, Outcome::Exit(2)));
            events.push(Event::remediate(at.plus(dice.between(HOUR * 2, HOUR * 30)), Outcome::Succeeded));
        } else {
            events.push(Event::detect(at, Outcome::Exit(0)));
        }
    }
}

/// The last detection and what came after it, which makes the status of today.
fn last_days(dice: &Dice<'_>, life: &Life<'_>, events: &mut Vec<Event<'_>>) {
    let found = match life.fate {
        Fate::Drifted | Fate::Locked | Fate::Remediated | Fate::Remediating => Outcome::Exit(2),
        Fate::DetectionFailed => {
            failures::pick(dice, Kind::Plan, life.component).map_or(Outcome::Exit(1), Outcome::Broken)
        }
        Fate::InSync | Fate::ApplyFailed | Fate::Disabled | Fate::Orphaned | Fate::Flapping | Fate::Unknown => {
            Outcome::Exit(0)
        }
    };
    if life.drift_enabled {
        events.push(Event::detect(life.last, found));
    }
    match life.fate {
        Fate::Remediated => {
            let later = life.last.plus(dice.between(HOUR, HOUR * 4));
            events.push(Event::remediate(later, Outcome::Succeeded));
        }
        Fate::Remediating => {
            events.push(Event::remediate(life.site.end.minus(MINUTE * 7), Outcome::Running));
        }
        Fate::Locked => {
            let refused = failures::find("D003").map_or(Outcome::Exit(1), Outcome::Broken);
            events.push(Event::remediate(life.site.end.minus(MINUTE * 24), refused));
        }
        Fate::Flapping => flap(life.last, events),
        Fate::InSync
        | Fate::Drifted
        | Fate::DetectionFailed
        | Fate::ApplyFailed
        | Fate::Disabled
        | Fate::Orphaned
        | Fate::Unknown => {}
    }
}

/// Two weeks in which every morning finds drift and every evening, of which `last` is one, finds none. The
/// newest finding is still open.
fn flap(last: Timestamp, events: &mut Vec<Event<'_>>) {
    let morning = last.plus(HOUR * 12);
    events.extend((0..14).map(|day| Event::detect(morning.minus(DAY * day), Outcome::Exit(2))));
    events.extend((1..14).map(|day| Event::detect(last.minus(DAY * day), Outcome::Exit(0))));
}
