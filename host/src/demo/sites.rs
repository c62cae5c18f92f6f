//! Repositories, and the lives of their instances before anything happens to them.

use super::dice::{DAY, Dice, HOUR, MINUTE};
use super::spec::{Fate, InstallationSpec, RepositorySpec, WorkspaceSpec};
use crate::clock::Timestamp;

/// Days of runs.
const WINDOW: u32 = 56;

/// What a workspace is made from.
#[derive(Clone, Copy)]
pub(super) struct Stage<'l> {
    pub(super) spec: &'static WorkspaceSpec,
    pub(super) dice: &'l Dice<'l>,
    /// In whole seconds, as GitHub's times are.
    pub(super) now: Timestamp,
    pub(super) sites: &'l [Site],
    pub(super) lives: &'l [Life<'l>],
}

/// A repository.
pub(super) struct Site {
    pub(super) id: String,
    pub(super) installation: &'static InstallationSpec,
    pub(super) installation_id: String,
    pub(super) spec: &'static RepositorySpec,
    pub(super) created_at: Timestamp,
    /// The present, or when the connection was lost.
    pub(super) end: Timestamp,
    /// Head of the default branch before the first merge that is kept.
    pub(super) base_sha: String,
}

impl Site {
    /// `https://github.com/owner/name`.
    pub(super) fn url(&self) -> String {
        format!("https://github.com/{}/{}", self.installation.account, self.spec.name)
    }
}

/// An instance, and what it comes to.
pub(super) struct Life<'l> {
    pub(super) id: String,
    pub(super) site: &'l Site,
    pub(super) stack: &'static str,
    pub(super) component: &'static str,
    pub(super) fate: Fate,
    pub(super) drift_enabled: bool,
    pub(super) created_at: Timestamp,
    /// Runs are kept from here on.
    pub(super) start: Timestamp,
    /// The last of the weekly drift detections.
    pub(super) last: Timestamp,
    /// When it was disabled or removed.
    pub(super) stopped_at: Option<Timestamp>,
    /// Until when pull requests may come by chance, without changing what the instance comes to.
    free_until: Timestamp,
}

impl Life<'_> {
    /// Whether it exists and nothing else is told of it in this time.
    pub(super) fn is_free(&self, from: Timestamp, until: Timestamp) -> bool {
        self.start.max(self.created_at.plus(DAY)) < from && until <= self.free_until
    }

    /// The last part of the stack's name: `prod`.
    pub(super) fn stage(&self) -> &'static str {
        self.stack.rsplit('-').next().unwrap_or(self.stack)
    }
}

/// The repositories of an installation.
pub(super) fn roll_sites(
    dice: &Dice<'_>,
    installation: &'static InstallationSpec,
    installation_id: &str,
    now: Timestamp,
) -> Vec<Site> {
    let end = if installation.status == "active" { now } else { now.minus(DAY * installation.days) };
    let site = |spec: &'static RepositorySpec| {
        let created_at = now.minus(DAY * spec.days);
        Site {
            id: dice.id("repo", created_at),
            installation,
            installation_id: installation_id.to_owned(),
            spec,
            created_at,
            end,
            base_sha: dice.sha(),
        }
    };
    installation.repositories.iter().map(site).collect()
}

/// The instances of all repositories.
pub(super) fn roll_lives<'l>(
    spec: &'static WorkspaceSpec,
    dice: &Dice<'_>,
    sites: &'l [Site],
    now: Timestamp,
) -> Vec<Life<'l>> {
    let mut lives = Vec::new();
    for site in sites {
        for (stacks, components) in site.spec.groups {
            for stack in *stacks {
                let names = components.iter().map(|component| (*stack, *component));
                lives.extend(names.map(|name| roll_life(spec, dice, (site, now), name)));
            }
        }
    }
    lives
}

fn roll_life<'l>(
    spec: &'static WorkspaceSpec,
    dice: &Dice<'_>,
    (site, now): (&'l Site, Timestamp),
    (stack, component): (&'static str, &'static str),
) -> Life<'l> {
    let fate = fate_of(spec, dice, site, (stack, component));
    let age = if fate == Fate::Unknown {
        dice.between(HOUR * 2, DAY * 2)
    } else {
        dice.between(DAY * 60, DAY * site.spec.days.saturating_sub(30))
    };
    let is_found_drifted = matches!(fate, Fate::Drifted | Fate::Locked | Fate::Remediated | Fate::Remediating);
    let needs_detection = is_found_drifted || matches!(fate, Fate::Flapping | Fate::DetectionFailed);
    let is_stopped = matches!(fate, Fate::Disabled | Fate::Orphaned);
    let created_at = site.end.minus(age);
    let mut life = Life {
        id: dice.id("inst", created_at),
        site,
        stack,
        component,
        fate,
        drift_enabled: needs_detection || dice.chance(80),
        created_at,
        start: now.minus(DAY * WINDOW),
        last: site.end.minus(dice.between(DAY, HOUR * 44)),
        stopped_at: is_stopped.then(|| site.end.minus(dice.between(DAY * 3, DAY * 20))),
        free_until: site.end,
    };
    life.free_until = free_until(spec, &life, now);
    life
}

/// Mostly in sync, as in a platform that is looked after. Where the connection is lost, nothing new comes
/// and nothing is put right.
fn fate_of(spec: &WorkspaceSpec, dice: &Dice<'_>, site: &Site, (stack, component): (&str, &str)) -> Fate {
    if let Some(fate) = spec.fates.iter().find(|fate| (fate.0, fate.1) == (stack, component)) {
        return fate.2;
    }
    if spec.names(stack, component) {
        return Fate::InSync;
    }
    match (dice.below(1_000), site.installation.status == "active") {
        (0..55, _) => Fate::Drifted,
        (55..75, _) => Fate::DetectionFailed,
        (75..95, _) => Fate::ApplyFailed,
        (95..125, true) => Fate::Disabled,
        (125..145, true) => Fate::Orphaned,
        (145..170, true) => Fate::Unknown,
        (170..195, true) => Fate::Remediated,
        _ => Fate::InSync,
    }
}

fn free_until(spec: &WorkspaceSpec, life: &Life<'_>, now: Timestamp) -> Timestamp {
    let told = spec.changes_of(life.stack, life.component).map(|change| change.opened).max();
    let told_at = told.map_or(life.site.end, |opened| now.minus(MINUTE * opened).minus(HOUR));
    let by_fate = match life.fate {
        Fate::InSync => life.site.end,
        // Its detections shall alternate.
        Fate::Flapping | Fate::Unknown => life.start,
        Fate::Disabled | Fate::Orphaned => life.stopped_at.unwrap_or(life.start).minus(DAY),
        Fate::Drifted
        | Fate::Locked
        | Fate::DetectionFailed
        | Fate::ApplyFailed
        | Fate::Remediated
        | Fate::Remediating => life.last.minus(DAY * 3),
    };
    told_at.min(by_fate)
}
