//! Commits of the default branch.

use super::Target;
use crate::clock::Timestamp;
use crate::store::db::Value;
use crate::store::{StoreError, Tx, bulk, sql};

/// A commit as a push tells it.
#[derive(Debug, Clone)]
pub(crate) struct Commit<'a> {
    /// For a new row.
    pub(crate) id: String,
    pub(crate) sha: &'a str,
    pub(crate) message: &'a str,
    /// GitHub login, or the name that git has.
    pub(crate) author: &'a str,
    pub(crate) committed_at: Timestamp,
    pub(crate) url: Option<&'a str>,
    pub(crate) pull_request_number: Option<i64>,
}

/// Writes commits; those that are known stay as they are, because a commit never changes.
pub(crate) async fn insert(tx: &mut Tx, target: &Target, commits: Vec<Commit<'_>>) -> Result<(), StoreError> {
    let row = |commit: Commit<'_>| -> [Value; 7] {
        [
            commit.id.into(),
            commit.sha.into(),
            commit.message.into(),
            commit.author.into(),
            commit.committed_at.into(),
            commit.url.into(),
            commit.pull_request_number.into(),
        ]
    };
    let rows = commits.into_iter().map(row).collect();
    let head = sql("INSERT INTO commits (id, sha, message, author, committed_at, url, pull_request_number, \
         workspace_id, repository_id) VALUES ")
    .bind(target.scope.workspace_id())
    .bind(&target.repository_id);
    bulk::insert_rows(tx, &head, "$1, $2", " ON CONFLICT (repository_id, sha) DO NOTHING", rows).await
}
