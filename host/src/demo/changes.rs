//! Pull requests: what they are about, whom they concern, and how far they came.

use std::time::Duration;

use super::dice::{DAY, Dice, HOUR, MINUTE};
use super::failures::{self, Failure, Kind};
use super::sites::{Life, Site, Stage};
use super::spec::{ChangeSpec, Deploy, Fate, WorkspaceSpec};
use super::titles;
use crate::clock::Timestamp;

/// A pull request.
pub(super) struct Change<'l> {
    pub(super) site: &'l Site,
    pub(super) number: i64,
    pub(super) title: String,
    /// GitHub login.
    pub(super) author: &'static str,
    pub(super) branch: String,
    /// Its commits that were pushed, oldest first; never empty.
    pub(super) heads: Vec<Commit>,
    pub(super) opened_at: Timestamp,
    pub(super) is_draft: bool,
    pub(super) end: End,
    /// Whether it went through a merge queue.
    pub(super) is_queued: bool,
    /// Never empty.
    pub(super) parts: Vec<Part<'l>>,
}

/// A commit.
pub(super) struct Commit {
    pub(super) sha: String,
    pub(super) at: Timestamp,
}

/// How far a pull request came.
pub(super) enum End {
    Open,
    Closed(Timestamp),
    Merged {
        commit: Commit,
        /// GitHub login.
        by: &'static str,
        /// The release that applies it; none if the merge itself does.
        tag: Option<String>,
    },
}

/// An instance that a pull request concerns.
pub(super) struct Part<'l> {
    pub(super) life: &'l Life<'l>,
    /// Why the first plan failed.
    pub(super) plan: Option<&'static Failure>,
    pub(super) deploy: Deploy,
}

impl<'l> Change<'l> {
    /// The commit that was merged, if it was.
    pub(super) fn merge(&self) -> Option<&Commit> {
        match &self.end {
            End::Merged { commit, .. } => Some(commit),
            End::Open | End::Closed(_) => None,
        }
    }

    /// Who merged it.
    pub(super) fn merged_by(&self) -> Option<&'static str> {
        match self.end {
            End::Merged { by, .. } => Some(by),
            End::Open | End::Closed(_) => None,
        }
    }

    /// `open`, `closed` or `merged`, and when it was closed.
    pub(super) fn state(&self) -> (&'static str, Option<Timestamp>) {
        match &self.end {
            End::Open => ("open", None),
            End::Closed(at) => ("closed", Some(*at)),
            End::Merged { commit, .. } => ("merged", Some(commit.at)),
        }
    }

    /// The part of this instance.
    pub(super) fn part(&self, life: &Life<'_>) -> Option<&Part<'l>> {
        self.parts.iter().find(|part| part.life.id == life.id)
    }
}

/// What is rolled of a pull request before the rest follows.
struct Idea<'l> {
    site: &'l Site,
    title: String,
    author: &'static str,
    opened_at: Timestamp,
    end: Timeline,
    parts: Vec<Part<'l>>,
}

enum Timeline {
    Open,
    Closed(Timestamp),
    Merged(Timestamp),
}

/// The pull requests of all repositories: by repository, oldest first.
pub(super) fn roll<'l>(stage: &Stage<'l>) -> Vec<Change<'l>> {
    let mut all = Vec::new();
    for site in stage.sites {
        let lives: Vec<&'l Life<'l>> = stage.lives.iter().filter(|life| std::ptr::eq(life.site, site)).collect();
        let told = stage.spec.changes.iter().filter(|change| change.repository == site.spec.name);
        let mut ideas: Vec<Idea<'l>> = told.filter_map(|change| as_told(stage, site, &lives, change)).collect();
        ideas.extend(lives.iter().copied().filter_map(|life| failed_apply(stage, site, life)));
        ideas.extend((0..site.spec.pull_requests).filter_map(|_| by_chance(stage, site, &lives)));
        ideas.sort_by_key(|idea| idea.opened_at);
        let mut number = 120 + stage.dice.small(500);
        for idea in ideas {
            number += 1 + stage.dice.small(4);
            all.push(flesh_out(stage, number, idea));
        }
    }
    all
}

fn as_told<'l>(
    stage: &Stage<'l>,
    site: &'l Site,
    lives: &[&'l Life<'l>],
    change: &'static ChangeSpec,
) -> Option<Idea<'l>> {
    let find = |stack: &str, component: &str| {
        lives.iter().copied().find(|life| life.stack == stack && life.component == component)
    };
    let part = |&(stack, component, deploy): &(&'static str, &'static str, Deploy)| {
        Some(Part { life: find(stack, component)?, plan: None, deploy })
    };
    let parts: Vec<Part<'l>> = change.parts.iter().filter_map(part).collect();
    let component = parts.first()?.life.component;
    Some(Idea {
        site,
        title: format!("{component}: {}", change.title),
        author: change.author,
        opened_at: stage.now.minus(MINUTE * change.opened),
        end: Timeline::Merged(stage.now.minus(MINUTE * change.merged)),
        parts,
    })
}

