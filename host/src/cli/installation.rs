//! `atmos-mcp installation link | list`
//!
//! Who installs the GitHub App cannot choose a workspace here: a webhook of an installation that nobody linked
//! changes nothing.

use anyhow::{Context as _, ensure};
use serde_json::json;

use super::operator::Operator;
use super::{Location, print};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::store::github::installations::{self, Described};
use crate::store::{StoreError, Tx};
use crate::upstream::GithubApp;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Link a workspace to an installation of the GitHub App: its webhooks are heard, and `sync github` reads it.
    Link(Link),
    /// Print the installations that are linked, of all workspaces.
    List(Location),
}

#[derive(Debug, clap::Args)]
pub(super) struct Link {
    #[command(flatten)]
    location: Location,
    /// Slug of the workspace.
    #[arg(long)]
    workspace: String,
    /// Id of the installation: the number at the end of the address of its page on GitHub.
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..))]
    installation: i64,
    /// Login of the user or organization that installed the App. GitHub is asked for it where `github.app_id` is set.
    #[arg(long)]
    account: Option<String>,
}

/// What is known of the installation.
struct Installation {
    account: String,
    status: &'static str,
    since: Timestamp,
    /// Whether GitHub said it.
    is_checked: bool,
}

pub(super) async fn run(command: Command, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    match command {
        Command::Link(arguments) => link(Operator::open(&arguments.location, environment).await?, &arguments).await,
        Command::List(location) => list(Operator::open(&location, environment).await?).await,
    }
}

async fn link(operator: Operator, arguments: &Link) -> anyhow::Result<()> {
    let (slug, github_id) = (&arguments.workspace, arguments.installation);
    let scope = operator.workspace(slug).await?;
    let found = match (operator.github_app()?, &arguments.account) {
        (Some(github), account) => ask(&github, github_id, account.as_deref(), operator.now).await?,
        (None, Some(account)) => {
            Installation { account: account.clone(), status: "active", since: operator.now, is_checked: false }
        }
        (None, None) => anyhow::bail!("--account is needed, because no github.app_id is configured to ask GitHub with"),
    };
    let id = operator.entropy.id("ghi", operator.now);
    let described = Described { github_id, account: &found.account, status: found.status, since: found.since };
    let mut tx = operator.store.write.begin().await?;
    let is_new = installations::link(&mut tx, &scope, &id, &described).await?;
    ensure!(is_new || found.is_checked, "--installation {github_id}: workspace {slug} is linked to it already");
    if !is_new {
        refresh(&mut tx, &scope, &described, operator.now).await?;
    }
    tx.commit().await?;
    let entry = operator
        .entry(&scope, ("github", "installation_linked"))
        .with_target("github_installation", github_id.to_string())
        .with_metadata(&json!({ "account": found.account, "status": found.status, "new": is_new }));
    operator.finish(&[&entry]).await?;
    Ok(print(&format!(
        "Installation {github_id} of {} ({}) is linked to {slug}. Next: atmos-mcp sync github --workspace {slug}",
        found.account, found.status
    ))?)
}

/// Asks GitHub whose installation it is; it must be that account's, if one is named.
async fn ask(
    github: &GithubApp,
    github_id: i64,
    expected: Option<&str>,
    now: Timestamp,
) -> anyhow::Result<Installation> {
    let answer = github.installation(github_id).await.with_context(|| format!("--installation {github_id}"))?;
    let account = answer.account.as_ref().and_then(|account| account.login.get());
    let account = account.with_context(|| format!("--installation {github_id}: GitHub does not say whose it is"))?;
    ensure!(
        expected.is_none_or(|expected| expected.eq_ignore_ascii_case(account)),
        "--account: installation {github_id} is of {account}"
    );
    let (status, since) = match answer.suspended_at.0 {
        Some(at) => ("suspended", at),
        None => ("active", answer.created_at.0.unwrap_or(now)),
    };
    Ok(Installation { account: account.to_owned(), status, since, is_checked: true })
}

/// A link that was there before takes what GitHub says now: a webhook may have been missed.
async fn refresh(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    described: &Described<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for row in installations::find_installations(tx, described.github_id).await? {
        let is_ours = row.workspace_id == scope.workspace_id();
        let account = Some(described.account);
        if is_ours && installations::set_status(tx, &row, account, described.status, now, None).await? {
            installations::set_repository_status(tx, &row, described.status).await?;
        }
    }
    Ok(())
}

async fn list(operator: Operator) -> anyhow::Result<()> {
    let rows = installations::list_all(&operator.store.read).await?;
    operator.store.close().await;
    print(&format!("{:40} {:14} {:40} STATE", "WORKSPACE", "INSTALLATION", "ACCOUNT"))?;
    for row in rows {
        let since = Timestamp::from_micros(row.status_since);
        print(&format!("{:40} {:<14} {:40} {} since {since}", row.slug, row.github_id, row.account, row.status))?;
    }
    Ok(())
}
