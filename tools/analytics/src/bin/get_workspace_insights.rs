//! `get_workspace_insights`

use schemars::JsonSchema;
use sdk::capability::analytics::{self, ApprovalWaits, DayCount, Dimension, InstanceChanges, OutcomeCount, RunKind};
use sdk::capability::instances::StatusCounts;
use sdk::prelude::*;
use serde::Serialize;
use tools_analytics::recovery::{Recovery, recovery};
use tools_analytics::runs::{self, Deployments, Runs};
use tools_analytics::statistics::{Hours, hours};
use tools_analytics::statuses::{self, Drift};
use tools_analytics::{Compared, Days, Window, windows};

/// Components and instances that are shown.
const SHOWN: u32 = 10;

/// Changes of status in the window from which an instance counts as flapping.
const FLAPPING: u32 = 4;

#[args]
struct Args {
    /// Length of the window.
    days: Option<Days>,
}

/// How long approved runs had waited.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Approvals {
    approved: u32,
    /// Hours from the run's creation to the decision.
    hours_to_approve: Hours,
    /// Whether only the newest 1,000 count.
    partial: bool,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Insights {
    window: Window,
    runs: Compared<Runs>,
    deployments: Compared<Deployments>,
    /// Runs by the day on which they were created; days without one are left out.
    by_day: Vec<DayCount>,
    /// How long instances stayed drifted or broken.
    recovery: Compared<Recovery>,
    drift: Compared<Drift>,
    /// Instances by status now.
    status_counts: StatusCounts,
    approvals: Compared<Approvals>,
    /// By failed deployments, at most ten.
    most_failing_components: Vec<OutcomeCount>,
    /// Four changes of status or more; at most ten.
    flapping_instances: Vec<InstanceChanges>,
}

/// Metrics of the workspace against the days before: deployments, change failure rate, MTTR, drift, approvals,
/// failing components, flapping instances.
#[tool]
fn get_workspace_insights(args: Args) -> ToolResult<Insights> {
    let days = args.days.unwrap_or_default().0;
    let (current, previous) = windows(None, days);
    let (runs_now, runs_then) = (analytics::summarize_runs(&current)?, analytics::summarize_runs(&previous)?);
    let drift = |extent| analytics::count_transitions(extent).map(|counts| statuses::drift(&counts));
    let recovered = |extent| analytics::list_transitions(extent).map(|transitions| recovery(&transitions));
    let approved = |extent| analytics::list_approval_waits(extent).map(approvals);
    let mut components = analytics::count_outcomes(&current, Dimension::Component, RunKind::Deployments, SHOWN)?;
    components.retain(|component| component.failed > 0);
    Ok(Insights {
        runs: Compared { current: runs::runs(&runs_now.counts), previous: runs::runs(&runs_then.counts) },
        deployments: Compared {
            current: runs::deployments(&runs_now.counts, days),
            previous: runs::deployments(&runs_then.counts, days),
        },
        by_day: analytics::count_runs_by_day(&current)?,
        recovery: Compared { current: recovered(&current)?, previous: recovered(&previous)? },
        drift: Compared { current: drift(&current)?, previous: drift(&previous)? },
        // The workspace as a whole is always there.
        status_counts: analytics::count_statuses(None)?
            .ok_or_else(|| ToolError::Unavailable("the workspace could not be read; try again".to_owned()))?,
        approvals: Compared { current: approved(&current)?, previous: approved(&previous)? },
        most_failing_components: components,
        flapping_instances: analytics::count_changes_by_instance(&current, FLAPPING, SHOWN)?,
        window: Window { days, since: runs_now.since, until: runs_now.until },
    })
}

fn approvals(waits: ApprovalWaits) -> Approvals {
    Approvals {
        approved: u32::try_from(waits.items.len()).unwrap_or(u32::MAX),
        hours_to_approve: hours(waits.items),
        partial: waits.truncated,
    }
}