/// What brought an instance into its state whose last apply failed, unless that is told.
fn failed_apply<'l>(stage: &Stage<'l>, site: &'l Site, life: &'l Life<'l>) -> Option<Idea<'l>> {
    if life.fate != Fate::ApplyFailed || stage.spec.names(life.stack, life.component) {
        return None;
    }
    let dice = stage.dice;
    let opened_at = life.last.plus(dice.between(HOUR, HOUR * 3));
    let failure = failures::pick(dice, Kind::Apply, life.component)?;
    Some(Idea {
        site,
        title: titles::pick(dice, life.component, false),
        author: someone(stage.spec, dice),
        opened_at,
        end: Timeline::Merged(opened_at.plus(dice.between(HOUR, HOUR * 3))),
        parts: vec![Part { life, plan: None, deploy: Deploy::FailsForGood(failure.id) }],
    })
}

/// A change of one component, in one stack or several.
fn by_chance<'l>(stage: &Stage<'l>, site: &'l Site, lives: &[&'l Life<'l>]) -> Option<Idea<'l>> {
    let dice = stage.dice;
    let is_fresh = dice.chance(6);
    let opened_at = if is_fresh {
        site.end.minus(dice.between(HOUR * 3, DAY * 4))
    } else {
        let earliest = stage.now.minus(DAY * 54);
        earliest.plus(dice.between(Duration::ZERO, site.end.minus(HOUR * 3).since(earliest)))
    };
    let closed_at = opened_at.plus(review_time(dice));
    // A failed apply is tried again some hours later.
    let quiet_at = closed_at.plus(HOUR * 10);
    let is_open = is_fresh || site.end < quiet_at;
    let until = quiet_at.min(site.end);
    let free = lives.iter().copied().filter(|life| life.is_free(opened_at.minus(HOUR), until));
    let free: Vec<&'l Life<'l>> = free.collect();
    let component = dice.pick(&free)?.component;
    let mut concerned: Vec<&'l Life<'l>> = free.into_iter().filter(|life| life.component == component).collect();
    let most = if is_open { 2 } else { usize::MAX };
    let wanted = match dice.below(100) {
        0..45 => 1,
        45..75 => most.min(3),
        _ => most,
    };
    while concerned.len() > wanted {
        dice.take(&mut concerned);
    }
    let is_bots = dice.chance(18);
    let mut title = titles::pick(dice, component, is_bots);
    if let ([life], false) = (concerned.as_slice(), is_bots) {
        title = format!("{title} in {}", life.stack);
    }
    let end = match (is_open, dice.chance(8)) {
        (true, _) => Timeline::Open,
        (false, true) => Timeline::Closed(closed_at),
        (false, false) => Timeline::Merged(closed_at),
    };
    let parts = concerned.into_iter().map(|life| Part { life, plan: None, deploy: Deploy::Succeeds }).collect();
    let author = if is_bots { stage.spec.bot } else { someone(stage.spec, dice) };
    Some(Idea { site, title, author, opened_at, end, parts })
}

/// From minutes to days.
fn review_time(dice: &Dice<'_>) -> Duration {
    match dice.below(100) {
        0..20 => dice.between(MINUTE * 35, HOUR * 2),
        20..65 => dice.between(HOUR * 2, HOUR * 10),
        65..90 => dice.between(HOUR * 10, DAY * 3),
        _ => dice.between(DAY * 3, DAY * 8),
    }
}

/// A member's login.
fn someone(spec: &WorkspaceSpec, dice: &Dice<'_>) -> &'static str {
    dice.pick(spec.members).map(|member| member.0).unwrap_or_default()
}

fn flesh_out<'l>(stage: &Stage<'l>, number: i64, idea: Idea<'l>) -> Change<'l> {
    let (spec, dice) = (stage.spec, stage.dice);
    let Idea { site, title, author, opened_at, end, parts } = idea;
    let reviewed_until = match end {
        Timeline::Open => site.end,
        Timeline::Closed(at) | Timeline::Merged(at) => at,
    };
    let is_open = matches!(end, Timeline::Open);
    // The queue's branches and the versions have no name of a component, which is the rival's mark.
    let is_queued = !is_open && spec.mark.is_empty() && dice.chance(8);
    let end = match end {
        Timeline::Open => End::Open,
        Timeline::Closed(at) => End::Closed(at),
        Timeline::Merged(at) => End::Merged {
            commit: Commit { sha: dice.sha(), at },
            by: someone(spec, dice),
            tag: dice.chance(8).then(|| format!("{}v2.{}.0", spec.mark, at.day() % 100)),
        },
    };
    let branch = titles::branch(&title);
    Change {
        site,
        number,
        branch: if author == spec.bot { format!("renovate/{branch}") } else { branch },
        title,
        author,
        heads: heads(dice, opened_at, reviewed_until),
        opened_at,
        is_draft: is_open && dice.chance(35),
        end,
        is_queued,
        parts,
    }
}

/// The commit that the pull request was opened with, and sometimes another.
fn heads(dice: &Dice<'_>, opened_at: Timestamp, until: Timestamp) -> Vec<Commit> {
    let first = Commit { sha: dice.sha(), at: opened_at.minus(dice.between(MINUTE * 2, MINUTE * 15)) };
    let mut heads = vec![first];
    let time = until.since(opened_at).min(HOUR * 30);
    if time > HOUR && dice.chance(45) {
        let at = opened_at.plus(dice.between(MINUTE * 15, time.saturating_sub(MINUTE * 25)));
        heads.push(Commit { sha: dice.sha(), at });
    }
    heads
}
