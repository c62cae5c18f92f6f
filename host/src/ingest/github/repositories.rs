//! Repositories, as GitHub names them.

use crate::store::github::FullName;
use crate::upstream::github_app::types::Repository;

/// Owner and name.
pub(in crate::ingest) fn full_name(repository: &Repository) -> Option<FullName<'_>> {
    repository.owner_and_name().map(|(owner, name)| FullName { owner, name })
}
