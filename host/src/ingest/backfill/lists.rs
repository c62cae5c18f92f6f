//! Lists of a repository, a page at a time.

use std::time::Duration;

use super::error::BackfillError;
use super::plan::{self, List, Reading, Seen};
use super::repositories::Found;
use super::run::Backfill;
use crate::clock::Timestamp;
use crate::ingest::github::{RecordError, Recorder, commits, pull_requests, runs};
use crate::store::github::{Target, repositories, sync, unread};
use crate::upstream::GithubError;
use crate::upstream::github_app::Page;
use crate::upstream::github_app::types::{Commit, PullRequest, WorkflowRun};

/// No run lasts longer: GitHub ends one that waits after 30 days and one that works after 35.
const LONGEST_RUN: Duration = Duration::from_hours(24 * 40);

/// Unfinished runs of a repository that are asked for one by one.
const MAX_UNFINISHED: i64 = 100;

/// A page of a list.
enum Items {
    Runs(Page<WorkflowRun>),
    PullRequests(Page<PullRequest>),
    Commits(Page<Commit>),
}

impl Backfill {
    /// Reads a list to its end.
    pub(super) async fn read_list(&mut self, repository: &Found, list: List) -> Result<(), BackfillError> {
        loop {
            let known = sync::find_progress(&self.store.read, &repository.target, list.word()).await?;
            let Some(reading) = plan::next(list, known.as_ref(), &self.wanted) else { return Ok(()) };
            self.read_page(repository, list, &reading).await?;
            self.tell(repository);
        }
    }

    async fn read_page(&mut self, repository: &Found, list: List, reading: &Reading) -> Result<(), BackfillError> {
        let (target, now) = (&repository.target, self.clock.now());
        let items = self.fetch(repository, list, reading).await?;
        let progress = plan::after(list, reading, &items.seen());
        let mut tx = self.store.write.begin().await?;
        if let Some(newest) = items.newest() {
            repositories::lock(&mut tx, target, newest.min(now)).await?;
        }
        let count = items.store(&mut Recorder { tx: &mut tx, entropy: &self.entropy, now }, target).await?;
        sync::save_progress(&mut tx, target, list.word(), &progress, now).await?;
        tx.commit().await?;
        self.summary.add(list, count);
        Ok(())
    }

    async fn fetch(&self, repository: &Found, list: List, reading: &Reading) -> Result<Items, GithubError> {
        let (path, window, page) = (repository.path(), (reading.from, reading.to), reading.page);
        Ok(match list {
            List::Runs => Items::Runs(self.github.workflow_runs(path, window, page).await?),
            List::PullRequests => Items::PullRequests(self.github.pull_requests(path, page).await?),
            List::Commits => Items::Commits(self.github.commits(path, window, page).await?),
        })
    }

    /// Asks for runs that were created before what was just read, and were not over when GitHub last told of
    /// them.
    pub(super) async fn read_unfinished(&mut self, repository: &Found) -> Result<(), BackfillError> {
        let target = &repository.target;
        let Some(known) = sync::find_progress(&self.store.read, target, List::Runs.word()).await? else {
            return Ok(());
        };
        let window = (self.wanted.until.minus(LONGEST_RUN), Timestamp::from_micros(known.window_from));
        for row in unread::find_unfinished(&self.store.read, target, window, MAX_UNFINISHED).await? {
            let Some(run) = self.github.workflow_run(repository.path(), row.github_run_id).await? else { continue };
            let now = self.clock.now();
            let mut tx = self.store.write.begin().await?;
            repositories::lock(&mut tx, target, run.updated_at.0.unwrap_or(now).min(now)).await?;
            let mut recorder = Recorder { tx: &mut tx, entropy: &self.entropy, now };
            let (stored, _) = runs::store(&mut recorder, target, &run, None).await?;
            tx.commit().await?;
            self.summary.add(List::Runs, usize::from(stored.changed));
            self.tell(repository);
        }
        Ok(())
    }
}

impl Items {
    fn seen(&self) -> Seen {
        match self {
            Self::Runs(page) => seen(page, |run| run.created_at.0),
            Self::PullRequests(page) => seen(page, |pull_request| pull_request.updated_at.0),
            Self::Commits(page) => seen(page, committed_at),
        }
    }

    /// The last time that something happened.
    fn newest(&self) -> Option<Timestamp> {
        match self {
            Self::Runs(page) => page.items.iter().filter_map(|run| run.updated_at.0).max(),
            Self::PullRequests(page) => page.items.iter().filter_map(|request| request.updated_at.0).max(),
            Self::Commits(page) => page.items.iter().filter_map(committed_at).max(),
        }
    }

    /// Writes the items, the oldest first, as webhooks would have told them; how many were new or have changed.
    async fn store(&self, recorder: &mut Recorder<'_>, target: &Target) -> Result<usize, RecordError> {
        let mut count = 0;
        match self {
            Self::Runs(page) => {
                for run in page.items.iter().rev() {
                    let (stored, _) = runs::store(recorder, target, run, None).await?;
                    count += usize::from(stored.changed);
                }
            }
            Self::PullRequests(page) => {
                for payload in page.items.iter().rev() {
                    let pull_request = pull_requests::read(payload, pull_requests::Told::Listed, recorder.now)?;
                    let written = pull_requests::store(recorder, target, &pull_request).await?;
                    count += usize::from(written.is_some());
                }
            }
            Self::Commits(page) => {
                let told: Vec<_> = page.items.iter().filter_map(commits::listed).collect();
                commits::store(recorder, target, &told).await?;
                count = page.items.len();
            }
        }
        Ok(count)
    }
}

fn committed_at(commit: &Commit) -> Option<Timestamp> {
    commit.git.as_ref()?.committer.as_ref()?.date.0
}

/// `at` is the time by which the list is sorted.
fn seen<T>(page: &Page<T>, at: impl Fn(&T) -> Option<Timestamp>) -> Seen {
    Seen { count: page.items.len(), has_next: page.has_next, oldest: page.items.iter().filter_map(at).min() }
}
