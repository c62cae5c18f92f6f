//! Runs that exist: their state, their parent, then their logs.

use crate::cause::{self, Candidate, Findings};
use crate::log::compact;
use crate::plan::saw_changes;
use crate::redact::redact;
use crate::rules::{is_match, says};
use crate::target::{self, Fact};
use crate::verdict::{Action, Confidence, Evidence, RunFacts, StepLog, SuggestedAction, Verdict};

const LONGEST_LINE: usize = 300;
const MOST_EVIDENCE: usize = 4;
/// A lock this much older than the run was probably left behind.
const OLD_LOCK_HOURS: i64 = 1;

/// Explains a run.
pub(crate) fn classify(facts: &RunFacts, logs: &[StepLog]) -> Verdict {
    explain(facts, &cause::read(logs), logs)
}

fn explain(facts: &RunFacts, findings: &Findings<'_>, logs: &[StepLog]) -> Verdict {
    let mut verdict = state(facts, findings)
        .or_else(|| parent(facts, findings))
        .or_else(|| running(facts, findings))
        .or_else(|| plan_with_changes(facts, findings))
        .or_else(|| logged(facts, findings))
        .unwrap_or_else(|| ended(facts, findings));
    let failed = findings.steps.iter().flat_map(|step| &step.lines);
    verdict.plan_saw_changes = saw_changes(facts, failed).or_else(|| saw_changes_before(facts, logs));
    verdict.parent_run_id = target::known(Fact::Parent, facts);
    verdict
}

/// The plan may stand in a step that succeeded.
fn saw_changes_before(facts: &RunFacts, logs: &[StepLog]) -> Option<bool> {
    let passed = logs.iter().filter(|log| log.conclusion.as_deref() == Some("success"));
    let lines: Vec<_> = passed.flat_map(|log| crate::log::lines(&log.text, cause::STEP_BUDGET)).collect();
    saw_changes(facts, lines.iter())
}

/// Returns what the logs say, if they say something definite.
pub(crate) fn definite(facts: &RunFacts, logs: &[StepLog]) -> Option<Verdict> {
    let findings = cause::read(logs);
    has_strong(&findings).then(|| explain(facts, &findings, logs))
}

/// What the run's own state says before any log is read.
fn state(facts: &RunFacts, findings: &Findings<'_>) -> Option<Verdict> {
    match facts.conclusion.as_deref() {
        Some("success") => Some(plain("no_failure", Action::Investigate, None, Confidence::High)),
        Some("action_required") => Some(awaits_approval(facts)),
        Some("startup_failure") => startup_failure(facts, findings),
        Some(_) if has_strong(findings) => None,
        None if facts.status.as_deref() == Some("waiting") => Some(awaits_approval(facts)),
        conclusion => match facts.approval_state.as_deref() {
            Some("pending") if conclusion.is_none() => Some(awaits_approval(facts)),
            Some("rejected") => {
                let environment = target::known(Fact::Environment, facts);
                Some(plain("approval_rejected", Action::Investigate, environment, Confidence::High))
            }
            _ => None,
        },
    }
}

fn awaits_approval(facts: &RunFacts) -> Verdict {
    let environment = target::known(Fact::Environment, facts);
    plain("environment_protection", Action::Approve, environment, Confidence::High)
}

/// GitHub could not even start it: the workflow file is at fault unless the log names something better.
fn startup_failure(facts: &RunFacts, findings: &Findings<'_>) -> Option<Verdict> {
    let better =
        findings.candidates.first().is_some_and(|cause| cause.is_strong() && cause.rule.action != Action::Rerun);
    if better {
        return logged(facts, findings);
    }
    Some(plain("workflow_invalid", Action::FixCode, target::known(Fact::Repo, facts), Confidence::High))
}

fn has_strong(findings: &Findings<'_>) -> bool {
    findings.candidates.iter().any(Candidate::is_strong)
}

