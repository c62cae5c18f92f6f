//! The steps of a job, and how its time is spread over them.

use std::cmp::Ordering;

use super::dice::SECOND;
use super::events::Outcome;
use super::failures::{Failure, Place};
use super::timeline::Draft;
use crate::clock::Timestamp;

/// A step.
pub(super) struct Step {
    number: u32,
    pub(super) section: Section,
    name: &'static str,
    /// As GitHub words it; none while it runs.
    pub(super) conclusion: Option<&'static str>,
    pub(super) from: Timestamp,
    /// None while it runs.
    pub(super) to: Option<Timestamp>,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Setup,
    Checkout,
    Atmos,
    Credentials,
    Run,
    PostCredentials,
    PostCheckout,
    Complete,
}

/// Sections of the job itself: number, name, and seconds; the one that runs atmos takes what is left.
const MAIN: [(Section, u32, &str, u32); 5] = [
    (Section::Setup, 1, "Set up job", 3),
    (Section::Checkout, 2, "Checkout", 2),
    (Section::Atmos, 3, "Set up Atmos", 5),
    (Section::Credentials, 4, "Configure AWS credentials", 2),
    (Section::Run, 5, "Plan", 0),
];

/// Sections that clean up, if what is cleaned up was begun.
const POST: [(Section, u32, &str, Section); 3] = [
    (Section::PostCredentials, 9, "Post Configure AWS credentials", Section::Credentials),
    (Section::PostCheckout, 10, "Post Checkout", Section::Checkout),
    (Section::Complete, 11, "Complete job", Section::Checkout),
];

/// The section that a failure happens in.
pub(super) fn section_of(failure: &Failure) -> Section {
    match failure.place {
        Place::Dispatch | Place::Setup => Section::Setup,
        Place::Checkout => Section::Checkout,
        Place::Credentials => Section::Credentials,
        Place::Start | Place::Backend | Place::Providers | Place::Ready | Place::Refresh | Place::Change => {
            Section::Run
        }
    }
}

/// The steps of a run's job. Each lasts a second at least, so that its lines are its own.
pub(super) fn steps(draft: &Draft<'_>) -> Vec<Step> {
    let Some(start) = draft.started_at else { return Vec::new() };
    let failure = draft.event.failure();
    let last = failure.map_or(Section::Run, section_of);
    let is_abrupt = failure.is_some_and(|failure| failure.is_abrupt) || last == Section::Setup;
    let posts: Vec<_> = POST.iter().filter(|post| !is_abrupt && post.3 <= last).collect();
    let mut steps = Vec::with_capacity(MAIN.len() + POST.len());
    let mut at = start;
    for (section, number, name, seconds) in MAIN {
        let name = if section == Section::Run && draft.event.command != "plan" { "Apply" } else { name };
        let (from, conclusion) = (at, conclusion_of(draft, section, last));
        // What comes after is done by the end of the job.
        let rest = |end: Timestamp| posts.iter().fold(end, |end, _| end.minus(SECOND)).max(from.plus(SECOND));
        let to = match section.cmp(&last) {
            Ordering::Less => Some(from.plus(SECOND * seconds)),
            Ordering::Equal => draft.finished_at.map(rest),
            Ordering::Greater => Some(from),
        };
        steps.push(Step { number, section, name, conclusion, from, to });
        at = to.unwrap_or(from);
    }
    if matches!(draft.event.outcome, Outcome::Running) {
        return steps;
    }
    for &(section, number, name, _) in posts {
        let to = at.plus(SECOND);
        steps.push(Step { number, section, name, conclusion: Some("success"), from: at, to: Some(to) });
        at = to;
    }
    steps
}

fn conclusion_of(draft: &Draft<'_>, section: Section, last: Section) -> Option<&'static str> {
    if section < last {
        return Some("success");
    }
    if section > last {
        return Some("skipped");
    }
    match draft.conclusion? {
        // Of a step there is no such word.
        "timed_out" => Some("cancelled"),
        "startup_failure" => Some("failure"),
        "action_required" => Some("skipped"),
        conclusion => Some(conclusion),
    }
}

/// The steps as the database keeps them. Names have no character that JSON escapes.
pub(super) fn to_json(steps: &[Step], mark: &str) -> String {
    let step = |step: &Step| {
        let conclusion = step.conclusion.map_or("null".to_owned(), |conclusion| format!("\"{conclusion}\""));
        let to = step.to.map_or("null".to_owned(), |to| to.micros().to_string());
        format!(
            "{{\"number\":{},\"name\":\"{mark}{}\",\"status\":\"{}\",\"conclusion\":{conclusion},\"startedAt\":{},\
             \"completedAt\":{to}}}",
            step.number,
            step.name,
            if step.to.is_some() { "completed" } else { "in_progress" },
            step.from.micros(),
        )
    };
    format!("[{}]", steps.iter().map(step).collect::<Vec<_>>().join(","))
}
