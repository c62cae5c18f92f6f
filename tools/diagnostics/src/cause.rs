//! The cause within the logs: which passage of which step counts.

use std::cmp::Reverse;

use actions_log::seconds;

use crate::log::{Kind, Line, Passage, Weight, compact, lines, passages};
use crate::rules::{Rule, rule_for};
use crate::verdict::{Action, Confidence, StepLog};

/// Bytes of one step that are read.
pub(crate) const STEP_BUDGET: usize = 256 * 1024;
/// Steps that are read.
const MOST_STEPS: usize = 32;
/// Passages that are joined where none fits alone.
const WINDOW: usize = 3;

/// A step and its lines.
pub(crate) struct Step<'a> {
    pub(crate) log: &'a StepLog,
    pub(crate) lines: Vec<Line>,
}

/// A passage that a rule explains.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) rule: &'static Rule,
    /// Position of the step.
    pub(crate) step: usize,
    /// Positions of its lines.
    pub(crate) lines: Vec<usize>,
    pub(crate) weight: Weight,
}

/// What the logs say.
pub(crate) struct Findings<'a> {
    pub(crate) steps: Vec<Step<'a>>,
    /// The cause first, then what else stands there.
    pub(crate) candidates: Vec<Candidate>,
    /// Whether an error message stands there that no rule explains.
    pub(crate) unexplained: bool,
}

impl Candidate {
    /// Cancelling is what happens to a run, seldom why.
    pub(crate) fn is_strong(&self) -> bool {
        self.rule.confidence > Confidence::Low && self.rule.category != "cancelled"
    }
}

/// Reads the steps that did not succeed, or all if none is said to have failed.
pub(crate) fn read(logs: &[StepLog]) -> Findings<'_> {
    let failed = |log: &&StepLog| !matches!(log.conclusion.as_deref(), Some("success" | "skipped" | "neutral"));
    let steps: Vec<Step<'_>> = logs.iter().filter(failed).take(MOST_STEPS).map(step).collect();
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut explained: Vec<&str> = Vec::new();
    let mut unexplained = false;
    for (at, step) in steps.iter().enumerate() {
        // What fails later in a job ran only to clean up or to report.
        if explained.contains(&step.log.job.as_str()) {
            continue;
        }
        let (found, strange) = candidates_of(at, step);
        unexplained |= strange;
        if found.iter().any(Candidate::is_strong) {
            explained.push(step.log.job.as_str());
        }
        candidates.extend(found);
    }
    candidates.sort_by_key(|candidate| {
        let rule = candidate.rule;
        Reverse((
            candidate.is_strong(),
            candidate.weight,
            Reverse(rule.rank()),
            rule.confidence,
            candidate.lines.first().copied(),
        ))
    });
    Findings { steps, candidates, unexplained }
}

fn step(log: &StepLog) -> Step<'_> {
    Step { log, lines: lines(&log.text, STEP_BUDGET) }
}

/// Returns what rules explain, and whether an error is left that none does.
fn candidates_of(at: usize, step: &Step<'_>) -> (Vec<Candidate>, bool) {
    let mut counting = passages(&step.lines);
    counting.retain(|passage| passage.weight > Weight::Aside);
    let mut found = Vec::new();
    let mut unexplained = false;
    for passage in &counting {
        let candidate = candidate(at, step, passage);
        let is_error = passage.weight == Weight::Error && !is_exit(&compact(&text(step, &passage.lines)));
        unexplained |= is_error && candidate.is_none();
        found.extend(candidate);
    }
    if !found.iter().any(Candidate::is_strong) {
        found.extend(counting.windows(WINDOW).filter_map(|window| candidate(at, step, &joined(window)?)));
    }
    (found, unexplained)
}

