//! `get_repo_analytics`

use schemars::JsonSchema;
use sdk::capability::analytics::{self, Dimension, Merges, RunKind};
use sdk::capability::instances::StatusCounts;
use sdk::prelude::*;
use serde::Serialize;
use tools_analytics::contributors::{self, Contributor};
use tools_analytics::runs::{self, Deployments, DriftDetections, Runs, StackRate};
use tools_analytics::statistics::{Hours, hours};
use tools_analytics::{Compared, Days, Window, statuses, windows};

/// Stacks that are shown.
const STACKS: u32 = 25;

/// Authors of commits that are ranked.
const AUTHORS: u32 = 100;

#[args]
struct Args {
    owner: String,
    repo: String,
    /// Length of the window.
    days: Option<Days>,
}

/// Pull requests that were merged in the window.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PullRequests {
    merged: u32,
    /// Hours from creation to merge.
    hours_to_merge: Hours,
    /// Whether only the newest 1,000 count.
    partial: bool,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RepoAnalytics {
    /// `owner/name`.
    repo: String,
    window: Window,
    runs: Compared<Runs>,
    deployments: Compared<Deployments>,
    drift_detections: Compared<DriftDetections>,
    /// Instances by status at the end of the window; `previous` is at its beginning.
    drift_status_counts: Compared<StatusCounts>,
    /// Most failed first, at most 25.
    success_rate_by_stack: Vec<StackRate>,
    pull_requests: Compared<PullRequests>,
    /// At most ten; bots are left out.
    top_contributors: Vec<Contributor>,
}

/// Metrics of one repository against the days before: runs, change failure rate, drift, success by stack, merge
/// times, contributors. For all: `get_workspace_insights`.
#[tool]
fn get_repo_analytics(args: Args) -> ToolResult<RepoAnalytics> {
    let repo = format!("{}/{}", args.owner, args.repo);
    let Some(now) = analytics::count_statuses(Some(&repo))? else {
        return Err(ToolError::NotFound(format!(
            "no repository {repo} in this workspace; list_repos shows those there are"
        )));
    };
    let days = args.days.unwrap_or_default().0;
    let (current, previous) = windows(Some(&repo), days);
    let then = statuses::before(&now, &analytics::count_transitions(&current)?);
    let (runs_now, runs_then) = (analytics::summarize_runs(&current)?, analytics::summarize_runs(&previous)?);
    let stacks = |extent| analytics::count_outcomes(extent, Dimension::Stack, RunKind::All, STACKS);
    let (merges_now, merges_then) = (analytics::list_merges(&current)?, analytics::list_merges(&previous)?);
    let authors = analytics::count_commits_by_author(&current, AUTHORS)?;
    Ok(RepoAnalytics {
        runs: Compared { current: runs::runs(&runs_now.counts), previous: runs::runs(&runs_then.counts) },
        deployments: Compared {
            current: runs::deployments(&runs_now.counts, days),
            previous: runs::deployments(&runs_then.counts, days),
        },
        drift_detections: Compared {
            current: runs::drift_detections(&runs_now.counts),
            previous: runs::drift_detections(&runs_then.counts),
        },
        drift_status_counts: Compared { current: now, previous: then },
        success_rate_by_stack: runs::success_rates(stacks(&current)?, &stacks(&previous)?),
        top_contributors: contributors::top(&merges_now.items, &authors),
        pull_requests: Compared { current: pull_requests(&merges_now), previous: pull_requests(&merges_then) },
        window: Window { days, since: runs_now.since, until: runs_now.until },
        repo,
    })
}

fn pull_requests(merges: &Merges) -> PullRequests {
    PullRequests {
        merged: u32::try_from(merges.items.len()).unwrap_or(u32::MAX),
        hours_to_merge: hours(merges.items.iter().map(|merge| merge.seconds)),
        partial: merges.truncated,
    }
}
