//! What the operator's commands share: the database, opened for one command, and the audit log.

use std::path::PathBuf;

use anyhow::Context as _;

use super::{Location, demo};
use crate::audit::{Actor, Entry};
use crate::authz::WorkspaceScope;
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, GithubConfig, PublicUrl};
use crate::id::Entropy;
use crate::startup;
use crate::store::{Store, audit_log, workspaces};
use crate::upstream::{self, GithubApp};

/// A command under way.
pub(super) struct Operator {
    pub(super) store: Store,
    pub(super) entropy: Entropy,
    pub(super) now: Timestamp,
    /// Where the server's key is.
    pub(super) data: PathBuf,
    /// None for the demo, which is told its address when it starts.
    pub(super) public_url: Option<PublicUrl>,
    github: Option<GithubConfig>,
    /// Stands in the audit log where a request has its id.
    command_id: String,
}

impl Operator {
    /// Opens the database, and brings its schema up to date.
    pub(super) async fn open(
        location: &Location,
        environment: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Self> {
        let (url, data, public_url, github) = match (&location.config, &location.data) {
            (Some(config), _) => {
                let config = Config::load(config, environment)?;
                // A SQLite file may lie in it, and the server may never have run.
                startup::create_data_folder(&config.data)?;
                (config.database.url, config.data, Some(config.public_url), config.github)
            }
            (None, Some(data)) => {
                anyhow::ensure!(
                    data.is_dir(),
                    "--data {}: there is no such folder; start `atmos-mcp demo` first",
                    data.display()
                );
                (demo::database_url(data), data.clone(), None, None)
            }
            (None, None) => anyhow::bail!("--config or --data is needed"),
        };
        let (store, entropy, now) = (Store::connect(&url, 2).await?, Entropy::system(), Clock::System.now());
        Ok(Self { store, command_id: entropy.id("cli", now), entropy, now, data, public_url, github })
    }

    /// The workspace that `--workspace` names.
    pub(super) async fn workspace(&self, slug: &str) -> anyhow::Result<WorkspaceScope> {
        workspaces::find_scope_by_slug(&self.store.read, slug)
            .await?
            .with_context(|| format!("--workspace {slug}: there is no workspace with this slug"))
    }

    /// The configured GitHub App, if there is one.
    pub(super) fn github_app(&self) -> anyhow::Result<Option<GithubApp>> {
        let Some(github) = &self.github else { return Ok(None) };
        upstream::install_crypto_provider();
        Ok(GithubApp::new(github, &upstream::http_client()?, Clock::System)?)
    }

    /// A row of the audit log for something done in a workspace.
    pub(super) fn entry(&self, scope: &WorkspaceScope, action: (&'static str, &'static str)) -> Entry {
        Entry::new(self.now, Actor::Operator, action, &self.command_id).with_workspace(scope.workspace_id())
    }

    /// Writes what was done to the audit log, and closes the database.
    pub(super) async fn finish(self, entries: &[&Entry]) -> anyhow::Result<()> {
        audit_log::insert_group(&self.store.write, &self.entropy, entries, &[])
            .await
            .context("it was done, but the audit log could not be written")?;
        self.store.close().await;
        Ok(())
    }
}
