//! How the latest runs of a pull request stand.

use schemars::JsonSchema;
use sdk::capability::pull_requests::{InstanceRuns, RunRef};
use sdk::capability::workflow_runs::{ApprovalState, RunConclusion, RunStatus};
use serde::Serialize;

/// How a run stands, as GitHub counts it among the checks of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    Pending,
    WaitingApproval,
    Succeeded,
    Failed,
}

impl RunResult {
    /// What is skipped or neutral stops no merge; what is cancelled does.
    fn of(run: &RunRef) -> Self {
        match (run.status, run.conclusion) {
            (RunStatus::Completed, Some(RunConclusion::Success | RunConclusion::Skipped | RunConclusion::Neutral)) => {
                Self::Succeeded
            }
            (RunStatus::Completed, Some(_)) => Self::Failed,
            _ if matches!(run.approval_state, ApprovalState::Pending) => Self::WaitingApproval,
            _ => Self::Pending,
        }
    }
}

/// A run, in short; `get_workflow_run` has the rest.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LatestRun {
    pub id: String,
    pub status: RunStatus,
    pub result: RunResult,
    pub created_at: String,
}

impl From<RunRef> for LatestRun {
    fn from(run: RunRef) -> Self {
        Self { result: RunResult::of(&run), id: run.id, status: run.status, created_at: run.created_at }
    }
}

/// What ran for one instance.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    pub stack: String,
    pub component: String,
    /// The latest plan.
    pub plan: Option<LatestRun>,
    /// Whether that plan saw changes; null if it did not end well.
    pub plan_saw_changes: Option<bool>,
    /// The latest apply or remediation.
    pub apply: Option<LatestRun>,
}

impl From<InstanceRuns> for Instance {
    fn from(runs: InstanceRuns) -> Self {
        let plan_saw_changes = match runs.plan.as_ref().and_then(|plan| plan.plan_exit_code) {
            Some(0) => Some(false),
            Some(2) => Some(true),
            _ => None,
        };
        Self {
            stack: runs.stack,
            component: runs.component,
            plan: runs.plan.map(LatestRun::from),
            plan_saw_changes,
            apply: runs.apply.map(LatestRun::from),
        }
    }
}

/// How many of the latest runs stand how: the plan and the apply of each instance.
#[derive(Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checks {
    pub pending: u32,
    pub waiting_approval: u32,
    pub succeeded: u32,
    pub failed: u32,
}

impl Checks {
    pub(crate) fn of(instances: &[Instance]) -> Self {
        let mut checks = Self::default();
        for run in instances.iter().flat_map(|instance| [&instance.plan, &instance.apply]).flatten() {
            let count = match run.result {
                RunResult::Pending => &mut checks.pending,
                RunResult::WaitingApproval => &mut checks.waiting_approval,
                RunResult::Succeeded => &mut checks.succeeded,
                RunResult::Failed => &mut checks.failed,
            };
            *count += 1;
        }
        checks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sdk::capability::workflow_runs::RunCommand;

    fn run(status: RunStatus, conclusion: Option<RunConclusion>, approval_state: ApprovalState) -> RunRef {
        RunRef {
            id: "run_1".to_owned(),
            command: RunCommand::Plan,
            status,
            conclusion,
            approval_state,
            plan_exit_code: Some(2),
            created_at: String::new(),
            finished_at: None,
        }
    }

    #[test]
    fn a_run_counts_as_github_counts_checks() {
        for (status, conclusion, approval_state, expected) in [
            (RunStatus::Completed, Some(RunConclusion::Success), ApprovalState::None, RunResult::Succeeded),
            (RunStatus::Completed, Some(RunConclusion::Skipped), ApprovalState::None, RunResult::Succeeded),
            (RunStatus::Completed, Some(RunConclusion::Cancelled), ApprovalState::None, RunResult::Failed),
            (RunStatus::Completed, Some(RunConclusion::Failure), ApprovalState::Rejected, RunResult::Failed),
            (RunStatus::Waiting, None, ApprovalState::Pending, RunResult::WaitingApproval),
            (RunStatus::Waiting, None, ApprovalState::None, RunResult::Pending),
            (RunStatus::InProgress, None, ApprovalState::Approved, RunResult::Pending),
        ] {
            assert_eq!(RunResult::of(&run(status, conclusion, approval_state)), expected);
        }
    }

    #[test]
    fn the_checks_count_plans_and_applies() {
        let good = || Some(run(RunStatus::Completed, Some(RunConclusion::Success), ApprovalState::None));
        let waiting = Some(run(RunStatus::Waiting, None, ApprovalState::Pending));
        let runs = |plan, apply| InstanceRuns { stack: "dev".to_owned(), component: "vpc".to_owned(), plan, apply };
        let instances: Vec<Instance> =
            [runs(good(), waiting), runs(good(), None), runs(None, None)].into_iter().map(Instance::from).collect();
        assert_eq!(Checks::of(&instances), Checks { succeeded: 2, waiting_approval: 1, ..Checks::default() });
        let saw_changes: Vec<Option<bool>> = instances.iter().map(|instance| instance.plan_saw_changes).collect();
        assert_eq!(saw_changes, [Some(true), Some(true), None]);
    }
}
