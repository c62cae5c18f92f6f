//! Commits that touched a component: what `atmos describe affected` uploaded for them, joined with what GitHub told.

use std::time::Duration;

use super::db::Value;
use super::keyset::{Window, hidden};
use super::page::Page;
use super::repositories::find_repository_id;
use super::{Query, Reader, StoreError, sql};
use crate::authz::WorkspaceScope;
use crate::id::first_id;

/// Runs that are told of one commit.
const MAX_RUNS: u32 = 10;

/// Uploads that are many (see [`Start`]).
const MANY_UPLOADS: i64 = 1_000;

/// Affected instances among which uploads are counted.
const MAX_COUNTED: u32 = 5_000;

/// An id has the second of its commit, so it is this much before the end of it at most.
const ID_STEP: Duration = Duration::from_secs(1);

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
    let Some(touched) = resolve(reader, scope, filter).await? else { return Ok(Vec::new()) };
    let start = choose_start(reader, scope, &touched).await?;
    reader.fetch_all(commits_query(scope, touched, filter.window, page, start)).await
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

/// Where the search for commits starts. Both find the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// At the uploads that touched what is asked for.
    Uploads,
    /// At the newest commit. Where many uploads touched it, a page of them comes together soon.
    Commits,
}

/// Uploads are never deleted. Those of a component that every change touches are as many as there are commits, and a
/// page shall not read them all.
async fn choose_start(
    reader: &Reader,
    scope: &WorkspaceScope,
    touched: &[(&str, String)],
) -> Result<Start, StoreError> {
    let mut query = sql("SELECT COUNT(*) FROM (SELECT DISTINCT u.repository_id, u.head_sha FROM \
         (SELECT f.repository_id, f.head_sha FROM affected_instances f WHERE f.workspace_id = $1")
    .bind(scope.workspace_id());
    for (column, value) in touched {
        query.push(&format!(" AND f.{column} = "));
        query.push_bind(value);
    }
    query.push(&format!(" ORDER BY f.stack, f.repository_id, f.head_sha LIMIT {MAX_COUNTED}) u) d"));
    let uploads: Option<(i64,)> = reader.fetch_optional(query).await?;
    Ok(if uploads.is_some_and(|(uploads,)| uploads >= MANY_UPLOADS) { Start::Commits } else { Start::Uploads })
}

