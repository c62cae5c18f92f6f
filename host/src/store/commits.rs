//! Commits that touched a component: what `atmos describe affected` uploaded for them, joined with what GitHub told.

use super::db::Value;
use super::keyset::Window;
use super::page::Page;
use super::workflow_runs::find_repository_id;
use super::{Query, Reader, StoreError, sql};
use crate::authz::WorkspaceScope;

/// Runs that are told of one commit.
const MAX_RUNS: u32 = 10;

/// Ids of a statement are a multiple of this, so that few texts differ and each is prepared once.
const ID_GROUP: usize = 50;

/// One commit.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct CommitRow {
    pub(crate) id: String,
    pub(crate) sha: String,
    pub(crate) message: String,
    pub(crate) author: String,
    pub(crate) committed_at: i64,
    pub(crate) url: Option<String>,
    pub(crate) owner: String,
    pub(crate) name: String,
    /// None if the commit has no pull request, or one that has not been told of; then the rest is none too.
    pub(crate) request_number: Option<i64>,
    pub(crate) request_title: Option<String>,
    pub(crate) request_url: Option<String>,
    pub(crate) request_state: Option<String>,
    /// See [`CommitRow::run_ids`].
    run_ids: Option<String>,
}

impl CommitRow {
    /// Its runs of what is asked for, newest first, at most 10.
    pub(crate) fn run_ids(&self) -> impl Iterator<Item = &str> {
        self.run_ids.as_deref().into_iter().flat_map(|ids| ids.split(','))
    }
}

/// A run of a commit.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct CommitRunRow {
    pub(crate) id: String,
    pub(crate) command: String,
    pub(crate) trigger_kind: String,
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) component: Option<String>,
    pub(crate) stack: Option<String>,
}

/// Which commits are wanted. `component` or `instance_id` is given; other empty fields do not restrict.
#[derive(Debug)]
pub(crate) struct CommitFilter<'a> {
    pub(crate) component: Option<&'a str>,
    pub(crate) stack: Option<&'a str>,
    pub(crate) instance_id: Option<&'a str>,
    /// Owner and name.
    pub(crate) repo: Option<(&'a str, &'a str)>,
    /// When they were committed.
    pub(crate) window: Window,
}

