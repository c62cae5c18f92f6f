//! Runs that were never created, or of which the dispatcher says what went wrong.

use crate::log::compact;
use crate::redact::redact;
use crate::rules::{rule_for, says};
use crate::target::{self, Fact};
use crate::verdict::{Action, Confidence, Evidence, RunFacts, SuggestedAction, Verdict};

/// A word of `dispatchError`, which is our own vocabulary but for `missing_plan_result`.
struct Known {
    word: &'static str,
    category: &'static str,
    action: Action,
    confidence: Confidence,
    target: Option<Fact>,
}

const fn known(word: &'static str, category: &'static str, action: Action, target: Option<Fact>) -> Known {
    Known { word, category, action, confidence: Confidence::High, target }
}

const WORDS: &[Known] = &[
    known("missing_plan_result", "dispatch_no_result", Action::Investigate, None),
    known("run_not_correlated", "dispatch_no_result", Action::Investigate, None),
    known("ref_not_found", "dispatch_ref", Action::FixRef, Some(Fact::Ref)),
    known("workflow_not_found", "dispatch_workflow", Action::FixCode, Some(Fact::Repo)),
    known("missing_dispatch_trigger", "dispatch_workflow", Action::FixCode, Some(Fact::Repo)),
    known("workflow_disabled", "dispatch_workflow_disabled", Action::Investigate, Some(Fact::Repo)),
    known("unexpected_inputs", "dispatch_inputs", Action::FixCode, Some(Fact::Repo)),
    known("missing_required_input", "dispatch_inputs", Action::FixCode, Some(Fact::Repo)),
    known("permission_denied", "github_permission", Action::FixCredentials, Some(Fact::Repo)),
    known("installation_suspended", "github_installation", Action::FixCredentials, Some(Fact::Repo)),
    known("installation_removed", "github_installation", Action::FixCredentials, Some(Fact::Repo)),
    known("rate_limited", "rate_limited", Action::Rerun, Some(Fact::Repo)),
    known("github_unavailable", "github_server_error", Action::Rerun, None),
    known("locked", "pro_lock", Action::Investigate, None),
    known("held_threshold", "dispatch_held", Action::Approve, None),
    known("held_cooldown", "dispatch_held", Action::Approve, None),
    known("parent_failed", "parent_failed", Action::FixParentRun, Some(Fact::Parent)),
];

/// GitHub's answers that mean something only as the answer to a dispatch; compact text.
const ANSWERS: &[(&[&str], &str, Action, Confidence)] = &[
    (&["installation", "suspended"], "github_installation", Action::FixCredentials, Confidence::High),
    (&["ratelimit"], "rate_limited", Action::Rerun, Confidence::High),
    (&["429"], "rate_limited", Action::Rerun, Confidence::Medium),
    (&["401"], "github_permission", Action::FixCredentials, Confidence::High),
    (&["403"], "github_permission", Action::FixCredentials, Confidence::High),
    (&["404"], "dispatch_workflow", Action::FixCode, Confidence::Medium),
    (&["notfound"], "dispatch_workflow", Action::FixCode, Confidence::Medium),
    (&["422"], "dispatch_inputs", Action::FixCode, Confidence::Low),
    (&["500"], "github_server_error", Action::Rerun, Confidence::Medium),
    (&["502"], "github_server_error", Action::Rerun, Confidence::Medium),
    (&["503"], "github_server_error", Action::Rerun, Confidence::Medium),
    (&["504"], "github_server_error", Action::Rerun, Confidence::Medium),
];

/// Whether the dispatcher only knows that nothing arrived, so that a log may know more.
pub(crate) fn is_vague(error: &str) -> bool {
    let word = word(error);
    matches!(word.as_str(), "missing_plan_result" | "run_not_correlated" | "unknown")
}

/// Explains a dispatch error; `None` if there is none.
pub(crate) fn classify(facts: &RunFacts) -> Option<Verdict> {
    let error = facts.dispatch_error.as_deref().map(str::trim).filter(|error| !error.is_empty())?;
    let word = word(error);
    if let Some(known) = WORDS.iter().find(|known| known.word == word) {
        let target = known.target.and_then(|fact| target::known(fact, facts));
        return Some(verdict(facts, error, known.category, known.action, target, known.confidence));
    }
    let text = compact(error);
    let is_specific = |rule: &&crate::rules::Rule| rule.category != "cloud_server_error";
    if let Some(rule) = rule_for(&text).filter(|rule| rule.confidence > Confidence::Low).filter(is_specific) {
        let target = target::find(rule.target, error, &String::new, facts);
        return Some(verdict(facts, error, rule.category, rule.action, target, rule.confidence));
    }
    let answer = ANSWERS.iter().find(|(words, ..)| words.iter().all(|word| text.contains(word)));
    let repo = target::known(Fact::Repo, facts);
    Some(match answer {
        Some((_, category, action, confidence)) => verdict(facts, error, category, *action, repo, *confidence),
        None => verdict(facts, error, "dispatch_unknown", Action::Investigate, repo, Confidence::Low),
    })
}

fn word(error: &str) -> String {
    error.trim().to_ascii_lowercase().replace(['-', ' '], "_")
}

fn verdict(
    facts: &RunFacts,
    error: &str,
    category: &'static str,
    action: Action,
    target: Option<String>,
    confidence: Confidence,
) -> Verdict {
    let quote: String = redact(&crate::log::readable(error)).chars().take(300).collect();
    let evidence = Evidence { job: String::new(), step: None, line: None, text: quote.clone(), category };
    Verdict {
        category,
        description: format!("{} The dispatch answered: \u{201c}{quote}\u{201d}.", says(category)),
        suggested_action: SuggestedAction { action, target, confidence },
        parent_run_id: target::known(Fact::Parent, facts),
        plan_saw_changes: None,
        evidence: vec![evidence],
    }
}