/// A parent that failed comes before anything this run says itself.
fn parent(facts: &RunFacts, findings: &Findings<'_>) -> Option<Verdict> {
    let parent = facts.parent.as_ref()?;
    let failed = matches!(
        parent.conclusion.as_deref()?,
        "failure" | "cancelled" | "timed_out" | "startup_failure" | "action_required" | "stale"
    );
    if !failed {
        return None;
    }
    let own = findings
        .candidates
        .iter()
        .find(|candidate| candidate.is_strong() && candidate.rule.action != Action::FixParentRun);
    let confidence = if own.is_some() { Confidence::Medium } else { Confidence::High };
    let mut verdict = plain("parent_failed", Action::FixParentRun, target::known(Fact::Parent, facts), confidence);
    if let Some(own) = own {
        verdict.description.push_str(" This run has a failure of its own as well: ");
        verdict.description.push_str(says(own.rule.category));
    }
    verdict.evidence = evidence(findings);
    Some(verdict)
}

fn running(facts: &RunFacts, findings: &Findings<'_>) -> Option<Verdict> {
    let status = facts.status.as_deref().unwrap_or_default();
    let runs = matches!(status, "queued" | "in_progress" | "requested" | "pending");
    if !runs || facts.conclusion.is_some() || has_strong(findings) {
        return None;
    }
    let mut verdict = plain("run_in_progress", Action::Investigate, None, Confidence::High);
    verdict.description = format!("The run has not finished (status {}); ask again when it has.", redact(status));
    Some(verdict)
}

/// `plan -detailed-exitcode` ends with 2 when it finds changes, which a workflow may show as a failure.
fn plan_with_changes(facts: &RunFacts, findings: &Findings<'_>) -> Option<Verdict> {
    let is_plan = facts.command.as_deref().is_none_or(|command| command == "plan");
    let strong = findings
        .candidates
        .iter()
        .any(|candidate| candidate.is_strong() && candidate.weight == crate::log::Weight::Error);
    if !is_plan || strong {
        return None;
    }
    let exits_2 =
        || findings.steps.iter().flat_map(|step| &step.lines).any(|line| compact(&line.text).ends_with("exitcode2."));
    let lines = || findings.steps.iter().flat_map(|step| &step.lines);
    let confidence = match facts.plan_exit_code {
        Some(2) => Confidence::High,
        None if exits_2() && saw_changes(facts, lines()) == Some(true) => Confidence::Medium,
        _ => return None,
    };
    Some(plain("plan_has_changes", Action::Investigate, None, confidence))
}

/// What the logs say.
fn logged(facts: &RunFacts, findings: &Findings<'_>) -> Option<Verdict> {
    let cause = findings.candidates.first()?;
    if !cause.is_strong()
        && matches!(facts.conclusion.as_deref(), Some("timed_out" | "cancelled" | "stale" | "skipped" | "neutral"))
    {
        return None;
    }
    let was_cancelled = facts.conclusion.as_deref() == Some("cancelled");
    if cause.rule.category == "cancelled" && findings.unexplained && !was_cancelled {
        return None;
    }
    let step = findings.steps.get(cause.step)?;
    let passage = cause::text(step, &cause.lines);
    let target = target::find(cause.rule.target, &passage, &|| cause::whole(step), facts);
    let mut confidence = cause::confidence(findings);
    if matches!(facts.conclusion.as_deref(), Some("cancelled" | "timed_out")) && cause.rule.action != Action::Rerun {
        confidence = confidence.lower();
    }
    let mut description = says(cause.rule.category).to_owned();
    let evidence = evidence(findings);
    if let Some(first) = evidence.first() {
        description.push_str(&says_so("log says", &first.text));
    }
    description.push_str(&note(facts, findings, cause, &mut confidence));
    description.push_str(&others(findings, cause));
    let suggested_action = SuggestedAction { action: cause.rule.action, target, confidence };
    Some(Verdict {
        category: cause.rule.category,
        description,
        suggested_action,
        parent_run_id: None,
        plan_saw_changes: None,
        evidence,
    })
}

fn says_so(who: &str, text: &str) -> String {
    format!(" The {who}: \u{201c}{text}\u{201d}.")
}

