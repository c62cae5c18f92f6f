//! `atmos-mcp sync github`

use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::operator::Operator;
use super::{Location, print};
use crate::audit::Entry;
use crate::authz::WorkspaceScope;
use crate::clock::Clock;
use crate::ingest::backfill::{Backfill, Outcome, Position, Request, Summary};

/// How often GitHub may fail to answer before it is given up.
const MAX_FAILURES: u32 = 8;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Read repositories, workflow runs with their jobs, pull requests and commits from GitHub.
    ///
    /// For a workspace that is new here, and after a time in which webhooks did not arrive. The workspace must be
    /// linked to an installation of the GitHub App (`atmos-mcp installation link`), and `github.app_id` and its
    /// private key must be configured.
    ///
    /// It may be stopped at any time, also with Ctrl-C, and goes on where it stopped when it is called again. Once all
    /// is read, a later call reads what is newer. It waits where GitHub's rate limit is nearly used up: about one
    /// request is made for each workflow run. The server may run meanwhile.
    Github(Arguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    location: Location,
    /// Slug of the workspace.
    #[arg(long)]
    workspace: String,
    /// GitHub's id of one installation; without it, all that the workspace is linked to.
    #[arg(long)]
    installation: Option<i64>,
    /// How many days back.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    since: u32,
    /// Read again what was read before.
    #[arg(long)]
    full: bool,
}

pub(super) async fn run(command: Command, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    let Command::Github(arguments) = command;
    let operator = Operator::open(&arguments.location, environment).await?;
    let scope = operator.workspace(&arguments.workspace).await?;
    let github = operator
        .github_app()?
        .context("github.app_id and github.private_key_file are needed in the configuration (docs/ingest.md)")?;
    let request = Request {
        workspace: arguments.workspace,
        installation: arguments.installation,
        since: Duration::from_hours(24) * arguments.since,
        full: arguments.full,
    };
    let mut backfill = Backfill::open(&operator.store, &github, &Clock::System, &operator.entropy, &request).await?;
    let bar = progress_bar();
    let shown = bar.clone();
    backfill.observe(move |position| show(&shown, position));
    let ended = tokio::select! {
        ended = read(&mut backfill, &bar) => ended,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("stopped; the next sync goes on from here")),
    };
    bar.finish_and_clear();
    let entries = entries(&operator, &scope, backfill.summary(), ended.is_ok());
    operator.finish(&entries.iter().collect::<Vec<_>>()).await?;
    print(&backfill.summary().to_string())?;
    ended
}

/// Reads until all is read: waits for the rate limit, and tries again when GitHub does not answer.
async fn read(backfill: &mut Backfill, bar: &ProgressBar) -> anyhow::Result<()> {
    let mut failures = 0;
    loop {
        match backfill.run().await {
            Ok(Outcome::Done) => return Ok(()),
            Ok(Outcome::Paused { until }) => {
                bar.suspend(|| print(&format!("GitHub's rate limit: waiting until {until}")))?;
                // Its clock may be a little behind.
                tokio::time::sleep(until.since(Clock::System.now()) + Duration::from_secs(2)).await;
            }
            Err(error) if error.is_transient() && failures < MAX_FAILURES => {
                failures += 1;
                bar.suspend(|| print(&format!("{error}: trying again")))?;
                tokio::time::sleep(Duration::from_secs(5) * failures).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// What stands in the audit log.
fn entries(operator: &Operator, scope: &WorkspaceScope, summary: &Summary, complete: bool) -> Vec<Entry> {
    let imported = summary.imported.iter().map(|repository| {
        operator
            .entry(scope, ("github", "repository_imported"))
            .with_target("repository", &repository.id)
            .with_metadata(&json!({ "repository": repository.name }))
    });
    let synced = operator.entry(scope, ("github", "synced")).with_target("workspace", scope.workspace_id());
    let facts = json!({
        "repositories": summary.repositories,
        "workflowRuns": summary.runs,
        "jobs": summary.jobs,
        "pullRequests": summary.pull_requests,
        "complete": complete,
    });
    imported.chain([synced.with_metadata(&facts)]).collect()
}

/// A bar on a terminal; nothing elsewhere.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} repositories, {elapsed}  {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

fn show(bar: &ProgressBar, position: &Position<'_>) {
    let length = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    bar.set_length(length(position.total));
    bar.set_position(length(position.done));
    let Summary { runs, jobs, pull_requests, .. } = position.summary;
    bar.set_message(format!("{}: {runs} runs, {jobs} jobs, {pull_requests} pull requests", position.repository));
}
