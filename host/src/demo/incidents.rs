//! Where the failures of the table happen.

use super::changes::{Change, Part};
use super::dice::{DAY, Dice};
use super::events::WEEKS;
use super::failures::{Failure, Kind, table};
use super::sites::{Life, Stage};
use super::spec::{Deploy, Fate};

/// A drift detection that fails.
struct Trouble<'l> {
    life: &'l Life<'l>,
    /// Weeks before the instance's last detection.
    week: u32,
    failure: &'static Failure,
}

/// Failed detections.
pub(super) struct Troubles<'l>(Vec<Trouble<'l>>);

impl Troubles<'_> {
    /// Why the detection of this week failed, if it did.
    pub(super) fn of(&self, life: &Life<'_>, week: u32) -> Option<&'static Failure> {
        let is_it = |trouble: &&Trouble<'_>| trouble.week == week && trouble.life.id == life.id;
        self.0.iter().find(is_it).map(|trouble| trouble.failure)
    }
}

/// What can still go wrong: places in `changes` are positions of a pull request and one of its parts.
struct Chances<'l> {
    detections: Vec<(&'l Life<'l>, u32)>,
    plans: Vec<(usize, usize)>,
    applies: Vec<(usize, usize)>,
}

/// Lets every failure happen that the workspace has, and the common ones now and then.
pub(super) fn plant<'l>(stage: &Stage<'l>, changes: &mut [Change<'l>]) -> Troubles<'l> {
    let mut places = Chances::of(stage, changes);
    let mut troubles = Vec::new();
    let wanted = table().iter().filter(|failure| stage.spec.has_every_failure || failure.is_common);
    for failure in wanted {
        places.spend(stage.dice, failure, changes, &mut troubles);
    }
    let common: Vec<&'static Failure> = table().iter().filter(|failure| failure.is_common).collect();
    // One detection in a hundred, and one pull request's run in thirty.
    let further = places.detections.len() / 100 + (places.plans.len() + places.applies.len()) / 30;
    for _ in 0..further {
        if let Some(failure) = stage.dice.pick(&common) {
            places.spend(stage.dice, failure, changes, &mut troubles);
        }
    }
    Troubles(troubles)
}

impl<'l> Chances<'l> {
    fn of(stage: &Stage<'l>, changes: &[Change<'l>]) -> Self {
        let detects = |life: &&'l Life<'l>| life.fate == Fate::InSync && life.drift_enabled;
        let weeks = |life: &'l Life<'l>| {
            let is_kept = move |week: &u32| life.start.plus(DAY * 2) < life.last.minus(DAY * 7 * *week);
            (1..WEEKS).filter(is_kept).map(move |week| (life, week))
        };
        // What failed last shall be what is told of.
        let told_from = stage.now.minus(DAY * 2);
        let parts = |fits: &dyn Fn(&Change<'l>, &Part<'l>) -> bool| {
            let mut places = Vec::new();
            for (at, change) in changes.iter().enumerate() {
                let fitting = change.parts.iter().enumerate().filter(|(_, part)| fits(change, part));
                places.extend(fitting.map(|(part, _)| (at, part)));
            }
            places
        };
        Self {
            detections: stage.lives.iter().filter(detects).flat_map(weeks).collect(),
            plans: parts(&|_, part| matches!(part.deploy, Deploy::Succeeds)),
            applies: parts(&|change, part| {
                change.merge().is_some_and(|merge| merge.at < told_from) && matches!(part.deploy, Deploy::Succeeds)
            }),
        }
    }

    /// Lets this failure happen at a place that it fits; at any of its kind if it fits none.
    fn spend(
        &mut self,
        dice: &Dice<'_>,
        failure: &'static Failure,
        changes: &mut [Change<'l>],
        troubles: &mut Vec<Trouble<'l>>,
    ) {
        // A detection, the plan of a pull request, or its apply.
        let kind = match failure.kind {
            Kind::Script => return,
            Kind::Detect => 0,
            Kind::Plan => dice.below(2),
            Kind::Apply => 2,
            Kind::Any => dice.below(3),
        };
        let fits = |&(change, part): &(usize, usize), changes: &[Change<'l>]| {
            part_of(changes, change, part).is_some_and(|part| failure.fits(part.life.component))
        };
        match kind {
            0 => {
                let detection = take(dice, &mut self.detections, |(life, _)| failure.fits(life.component));
                troubles.extend(detection.map(|(life, week)| Trouble { life, week, failure }));
            }
            1 => {
                if let Some((change, part)) = take(dice, &mut self.plans, |place| fits(place, changes))
                    && let Some(part) = part_of_mut(changes, change, part)
                {
                    part.plan = Some(failure);
                }
            }
            _ => {
                if let Some((change, part)) = take(dice, &mut self.applies, |place| fits(place, changes))
                    && let Some(part) = part_of_mut(changes, change, part)
                {
                    part.deploy = Deploy::Fails(failure.id);
                }
            }
        }
    }
}

fn part_of<'c, 'l>(changes: &'c [Change<'l>], change: usize, part: usize) -> Option<&'c Part<'l>> {
    changes.get(change)?.parts.get(part)
}

fn part_of_mut<'c, 'l>(changes: &'c mut [Change<'l>], change: usize, part: usize) -> Option<&'c mut Part<'l>> {
    changes.get_mut(change)?.parts.get_mut(part)
}

/// Takes one that fits out, or any if none fits.
fn take<T>(dice: &Dice<'_>, from: &mut Vec<T>, fits: impl Fn(&T) -> bool) -> Option<T> {
    let fitting: Vec<usize> = from.iter().enumerate().filter(|(_, item)| fits(item)).map(|(at, _)| at).collect();
    match dice.pick(&fitting) {
        Some(at) => Some(from.swap_remove(*at)),
        None => dice.take(from),
    }
}