/// What an agent must know before it acts.
fn note(facts: &RunFacts, findings: &Findings<'_>, cause: &Candidate, confidence: &mut Confidence) -> String {
    let Some(step) = findings.steps.get(cause.step) else { return String::new() };
    let text = compact(&cause::whole(step));
    let unsaved = ["failedtosavestate", "errored.tfstate", "failedtouploadstate", "failedtopersiststate"];
    if unsaved.iter().any(|words| text.contains(words)) {
        return " The new state could not be saved: secure errored.tfstate before anything runs again.".to_owned();
    }
    if cause.rule.category != "state_lock" || cause.rule.action != Action::Rerun {
        return String::new();
    }
    match cause::lock_age_hours(step, facts.started_at.as_deref()) {
        Some(hours) if hours >= OLD_LOCK_HOURS => {
            *confidence = Confidence::Low;
            format!(
                " The lock is {hours} h older than this run, so it was probably left behind: make sure that nothing holds it, then force-unlock it; a rerun alone will meet it again."
            )
        }
        Some(_) => " The lock is recent: another run holds it.".to_owned(),
        None => {
            *confidence = (*confidence).min(Confidence::Medium);
            String::new()
        }
    }
}

/// The other causes that the log names.
fn others(findings: &Findings<'_>, cause: &Candidate) -> String {
    let mut seen = vec![cause.rule.category];
    let others = findings.candidates.iter().filter(|other| other.is_strong());
    for other in others {
        if !seen.contains(&other.rule.category) {
            seen.push(other.rule.category);
        }
    }
    let rest: Vec<&str> = seen.into_iter().skip(1).take(3).collect();
    if rest.is_empty() { String::new() } else { format!(" Also in the log: {}.", rest.join(", ")) }
}

/// Nothing in the log is known: what the conclusion says, else the last error as it stands.
fn ended(facts: &RunFacts, findings: &Findings<'_>) -> Verdict {
    let mut verdict = match facts.conclusion.as_deref() {
        Some("timed_out") => plain("timeout", Action::Rerun, None, Confidence::Medium),
        Some("cancelled") => plain("cancelled", Action::Rerun, None, Confidence::Medium),
        Some("stale" | "skipped" | "neutral") => plain("not_conclusive", Action::Investigate, None, Confidence::Low),
        _ => plain("unknown", Action::Investigate, None, Confidence::Low),
    };
    let Some((step, line)) = cause::last_error(findings) else { return verdict };
    if let Some(last) = quote(findings, step, line, verdict.category) {
        verdict.description.push_str(&says_so("last error is", &last.text));
        verdict.evidence.push(last);
    }
    verdict
}

fn plain(category: &'static str, action: Action, target: Option<String>, confidence: Confidence) -> Verdict {
    Verdict {
        category,
        description: says(category).to_owned(),
        suggested_action: SuggestedAction { action, target, confidence },
        parent_run_id: None,
        plan_saw_changes: None,
        evidence: Vec::new(),
    }
}

/// One line for each category: the cause first.
fn evidence(findings: &Findings<'_>) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = Vec::new();
    for candidate in &findings.candidates {
        let known = evidence.iter().any(|one| one.category == candidate.rule.category);
        if known || evidence.len() == MOST_EVIDENCE || (!evidence.is_empty() && !candidate.is_strong()) {
            continue;
        }
        evidence.extend(quote(findings, candidate.step, telling_line(findings, candidate), candidate.rule.category));
    }
    evidence
}

/// The line of the passage that has the rule's words, else its first.
fn telling_line(findings: &Findings<'_>, candidate: &Candidate) -> usize {
    let lines = findings.steps.get(candidate.step).map(|step| step.lines.as_slice()).unwrap_or_default();
    let tells = |at: &&usize| lines.get(**at).is_some_and(|line| is_match(candidate.rule, &compact(&line.text)));
    candidate.lines.iter().find(tells).or(candidate.lines.first()).copied().unwrap_or_default()
}

fn quote(findings: &Findings<'_>, step: usize, line: usize, category: &'static str) -> Option<Evidence> {
    let step = findings.steps.get(step)?;
    let line = step.lines.get(line)?;
    let text: String = redact(line.text.trim()).chars().take(LONGEST_LINE).collect();
    Some(Evidence {
        job: redact(&step.log.job),
        step: step.log.step.as_deref().map(redact),
        line: Some(line.number),
        text,
        category,
    })
}
