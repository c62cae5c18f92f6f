//! Repositories, as GitHub names them.

use crate::clock::Timestamp;
use crate::store::github::FullName;
use crate::store::github::identity::Told;
use crate::upstream::github_app::types::Repository;

/// Owner and name.
pub(in crate::ingest) fn full_name(repository: &Repository) -> Option<FullName<'_>> {
    repository.owner_and_name().map(|(owner, name)| FullName { owner, name })
}

/// All that is told of a repository; none without its name. `read_at` is for a list that was just read, which holds
/// even where it says no time.
pub(in crate::ingest) fn read(repository: &Repository, read_at: Option<Timestamp>) -> Option<Told<'_>> {
    Some(Told {
        github_id: repository.id,
        name: full_name(repository)?,
        default_branch: repository.default_branch.get(),
        at: repository.updated_at.0.or(read_at),
    })
}
