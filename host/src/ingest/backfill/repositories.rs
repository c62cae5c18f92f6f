//! The repositories of an installation.

use super::error::BackfillError;
use super::run::Backfill;
use super::summary::Imported;
use crate::ingest::github::repositories::read;
use crate::store::github::installations::InstallationRow;
use crate::store::github::{Target, repositories};
use crate::upstream::github_app::RepositoryPath;
use crate::upstream::github_app::types::Repository;

/// A repository to read.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) target: Target,
    /// `owner/name`, as GitHub writes it.
    pub(super) full_name: String,
    installation: i64,
}

impl Found {
    /// For GitHub.
    pub(super) fn path(&self) -> RepositoryPath<'_> {
        let (owner, name) = self.full_name.split_once('/').unwrap_or_default();
        RepositoryPath { installation: self.installation, owner, name }
    }
}

impl Backfill {
    /// Gives the workspace the repositories of an installation. What GitHub no longer lists stays as it is: a
    /// webhook says why it is gone.
    pub(super) async fn import(&mut self, installation: &InstallationRow) -> Result<Vec<Found>, BackfillError> {
        let (mut found, mut page) = (Vec::new(), 1);
        loop {
            let listed = self.github.repositories(installation.github_id, page).await?;
            found.extend(self.import_page(installation, &listed.items).await?);
            if !listed.has_next {
                return Ok(found);
            }
            page += 1;
        }
    }

    async fn import_page(
        &mut self,
        installation: &InstallationRow,
        listed: &[Repository],
    ) -> Result<Vec<Found>, BackfillError> {
        let now = self.clock.now();
        let (mut found, mut imported) = (Vec::new(), Vec::new());
        let mut tx = self.store.write.begin().await?;
        for repository in listed {
            let Some(told) = read(repository, Some(now)) else { continue };
            let full_name = format!("{}/{}", told.name.owner, told.name.name);
            let host = self.github.host();
            let made = (&self.entropy, now);
            if let Some(id) = repositories::import(&mut tx, installation, &told, host, None, made).await? {
                imported.push(Imported { id, name: full_name.clone() });
            }
            let linked = Some(installation.github_id);
            let targets = repositories::find_targets(&mut tx, told.github_id, told.name, linked, host).await?;
            let Some(target) = targets.into_iter().find(|target| target.scope == self.scope) else { continue };
            found.push(Found { target, full_name, installation: installation.github_id });
        }
        tx.commit().await?;
        self.summary.imported.extend(imported);
        Ok(found)
    }
}
