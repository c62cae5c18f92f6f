//! Jobs of runs of which none is known, or one that seems to go on after its run is over.

use super::error::BackfillError;
use super::repositories::Found;
use super::run::Backfill;
use crate::clock::Timestamp;
use crate::ingest::github::{Recorder, jobs};
use crate::store::github::repositories;
use crate::store::github::unread::{self, RunRow};
use crate::upstream::github_app::types::WorkflowJob;

/// Runs that are looked for at once.
const GROUP: i64 = 100;

/// Pages of jobs of one run. A matrix has 256 jobs at most.
const MAX_PAGES: i64 = 10;

impl Backfill {
    /// Reads the jobs of the repository's runs, the newest first. Which are missing is asked of the database, so
    /// there is no progress to keep.
    pub(super) async fn read_jobs(&mut self, repository: &Found) -> Result<(), BackfillError> {
        loop {
            let (target, before) = (&repository.target, self.jobs_read_to.as_ref());
            let group = unread::find_without_jobs(&self.store.read, target, self.wanted.since, before, GROUP).await?;
            if group.is_empty() {
                return Ok(());
            }
            for run in group {
                self.read_jobs_of(repository, &run).await?;
                self.jobs_read_to = Some(run);
                self.tell(repository);
            }
        }
    }

    async fn read_jobs_of(&mut self, repository: &Found, run: &RunRow) -> Result<(), BackfillError> {
        let (target, now) = (&repository.target, self.clock.now());
        let payloads = self.fetch_jobs(repository, run.github_run_id).await?;
        let mut tx = self.store.write.begin().await?;
        repositories::lock(&mut tx, target, Timestamp::from_micros(run.created_at)).await?;
        let mut recorder = Recorder { tx: &mut tx, entropy: &self.entropy, now };
        let mut count = 0;
        for payload in &payloads {
            let kept = jobs::store(&mut recorder, target, &jobs::read(payload, now)?).await?;
            count += usize::from(kept.is_news);
        }
        tx.commit().await?;
        self.summary.jobs += count;
        Ok(())
    }

    async fn fetch_jobs(&self, repository: &Found, run: i64) -> Result<Vec<WorkflowJob>, BackfillError> {
        let mut jobs = Vec::new();
        for number in 1..=MAX_PAGES {
            let page = self.github.jobs(repository.path(), run, number).await?;
            jobs.extend(page.items);
            if !page.has_next {
                break;
            }
        }
        Ok(jobs)
    }
}
