//! One backfill, from its start to its end.

use std::collections::VecDeque;
use std::time::Duration;

use super::error::BackfillError;
use super::plan::{List, Wanted};
use super::repositories::Found;
use super::summary::Summary;
use crate::authz::WorkspaceScope;
use crate::clock::{Clock, Timestamp};
use crate::id::Entropy;
use crate::store::github::installations::{self, InstallationRow};
use crate::store::github::unread::RunRow;
use crate::store::{Store, workspaces};
use crate::upstream::{GithubApp, GithubError};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Slug of the workspace.
    pub workspace: String,
    /// GitHub's id of one installation; all of the workspace if there is none.
    pub installation: Option<i64>,
    /// How far back.
    pub since: Duration,
    /// Whether what was read before is read again.
    pub full: bool,
}

/// How far a backfill has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is read.
    Done,
    /// The rate limit is used up but for a reserve; it can go on at this time.
    Paused {
        /// When GitHub gives more.
        until: Timestamp,
    },
}

/// Where a backfill is: called after every page.
type Observer = Box<dyn Fn(&Position<'_>) + Send + Sync>;

/// Where a backfill is.
#[derive(Debug)]
pub struct Position<'a> {
    /// Repositories behind it.
    pub done: usize,
    /// Repositories in all, as far as they are known.
    pub total: usize,
    /// `owner/name` of the one that is being read.
    pub repository: &'a str,
    /// What was done.
    pub summary: &'a Summary,
}

/// A backfill of one workspace.
pub struct Backfill {
    pub(super) store: Store,
    pub(super) github: GithubApp,
    pub(super) clock: Clock,
    pub(super) entropy: Entropy,
    pub(super) scope: WorkspaceScope,
    pub(super) wanted: Wanted,
    pub(super) summary: Summary,
    /// The last run of the current repository whose jobs were read.
    pub(super) jobs_read_to: Option<RunRow>,
    /// Whose repositories are still to be listed.
    installations: VecDeque<InstallationRow>,
    /// What is still to be read.
    repositories: VecDeque<Found>,
    observer: Observer,
}

impl Backfill {
    /// Prepares a backfill; nothing is asked of GitHub yet.
    pub async fn open(
        store: &Store,
        github: &GithubApp,
        clock: &Clock,
        entropy: &Entropy,
        request: &Request,
    ) -> Result<Self, BackfillError> {
        let scope = workspaces::find_scope_by_slug(&store.read, &request.workspace)
            .await?
            .ok_or_else(|| BackfillError::NoWorkspace(request.workspace.clone()))?;
        let mut installations = installations::list_linked(&store.read, &scope).await?;
        installations.retain(|row| row.status == "active" && request.installation.is_none_or(|id| id == row.github_id));
        if installations.is_empty() {
            return Err(BackfillError::NoInstallation(request.workspace.clone()));
        }
        // GitHub's times are whole seconds.
        let until = Timestamp::from_micros(clock.now().seconds() * 1_000_000);
        Ok(Self {
            store: store.clone(),
            github: github.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            scope,
            wanted: Wanted { since: until.minus(request.since), until, full: request.full },
            summary: Summary::default(),
            jobs_read_to: None,
            installations: installations.into(),
            repositories: VecDeque::new(),
            observer: Box::new(|_| {}),
        })
    }

    /// Has somebody told of every page.
    pub fn observe(&mut self, observer: impl Fn(&Position<'_>) + Send + Sync + 'static) {
        self.observer = Box::new(observer);
    }

    /// What was done so far.
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Reads until all is read or the rate limit is used up. After a pause or an error it can be called again,
    /// and goes on where it stopped.
    pub async fn run(&mut self) -> Result<Outcome, BackfillError> {
        match self.read_all().await {
            Ok(()) => Ok(Outcome::Done),
            Err(BackfillError::Github(GithubError::RateLimited { until })) => Ok(Outcome::Paused { until }),
            Err(error) => Err(error),
        }
    }

    async fn read_all(&mut self) -> Result<(), BackfillError> {
        while let Some(installation) = self.installations.front().cloned() {
            let found = self.import(&installation).await?;
            self.repositories.extend(found);
            self.installations.pop_front();
        }
        while let Some(repository) = self.repositories.front().cloned() {
            match self.read_repository(&repository).await {
                Ok(()) => self.summary.repositories += 1,
                Err(error) if error.is_of_one_repository() => {
                    self.summary.skipped.push(format!("{}: {error}", repository.full_name));
                }
                Err(error) => return Err(error),
            }
            self.repositories.pop_front();
            self.jobs_read_to = None;
        }
        Ok(())
    }

    async fn read_repository(&mut self, repository: &Found) -> Result<(), BackfillError> {
        for list in List::ALL {
            self.read_list(repository, list).await?;
        }
        self.read_unfinished(repository).await?;
        self.read_jobs(repository).await
    }

    /// Tells the observer.
    pub(super) fn tell(&self, repository: &Found) {
        let done = self.summary.repositories + self.summary.skipped.len();
        (self.observer)(&Position {
            done,
            total: done + self.repositories.len(),
            repository: &repository.full_name,
            summary: &self.summary,
        });
    }
}
