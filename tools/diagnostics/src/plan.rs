//! Whether the plan found changes.

use crate::log::{Kind, Line};
use crate::verdict::RunFacts;

/// Answers from the exit code (0: no, 2: yes), else from what the plan printed.
pub(crate) fn saw_changes<'a>(facts: &RunFacts, lines: impl Iterator<Item = &'a Line>) -> Option<bool> {
    match facts.plan_exit_code {
        Some(0) => return Some(false),
        Some(2) => return Some(true),
        _ => {}
    }
    let said = lines.filter(|line| matches!(line.kind, Kind::Plain)).filter_map(says);
    said.reduce(|earlier, later| earlier || later)
}

fn says(line: &Line) -> Option<bool> {
    let text: String = line.text.chars().take(300).collect::<String>().to_ascii_lowercase();
    let text = text.trim_start();
    if let Some(counts) = text.strip_prefix("plan:").filter(|counts| counts.contains(" to ")) {
        return Some(counts.split(|c: char| !c.is_ascii_digit()).any(|count| count.parse().is_ok_and(|n: u64| n > 0)));
    }
    let yes = text.starts_with("changes to outputs:") || text.contains("will perform the following actions");
    let no = text.starts_with("no changes.") || text.contains("infrastructure matches the configuration");
    (yes || no).then_some(yes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::lines;

    fn seen(text: &str) -> Option<bool> {
        saw_changes(&RunFacts::default(), lines(text, usize::MAX).iter())
    }

    #[test]
    fn the_log_answers_when_the_exit_code_does_not() {
        assert_eq!(seen("Plan: 0 to add, 1 to change, 0 to destroy."), Some(true));
        assert_eq!(seen("\u{1b}[1mPlan:\u{1b}[0m 1 to import, 0 to add, 0 to change, 0 to destroy."), Some(true));
        assert_eq!(seen("Plan: 0 to add, 0 to change, 0 to destroy."), Some(false));
        assert_eq!(seen("Changes to Outputs:\n  + a = 1"), Some(true));
        assert_eq!(seen("No changes. Your infrastructure matches the configuration."), Some(false));
        assert_eq!(seen("Error: x"), None);
    }

    #[test]
    fn the_exit_code_wins() {
        let facts = RunFacts { plan_exit_code: Some(2), ..RunFacts::default() };
        assert_eq!(saw_changes(&facts, lines("No changes.", usize::MAX).iter()), Some(true));
    }
}
