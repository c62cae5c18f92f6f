//! How often the suggested action is right.

use tools_diagnostics::{Action, Confidence, RunFacts, StepLog, Verdict, explain};

use crate::logs::{Dice, Mutation, Row, log, mutate};

/// One verdict that missed.
#[derive(Debug)]
pub(crate) struct Miss {
    pub(crate) id: String,
    pub(crate) expected: String,
    pub(crate) got: String,
    pub(crate) confidence: Confidence,
    pub(crate) text: String,
    pub(crate) why: String,
}

/// All verdicts of a corpus.
#[derive(Debug, Default)]
pub(crate) struct Score {
    pub(crate) total: usize,
    pub(crate) misses: Vec<Miss>,
    /// Expected and given category with their number.
    pub(crate) cells: std::collections::BTreeMap<(String, &'static str), usize>,
}

pub(crate) fn name(action: Action) -> &'static str {
    match action {
        Action::Rerun => "rerun",
        Action::FixParentRun => "fix_parent_run",
        Action::FixCredentials => "fix_credentials",
        Action::FixRef => "fix_ref",
        Action::FixCode => "fix_code",
        Action::Approve => "approve",
        Action::Investigate => "investigate",
    }
}

impl Score {
    pub(crate) fn right(&self) -> usize {
        self.total - self.misses.len()
    }

    /// Wrong and dangerous: an agent would rerun or approve where something has to be repaired.
    pub(crate) fn dangerous(&self) -> Vec<&Miss> {
        let repair = ["fix_credentials", "fix_code"];
        let acts = |miss: &&Miss| matches!(miss.got.as_str(), "rerun" | "approve") && miss.confidence > Confidence::Low;
        self.misses.iter().filter(|miss| repair.contains(&miss.expected.as_str())).filter(acts).collect()
    }

    fn add(&mut self, row: &Row, verdict: &Verdict) {
        self.total += 1;
        *self.cells.entry((row.category.clone(), verdict.category)).or_default() += 1;
        let got = name(verdict.suggested_action.action);
        if got != row.action && !row.also.iter().any(|other| other == got) {
            let why = verdict.evidence.first().map(|line| line.text.clone()).unwrap_or_default();
            self.misses.push(Miss {
                id: row.id.clone(),
                expected: row.action.clone(),
                got: got.to_owned(),
                confidence: verdict.suggested_action.confidence,
                text: row.text.clone(),
                why,
            });
        }
    }
}

pub(crate) fn failed() -> RunFacts {
    RunFacts { status: Some("completed".into()), conclusion: Some("failure".into()), ..RunFacts::default() }
}

/// Classifies every row in as many logs as there are seeds.
pub(crate) fn score(rows: &[Row], decoys: &[Row], mutation: Mutation, seeds: u64) -> Score {
    let mut score = Score::default();
    for (at, row) in (0_u64..).zip(rows) {
        let others: Vec<Row> = decoys
            .iter()
            .filter(|other| other.action != row.action && !row.also.contains(&other.action))
            .cloned()
            .collect();
        for seed in 0..seeds {
            let seed = at * 1000 + seed;
            let mutated = || mutate(&row.text, mutation, &mut Dice::new(seed + 77));
            let log = if is_log(&row.text) { whole(row.text.clone()) } else { log(&mutated(), &others, seed) };
            score.add(row, &explain(&failed(), &[log]));
        }
    }
    score
}

/// Whether a text has the runner's own lines, which never change: it stays as it is, and is not put into another log.
fn is_log(text: &str) -> bool {
    text.contains("##[")
        || text.lines().any(|line| line.get(..11).is_some_and(|date| date.starts_with("20") && date.ends_with('T')))
}

fn whole(text: String) -> StepLog {
    StepLog { text, ..StepLog::default() }
}

/// Classifies every row alone, as its own log.
pub(crate) fn alone(rows: &[Row]) -> Score {
    let mut score = Score::default();
    for row in rows {
        score.add(row, &explain(&failed(), &[whole(row.text.clone())]));
    }
    score
}