/// Neighbours only: lines further apart say different things.
fn joined(window: &[Passage]) -> Option<Passage> {
    let lines: Vec<usize> = window.iter().flat_map(|passage| passage.lines.iter().copied()).collect();
    let adjacent = lines.iter().zip(lines.iter().skip(1)).all(|(this, next)| this + 1 == *next);
    adjacent.then_some(Passage { lines, weight: Weight::Output })
}

fn candidate(at: usize, step: &Step<'_>, passage: &Passage) -> Option<Candidate> {
    let text = compact(&text(step, &passage.lines));
    let rule = rule_for(&text)?;
    // The runner's last word about any failure weighs no more than the output above it.
    // A provider that stopped answering is often a consequence as well.
    let consequence = is_exit(&text) || rule.category == "provider_crash";
    let weight = if consequence { passage.weight.min(Weight::Output) } else { passage.weight };
    Some(Candidate { rule, step: at, lines: passage.lines.clone(), weight })
}

/// Returns the lines as one text.
pub(crate) fn text(step: &Step<'_>, at: &[usize]) -> String {
    let texts = at.iter().filter_map(|at| step.lines.get(*at)).map(|line| line.text.trim());
    texts.collect::<Vec<_>>().join(" ")
}

/// Returns the whole step as one text, echoed inputs included.
pub(crate) fn whole(step: &Step<'_>) -> String {
    step.lines.iter().map(|line| line.text.trim()).collect::<Vec<_>>().join(" ")
}

/// Whether a compact text only says that something failed.
pub(crate) fn is_exit(compact: &str) -> bool {
    let text = compact.strip_prefix("error:").unwrap_or(compact);
    let short = text.len() < 80;
    short
        && (text.starts_with("processcompletedwithexitcode")
            || text.starts_with("exitstatus")
            || text.contains("failedwithexitcode"))
}

/// Returns the last line that looks like an error: what to show when nothing is known.
pub(crate) fn last_error(findings: &Findings<'_>) -> Option<(usize, usize)> {
    let of_kind = |wanted: fn(&Line) -> bool| {
        findings.steps.iter().enumerate().rev().find_map(|(at, step)| {
            let line = step.lines.iter().rposition(|line| wanted(line) && !is_exit(&compact(&line.text)))?;
            Some((at, line))
        })
    };
    of_kind(|line| line.kind == Kind::Error).or_else(|| of_kind(|line| line.kind == Kind::Plain))
}

/// How many hours before the run the lock was taken, if the log says when.
pub(crate) fn lock_age_hours(step: &Step<'_>, started_at: Option<&str>) -> Option<i64> {
    let created = step.lines.iter().find_map(|line| {
        let (name, time) = line.text.split_once(':')?;
        name.trim().eq_ignore_ascii_case("created").then(|| seconds(time)).flatten()
    })?;
    let first_stamp = || step.log.text.lines().find_map(|line| seconds(line.trim_start_matches('\u{feff}')));
    let started = started_at.and_then(seconds).or_else(first_stamp)?;
    Some((started - created).div_euclid(3600))
}

/// How sure the cause is, given what else the log says.
pub(crate) fn confidence(findings: &Findings<'_>) -> Confidence {
    let Some((first, others)) = findings.candidates.split_first() else { return Confidence::Low };
    let own = first.rule.confidence;
    let risky = matches!(first.rule.action, Action::Rerun | Action::Approve);
    let strong = || others.iter().filter(|other| other.is_strong());
    if risky && findings.unexplained && first.weight < Weight::Error {
        return Confidence::Low;
    }
    // Something was cancelled, and something else may be why.
    if !first.is_strong() && others.iter().any(|other| other.rule.category != first.rule.category) {
        return Confidence::Low;
    }
    let repairs = [Action::FixCredentials, Action::FixCode, Action::FixRef, Action::FixParentRun];
    if risky && strong().any(|other| repairs.contains(&other.rule.action)) {
        return Confidence::Low;
    }
    let contradicted = strong().any(|other| other.weight >= first.weight && other.rule.action != first.rule.action);
    if contradicted { own.lower() } else { own }
}
