//! Which lines of a job's log are a step's. Pure.

use std::ops::Range;

use super::bindings::atmos::mcp::types::CapabilityError;
use super::text;
use crate::store::jobs::StepRow;
use crate::store::words::is_failure;

/// Names of steps that a refusal lists at most.
const NAMED_STEPS: usize = 50;

/// The lines of the steps that failed, each with its step's position; all lines, if no step is known to have
/// failed, or the log does not tell which lines are theirs.
pub(super) fn failed_parts(lines: &[&str], steps: &[StepRow], job: Option<&str>) -> Vec<(Option<usize>, Range<usize>)> {
    if matches!(job, Some("success" | "skipped" | "neutral")) {
        return Vec::new();
    }
    let ended = |wanted: fn(Option<&str>) -> bool| -> Vec<usize> {
        let is_wanted = |at: &usize| steps.get(*at).is_some_and(|step| wanted(step.conclusion.as_deref()));
        (0..steps.len()).filter(is_wanted).collect()
    };
    let mut failed = ended(is_failure);
    if failed.is_empty() {
        failed = ended(|word| word == Some("cancelled"));
    }
    let found = failed.into_iter().filter_map(|at| Some((Some(at), step_lines(lines, steps, at)?)));
    let parts: Vec<_> = found.filter(|(_, range)| !range.is_empty()).collect();
    if parts.is_empty() { vec![(None, 0..lines.len())] } else { parts }
}

/// The lines of the step at position `wanted`; none if the log does not tell. A skipped step has no lines.
pub(super) fn step_lines(lines: &[&str], steps: &[StepRow], wanted: usize) -> Option<Range<usize>> {
    let is_skipped = |step: &StepRow| step.conclusion.as_deref() == Some("skipped");
    if steps.get(wanted).is_some_and(is_skipped) {
        return Some(0..0);
    }
    let seconds = |micros: i64| micros.div_euclid(1_000_000);
    // A step without a time beside others that have one was never reached.
    let have_times = steps.iter().any(|step| step.started_at.is_some());
    let steps: Vec<_> = steps
        .iter()
        .map(|step| actions_log::Step {
            name: &step.name,
            started_at: step.started_at.map(seconds),
            completed_at: step.completed_at.map(seconds),
            ran: !is_skipped(step) && (step.started_at.is_some() || !have_times),
        })
        .collect();
    actions_log::step_lines(lines, &steps, wanted)
}

/// The position of the step of this name: of several, of the first that failed.
pub(super) fn find_step(job: &str, steps: &[StepRow], name: &str) -> Result<usize, CapabilityError> {
    // The agent knows the name as `jobs` shows it.
    let is_named = |step: &StepRow| step.name == name || text::clean_line(&step.name) == name;
    let failed = steps.iter().position(|step| is_named(step) && is_failure(step.conclusion.as_deref()));
    failed.or_else(|| steps.iter().position(is_named)).ok_or_else(|| {
        let names: Vec<_> =
            steps.iter().take(NAMED_STEPS).map(|step| format!("`{}`", text::clean_line(&step.name))).collect();
        let known = if names.is_empty() { "none is known".to_owned() } else { names.join(", ") };
        CapabilityError::InvalidArgument(format!(
            "`stepName`: the job `{}` has no step `{name}` (its steps: {known})",
            text::clean_line(job)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, conclusion: &str, times: Option<(i64, i64)>) -> StepRow {
        let micros = |second: i64| (1_787_306_400 + second) * 1_000_000;
        StepRow {
            name: name.to_owned(),
            status: "completed".to_owned(),
            conclusion: Some(conclusion.to_owned()),
            started_at: times.map(|(start, _)| micros(start)),
            completed_at: times.map(|(_, end)| micros(end)),
            ..StepRow::default()
        }
    }

    const LINES: [&str; 5] = [
        "2026-08-21T10:00:00.1Z setup",
        "2026-08-21T10:00:01.1Z ##[group]Run first",
        "2026-08-21T10:00:01.1Z ##[endgroup]",
        "2026-08-21T10:00:03.1Z ##[group]Run second",
        "2026-08-21T10:00:03.1Z ##[endgroup]",
    ];

    #[test]
    fn a_step_that_was_never_reached_does_not_hide_the_times_of_others() {
        let steps = [
            step("Set up job", "success", Some((0, 0))),
            step("First", "failure", Some((1, 2))),
            step("Second", "cancelled", Some((3, 4))),
            step("Third", "cancelled", None),
        ];
        let found: Vec<_> = (0..4).map(|at| step_lines(&LINES, &steps, at)).collect();
        assert_eq!(found, [Some(0..1), Some(1..3), Some(3..5), None]);
        assert_eq!(failed_parts(&LINES, &steps, Some("failure")), [(Some(1), 1..3)]);
        assert_eq!(failed_parts(&LINES, &steps[2..3], Some("cancelled")), [(Some(0), 0..5)]);
    }

    #[test]
    fn without_a_failed_step_the_whole_log_counts() {
        let steps = [step("First", "success", None)];
        assert_eq!(failed_parts(&LINES, &steps, Some("failure")), [(None, 0..5)]);
        assert_eq!(failed_parts(&LINES, &steps, None), [(None, 0..5)]);
        assert!(failed_parts(&LINES, &steps, Some("success")).is_empty());
    }

    #[test]
    fn a_step_is_found_by_the_name_that_is_shown() {
        let times = Some((0, 1));
        let mut steps = vec![
            step("Set up job", "success", times),
            step("Plan", "failure", times),
            step("Report \u{202e}", "success", times),
        ];
        assert_eq!(find_step("plan", &steps, "Report ").unwrap(), 2);
        steps.push(step("Plan", "success", times));
        assert_eq!(find_step("plan", &steps, "Plan").unwrap(), 1);
        let CapabilityError::InvalidArgument(message) = find_step("plan", &steps[..2], "plan").unwrap_err() else {
            panic!("another error")
        };
        assert_eq!(message, "`stepName`: the job `plan` has no step `plan` (its steps: `Set up job`, `Plan`)");
    }
}
