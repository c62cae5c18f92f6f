//! Runs, deployments and drift detections, from counts of runs that are alike.

use schemars::JsonSchema;
use sdk::capability::analytics::{OutcomeCount, RunCount};
use sdk::capability::workflow_runs::{RunCommand, RunConclusion, RunStatus, RunTrigger};
use serde::Serialize;

use crate::statistics::{ratio, round};

/// Runs that were created in the window.
#[derive(Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Runs {
    pub total: u32,
    pub completed: u32,
    pub succeeded: u32,
    /// Failures, time-outs and failures to start.
    pub failed: u32,
    /// Not completed yet.
    pub open: u32,
}

/// Deployments: runs that apply or remediate.
#[derive(Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deployments {
    pub completed: u32,
    pub succeeded: u32,
    pub failed: u32,
    /// Completed deployments per day.
    pub per_day: f64,
    /// Failed of those that succeeded or failed; null if there are none.
    pub change_failure_rate: Option<f64>,
}

/// Plans that looked for drift.
#[derive(Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftDetections {
    pub total: u32,
    /// The plan saw changes.
    pub found_drift: u32,
    pub failed: u32,
}

/// Outcomes of one stack.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StackRate {
    pub stack: String,
    pub completed: u32,
    /// Succeeded of those that succeeded or failed; null if there are none.
    pub success_rate: Option<f64>,
    /// The same in the window before.
    pub previous: Option<f64>,
}

/// All runs.
pub fn runs(counts: &[RunCount]) -> Runs {
    let mut runs = Runs::default();
    for count in counts {
        runs.total += count.count;
        if matches!(count.status, RunStatus::Completed) {
            runs.completed += count.count;
        } else {
            runs.open += count.count;
        }
        runs.succeeded += of(count, succeeded(count));
        runs.failed += of(count, failed(count));
    }
    runs
}

/// Deployments alone.
pub fn deployments(counts: &[RunCount], days: u32) -> Deployments {
    let mut deployments = Deployments::default();
    for count in counts.iter().filter(|count| !matches!(count.command, RunCommand::Plan)) {
        deployments.completed += of(count, matches!(count.status, RunStatus::Completed));
        deployments.succeeded += of(count, succeeded(count));
        deployments.failed += of(count, failed(count));
    }
    deployments.per_day = round(f64::from(deployments.completed) / f64::from(days.max(1)), 100.0);
    deployments.change_failure_rate = ratio(deployments.failed, deployments.failed + deployments.succeeded);
    deployments
}

/// Drift detections alone.
pub fn drift_detections(counts: &[RunCount]) -> DriftDetections {
    let mut detections = DriftDetections::default();
    let detection = |count: &&RunCount| {
        matches!(count.trigger, RunTrigger::DriftDetection) && matches!(count.command, RunCommand::Plan)
    };
    for count in counts.iter().filter(detection) {
        detections.total += count.count;
        detections.found_drift += count.changed;
        // A job that ended with exit code 2 is red on GitHub, but it did what it was for.
        detections.failed += if failed(count) { count.count.saturating_sub(count.changed) } else { 0 };
    }
    detections
}

/// Success rates by stack, with those of the window before.
pub fn success_rates(current: Vec<OutcomeCount>, previous: &[OutcomeCount]) -> Vec<StackRate> {
    let rate = |count: &OutcomeCount| ratio(count.succeeded, count.succeeded + count.failed);
    let before = |stack: &str| previous.iter().find(|count| count.name == stack).and_then(rate);
    current
        .into_iter()
        .map(|count| StackRate {
            success_rate: rate(&count),
            previous: before(&count.name),
            completed: count.completed,
            stack: count.name,
        })
        .collect()
}

fn of(count: &RunCount, counts: bool) -> u32 {
    if counts { count.count } else { 0 }
}

fn succeeded(count: &RunCount) -> bool {
    matches!(count.conclusion, Some(RunConclusion::Success))
}

/// What was cancelled or skipped says nothing about the change.
fn failed(count: &RunCount) -> bool {
    matches!(count.conclusion, Some(RunConclusion::Failure | RunConclusion::TimedOut | RunConclusion::StartupFailure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(command: RunCommand, trigger: RunTrigger, conclusion: Option<RunConclusion>, count: u32) -> RunCount {
        let status = if conclusion.is_some() { RunStatus::Completed } else { RunStatus::InProgress };
        RunCount { command, trigger, status, conclusion, count, changed: 0 }
    }

    fn sample() -> Vec<RunCount> {
        vec![
            count(RunCommand::Apply, RunTrigger::Push, Some(RunConclusion::Success), 6),
            count(RunCommand::Apply, RunTrigger::Push, Some(RunConclusion::Failure), 1),
            count(RunCommand::Remediate, RunTrigger::Manual, Some(RunConclusion::TimedOut), 1),
            count(RunCommand::Apply, RunTrigger::Push, Some(RunConclusion::Cancelled), 2),
            count(RunCommand::Apply, RunTrigger::Push, None, 3),
            RunCount {
                changed: 4,
                ..count(RunCommand::Plan, RunTrigger::DriftDetection, Some(RunConclusion::Failure), 5)
            },
            count(RunCommand::Plan, RunTrigger::DriftDetection, Some(RunConclusion::Success), 10),
        ]
    }

    #[test]
    fn hand_computed_counts() {
        let counts = sample();
        assert_eq!(runs(&counts), Runs { total: 28, completed: 25, succeeded: 16, failed: 7, open: 3 });
        let expected =
            Deployments { completed: 10, succeeded: 6, failed: 2, per_day: 2.5, change_failure_rate: Some(0.25) };
        assert_eq!(deployments(&counts, 4), expected);
        assert_eq!(drift_detections(&counts), DriftDetections { total: 15, found_drift: 4, failed: 1 });
        assert_eq!(deployments(&[], 4).change_failure_rate, None);
    }

    #[test]
    fn a_stack_that_is_new_has_no_rate_before() {
        let outcome = |name: &str, succeeded, failed| OutcomeCount {
            name: name.to_owned(),
            completed: succeeded + failed,
            succeeded,
            failed,
        };
        let rates = success_rates(vec![outcome("a", 3, 1), outcome("b", 0, 0)], &[outcome("a", 1, 1)]);
        let pairs: Vec<_> = rates.iter().map(|rate| (rate.success_rate, rate.previous)).collect();
        assert_eq!(pairs, [(Some(0.75), Some(0.5)), (None, None)]);
    }
}