/// A query for commits in the making.
struct Search {
    /// The first is the workspace.
    values: Vec<Value>,
    /// What a commit must have touched: columns with their placeholders.
    touched: Vec<(&'static str, String)>,
    /// Operators and placeholders that bound when a commit was made.
    within: Vec<(&'static str, String)>,
}

impl Search {
    fn new(scope: &WorkspaceScope, touched: Touched, window: Window) -> Self {
        let mut search = Self { values: vec![scope.workspace_id().into()], touched: Vec::new(), within: Vec::new() };
        for (column, value) in touched {
            let value = search.bind(value);
            search.touched.push((column, value));
        }
        for (operator, moment) in [(">=", window.since), ("<", window.until)] {
            if let Some(moment) = moment {
                let moment = search.bind(moment);
                search.within.push((operator, moment));
            }
        }
        search
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Conditions on affected instances `f`.
    fn affected(&self) -> String {
        self.touched.iter().map(|(column, value)| format!(" AND f.{column} = {value}")).collect::<Vec<_>>().concat()
    }

    /// Conditions on runs `w`. In the index of a commit's runs is the component alone; other columns are hidden from
    /// SQLite.
    fn ran(&self) -> String {
        let condition = |(column, value): &(&str, String)| {
            let run = format!("w.{column}");
            let run = if *column == "component" { run } else { hidden(&run) };
            format!(" AND {run} = {value}")
        };
        self.touched.iter().map(condition).collect::<Vec<_>>().concat()
    }

    /// Bounds a time.
    fn within(&self, time: &str) -> String {
        let bound = |(operator, moment): &(&str, String)| format!(" AND {time} {operator} {moment}");
        self.within.iter().map(bound).collect::<Vec<_>>().concat()
    }

    fn after(&mut self, id: &str, page: &Page) -> String {
        page.after().map(|after| format!(" AND {id} < {}", self.bind(after))).unwrap_or_default()
    }

    /// The step `e` with the ids of the page. Of the rows `t` of affected commits, `d` has the ids.
    fn steps_from_uploads(&mut self, page: &Page) -> String {
        let (after, within) = (self.after("d.id", page), self.within("k.committed_at"));
        let (affected, limit) = (self.affected(), page.fetch_limit());
        format!(
            "t AS MATERIALIZED (SELECT DISTINCT f.repository_id, f.head_sha FROM affected_instances f \
             WHERE f.workspace_id = $1{affected}), \
             d AS MATERIALIZED (SELECT (SELECT k.id FROM commits k WHERE k.repository_id = t.repository_id \
             AND k.sha = t.head_sha{within}) AS id FROM t \
             UNION SELECT (SELECT MAX(k.id) FROM pull_requests q CROSS JOIN commits k \
             WHERE q.repository_id = t.repository_id AND q.head_sha = t.head_sha \
             AND k.repository_id = q.repository_id AND k.pull_request_number = q.number{within}) AS id FROM t), \
             e AS MATERIALIZED (SELECT d.id FROM d WHERE d.id IS NOT NULL{after} ORDER BY d.id DESC LIMIT {limit})"
        )
    }

    /// The same step, by a walk along the commits `k`: their ids have the time of the commit. Subqueries have limits, so
    /// that PostgreSQL does not read all uploads for them.
    fn steps_from_commits(&mut self, window: Window, page: &Page) -> String {
        let mut conditions = vec![self.after("k.id", page), self.within(&hidden("k.committed_at"))];
        if let Some(since) = window.since {
            conditions.push(format!(" AND k.id >= {}", self.bind(first_id("commit", since))));
        }
        if let Some(until) = window.until {
            conditions.push(format!(" AND k.id < {}", self.bind(first_id("commit", until.plus(ID_STEP)))));
        }
        if let Some((_, id)) = self.touched.iter().find(|(column, _)| *column == "repository_id") {
            conditions.push(format!(" AND {} = {id}", hidden("k.repository_id")));
        }
        let (conditions, affected) = (conditions.concat(), self.affected());
        let touched = |commit: &str, sha: &str| {
            format!(
                "(SELECT f.head_sha FROM affected_instances f WHERE f.repository_id = {commit}.repository_id \
                 AND f.head_sha = {commit}.{sha}{affected} LIMIT 1) IS NOT NULL"
            )
        };
        format!(
            "e AS MATERIALIZED (SELECT k.id FROM commits k WHERE k.workspace_id = $1{conditions} AND ({} \
             OR (SELECT q.id FROM pull_requests q WHERE q.repository_id = k.repository_id \
             AND q.number = k.pull_request_number \
             AND k.id = (SELECT MAX(n.id) FROM pull_requests o CROSS JOIN commits n \
             WHERE o.repository_id = q.repository_id AND o.head_sha = q.head_sha AND n.repository_id = o.repository_id \
             AND n.pull_request_number = o.number{}) AND {} LIMIT 1) IS NOT NULL) ORDER BY k.id DESC LIMIT {})",
            touched("k", "sha"),
            self.within("n.committed_at"),
            touched("q", "head_sha"),
            page.fetch_limit(),
        )
    }

    /// The commits `m` of the ids that `steps` give.
    fn query(self, steps: &str) -> Query {
        let ran = self.ran();
        let mut query = sql(format!(
            "WITH {steps}, \
             m AS MATERIALIZED (SELECT c.id, c.repository_id, c.sha, c.message, c.author, c.committed_at, c.url, \
             COALESCE(c.pull_request_number, (SELECT MAX(h.number) FROM pull_requests h \
             WHERE h.repository_id = c.repository_id AND h.head_sha = c.sha)) AS number \
             FROM e CROSS JOIN commits c WHERE c.id = e.id) \
             SELECT m.id, m.sha, m.message, m.author, m.committed_at, m.url, r.owner, r.name, \
             p.number AS request_number, p.title AS request_title, p.url AS request_url, p.state AS request_state, \
             (SELECT string_agg(x.id, ',' ORDER BY x.id DESC) FROM (SELECT w.id FROM workflow_runs w \
             WHERE w.workspace_id = $1 AND w.sha = m.sha{ran} \
             AND CASE WHEN TRUE THEN w.repository_id END = m.repository_id \
             ORDER BY w.id DESC LIMIT {MAX_RUNS}) x) AS run_ids \
             FROM m CROSS JOIN repositories r LEFT JOIN pull_requests p ON p.repository_id = m.repository_id \
             AND p.number = m.number WHERE r.id = m.repository_id ORDER BY m.id DESC"
        ));
        for value in self.values {
            query = query.bind(value);
        }
        query
    }
}

/// What is uploaded for a pull request names its head. The branch gets that commit itself, or another one that has
/// the number of the pull request in its message; both are found.
///
/// Steps are materialized and joins are crosses, so that SQLite takes them in this order.
fn commits_query(scope: &WorkspaceScope, touched: Touched, window: Window, page: &Page, start: Start) -> Query {
    let mut search = Search::new(scope, touched, window);
    let steps = match start {
        Start::Uploads => search.steps_from_uploads(page),
        Start::Commits => search.steps_from_commits(window, page),
    };
    search.query(&steps)
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
