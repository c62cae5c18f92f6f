//! What a backfill has done.

use std::fmt;

use super::plan::List;

/// What a backfill has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Repositories that were read to the end.
    pub repositories: usize,
    /// Repositories that the workspace did not have, or not through this installation.
    pub imported: Vec<Imported>,
    /// Workflow runs that were new or have changed, as for the next two.
    pub runs: usize,
    /// Jobs.
    pub jobs: usize,
    /// Pull requests.
    pub pull_requests: usize,
    /// Commits that were read; known ones stay as they are.
    pub commits: usize,
    /// Repositories that GitHub lists but does not show, and why.
    pub skipped: Vec<String>,
}

/// A repository that came into the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Id of its row.
    pub id: String,
    /// `owner/name`
    pub name: String,
}

impl Summary {
    /// Counts what a page of a list brought.
    pub(super) const fn add(&mut self, list: List, count: usize) {
        match list {
            List::Runs => self.runs += count,
            List::PullRequests => self.pull_requests += count,
            List::Commits => self.commits += count,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Repositories read: {}, of which new: {}. New or changed: workflow runs {}, jobs {}, pull requests {}. \
             Commits read: {}.",
            self.repositories,
            self.imported.len(),
            self.runs,
            self.jobs,
            self.pull_requests,
            self.commits,
        )?;
        for skipped in &self.skipped {
            write!(formatter, "\nSkipped {skipped}")?;
        }
        Ok(())
    }
}