/// What a commit must have touched: columns that affected instances and runs both have, with their values.
type Touched = Vec<(&'static str, String)>;

/// Commits of the workspace, newest first.
pub(crate) async fn list_commits(
    reader: &Reader,
    scope: &WorkspaceScope,
    filter: &CommitFilter<'_>,
    page: &Page,
) -> Result<Vec<CommitRow>, StoreError> {
    match resolve(reader, scope, filter).await? {
        Some(touched) => reader.fetch_all(commits_query(scope, touched, filter.window, page)).await,
        None => Ok(Vec::new()),
    }
}

/// Looks ids up; none if the workspace has no such instance or repository.
async fn resolve(
    reader: &Reader,
    scope: &WorkspaceScope,
    filter: &CommitFilter<'_>,
) -> Result<Option<Touched>, StoreError> {
    let mut touched = Touched::new();
    for (column, value) in [("component", filter.component), ("stack", filter.stack)] {
        touched.extend(value.map(|value| (column, value.to_owned())));
    }
    if let Some(id) = filter.instance_id {
        let query = sql("SELECT i.component, i.stack, i.repository_id FROM instances i \
             WHERE i.workspace_id = $1 AND i.id = $2")
        .bind(scope.workspace_id())
        .bind(id);
        let instance: Option<(String, String, String)> = reader.fetch_optional(query).await?;
        let Some((component, stack, repository)) = instance else { return Ok(None) };
        touched.extend([("component", component), ("stack", stack), ("repository_id", repository)]);
    }
    if let Some(repo) = filter.repo {
        let Some(id) = find_repository_id(reader, scope, repo).await? else { return Ok(None) };
        touched.push(("repository_id", id));
    }
    Ok(Some(touched))
}

/// What is uploaded for a pull request names its head. The branch gets that commit itself, or another one that has
/// the number of the pull request in its message; both are found. Of the rows `t` of affected commits, `d` has the
/// ids, `e` those of the page, and `m` the commits.
///
/// Steps are materialized and joins are crosses, so that SQLite takes them in this order. In the index of a commit's
/// runs is the component alone; other columns are hidden from SQLite, as in `keyset.rs`.
fn commits_query(scope: &WorkspaceScope, touched: Touched, window: Window, page: &Page) -> Query {
    let mut values: Vec<Value> = vec![scope.workspace_id().into()];
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let (mut affected, mut ran, mut within) = (Vec::new(), Vec::new(), Vec::new());
    for (column, value) in touched {
        let value = bind(value.into());
        affected.push(format!(" AND f.{column} = {value}"));
        ran.push(if column == "component" {
            format!(" AND w.component = {value}")
        } else {
            format!(" AND CASE WHEN TRUE THEN w.{column} END = {value}")
        });
    }
    for (operator, moment) in [(">=", window.since), ("<", window.until)] {
        if let Some(moment) = moment {
            within.push(format!(" AND k.committed_at {operator} {}", bind(moment.into())));
        }
    }
    let (affected, ran, within) = (affected.concat(), ran.concat(), within.concat());
    let after = page.after().map(|after| format!(" AND d.id < {}", bind(after.into()))).unwrap_or_default();
    let limit = page.fetch_limit();
    let mut query = sql(format!(
        "WITH t AS MATERIALIZED (SELECT DISTINCT f.repository_id, f.head_sha FROM affected_instances f \
         WHERE f.workspace_id = $1{affected}), \
         d AS MATERIALIZED (SELECT (SELECT k.id FROM commits k WHERE k.repository_id = t.repository_id \
         AND k.sha = t.head_sha{within}) AS id FROM t \
         UNION SELECT (SELECT MAX(k.id) FROM pull_requests q CROSS JOIN commits k \
         WHERE q.repository_id = t.repository_id AND q.head_sha = t.head_sha AND k.repository_id = q.repository_id \
         AND k.pull_request_number = q.number{within}) AS id FROM t), \
         e AS MATERIALIZED (SELECT d.id FROM d WHERE d.id IS NOT NULL{after} ORDER BY d.id DESC LIMIT {limit}), \
         m AS MATERIALIZED (SELECT c.id, c.repository_id, c.sha, c.message, c.author, c.committed_at, c.url, \
         COALESCE(c.pull_request_number, (SELECT MAX(h.number) FROM pull_requests h \
         WHERE h.repository_id = c.repository_id AND h.head_sha = c.sha)) AS number \
         FROM e CROSS JOIN commits c WHERE c.id = e.id) \
         SELECT m.id, m.sha, m.message, m.author, m.committed_at, m.url, r.owner, r.name, p.number AS request_number, \
         p.title AS request_title, p.url AS request_url, p.state AS request_state, \
         (SELECT string_agg(x.id, ',' ORDER BY x.id DESC) FROM (SELECT w.id FROM workflow_runs w \
         WHERE w.workspace_id = $1 AND w.sha = m.sha{ran} \
         AND CASE WHEN TRUE THEN w.repository_id END = m.repository_id \
         ORDER BY w.id DESC LIMIT {MAX_RUNS}) x) AS run_ids \
         FROM m CROSS JOIN repositories r LEFT JOIN pull_requests p ON p.repository_id = m.repository_id \
         AND p.number = m.number WHERE r.id = m.repository_id ORDER BY m.id DESC"
    ));
    for value in values {
        query = query.bind(value);
    }
    query
}

/// These runs, in no order.
pub(crate) async fn find_runs(
    reader: &Reader,
    scope: &WorkspaceScope,
    ids: &[&str],
) -> Result<Vec<CommitRunRow>, StoreError> {
    let Some(first) = ids.first() else { return Ok(Vec::new()) };
    let mut query = sql("SELECT w.id, w.command, w.trigger_kind, w.status, w.conclusion, w.component, w.stack \
         FROM workflow_runs w WHERE w.workspace_id = $1 AND w.id IN ")
    .bind(scope.workspace_id());
    let count = ids.len().next_multiple_of(ID_GROUP);
    query.push_in(ids.iter().chain(std::iter::repeat(first)).take(count).copied());
    reader.fetch_all(query).await
}
