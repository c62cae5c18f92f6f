//! Stacks and components: instances grouped by a name. The counters behind most of it are kept by the triggers of
//! migration 0010.

use super::db::Value;
use super::page::Page;
use super::repositories::find_repository_id;
use super::words::{LIVE_STATUSES, ORPHANED, STATUSES};
use super::{Query, Reader, StoreError, sql};
use crate::authz::WorkspaceScope;

/// Repositories that are named of one stack or component.
const MAX_REPOS: u32 = 20;

/// What instances are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Stack,
    Component,
}

impl Kind {
    /// The column of the name in tables of instances and runs, and the word for the kind in the counters.
    pub(super) const fn column(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Component => "component",
        }
    }

    /// What the parts of a group are told apart by.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Stack => Self::Component,
            Self::Component => Self::Stack,
        }
    }
}

/// Instances by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Counts {
    pub(crate) unknown: i64,
    pub(crate) in_sync: i64,
    pub(crate) drifted: i64,
    pub(crate) remediating: i64,
    pub(crate) remediated: i64,
    pub(crate) error: i64,
    pub(crate) disabled: i64,
    pub(crate) orphaned: i64,
}

impl Counts {
    /// All but the orphaned ones.
    pub(crate) const fn live(self) -> i64 {
        self.unknown + self.in_sync + self.drifted + self.remediating + self.remediated + self.error + self.disabled
    }
}

/// One stack or component.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RollupRow {
    pub(crate) name: String,
    #[sqlx(flatten)]
    pub(crate) counts: Counts,
    pub(crate) last_run_at: Option<i64>,
    /// See [`RollupRow::repos`].
    repos: Option<String>,
}

impl RollupRow {
    /// `owner/name` of its repositories, in the order of their import, at most 20.
    pub(crate) fn repos(&self) -> Vec<String> {
        self.repos.as_deref().unwrap_or_default().lines().map(ToOwned::to_owned).collect()
    }
}

/// Which stacks or components are wanted; an empty field does not restrict.
#[derive(Debug)]
pub(crate) struct RollupFilter<'a> {
    /// An instance has one of these. Without it, what has orphaned instances alone is left out.
    pub(crate) statuses: Vec<&'static str>,
    /// Owner and name. Other repositories do not count then.
    pub(crate) repo: Option<(&'a str, &'a str)>,
    /// The stack that the components are in, or the component that the stacks have. Others do not count then.
    pub(crate) within: Option<&'a str>,
}

/// Stacks or components of the workspace, by name, bytewise.
pub(crate) async fn list_rollups(
    reader: &Reader,
    scope: &WorkspaceScope,
    kind: Kind,
    filter: &RollupFilter<'_>,
    page: &Page,
) -> Result<Vec<RollupRow>, StoreError> {
    let mut repository_id = None;
    if let Some(repo) = filter.repo {
        let Some(id) = find_repository_id(reader, scope, repo).await? else { return Ok(Vec::new()) };
        repository_id = Some(id);
    }
    let mut source = Source::new(scope, kind, repository_id.as_deref(), filter.within);
    if let Some(after) = page.after() {
        source.require(source.name(), ">", after);
    }
    let wanted: &[&str] = if filter.statuses.is_empty() { &LIVE_STATUSES } else { &filter.statuses };
    let (having, orphans) = (source.sum(wanted), wanted.contains(&ORPHANED));
    reader.fetch_all(source.query(&format!("SUM({having})"), orphans, page.fetch_limit())).await
}

/// One stack or component, orphaned or not.
pub(super) async fn find_rollup(
    reader: &Reader,
    scope: &WorkspaceScope,
    kind: Kind,
    name: &str,
    repository_id: Option<&str>,
) -> Result<Option<RollupRow>, StoreError> {
    let mut source = Source::new(scope, kind, repository_id, None);
    source.require(source.name(), "=", name);
    reader.fetch_optional(source.query("COUNT(*)", false, 1)).await
}

/// Rows that are added up: the counters, or the instances of one stack or component.
struct Source {
    kind: Kind,
    counts_instances: bool,
    /// On the table, as `c`.
    conditions: String,
    values: Vec<Value>,
}

impl Source {
    fn new(scope: &WorkspaceScope, kind: Kind, repository_id: Option<&str>, within: Option<&str>) -> Self {
        let conditions = "c.workspace_id = $1".to_owned();
        let values = vec![scope.workspace_id().into()];
        let mut source = Self { kind, counts_instances: within.is_some(), conditions, values };
        match (within, kind.other()) {
            (Some(within), Kind::Stack) => source.require("c.stack", "=", within),
            (Some(within), Kind::Component) => source.require("c.component", "=", within),
            (None, _) => source.conditions = format!("{} AND c.kind = '{}'", source.conditions, kind.column()),
        }
        if let Some(id) = repository_id {
            source.require("c.repository_id", "=", id);
        }
        source
    }

    fn require(&mut self, column: &str, operator: &str, value: &str) {
        self.values.push(value.into());
        self.conditions = format!("{} AND {column} {operator} ${}", self.conditions, self.values.len());
    }

    const fn table(&self) -> &'static str {
        if self.counts_instances { "instances" } else { "instance_rollups" }
    }

    /// The column that is grouped by.
    const fn name(&self) -> &'static str {
        match (self.counts_instances, self.kind) {
            (false, _) => "c.name",
            (true, Kind::Stack) => "c.stack",
            (true, Kind::Component) => "c.component",
        }
    }

    /// How many instances of this status a row stands for.
    fn counter(&self, status: &str) -> String {
        if self.counts_instances {
            format!("CASE WHEN c.status = '{status}' THEN 1 ELSE 0 END")
        } else {
            format!("c.{status}")
        }
    }

    /// How many instances of these statuses a row stands for. Statuses are this crate's own words.
    fn sum(&self, statuses: &[&str]) -> String {
        statuses.iter().map(|status| self.counter(status)).collect::<Vec<_>>().join(" + ")
    }

    /// The query for groups of which `having` is positive. Of repositories that have orphaned instances alone, it
    /// tells if `orphans` is set.
    ///
    /// The joins are crosses, because SQLite leaves their order as it is. The limit stands in the text, because
    /// PostgreSQL would plan for a tenth of the table.
    fn query(self, having: &str, orphans: bool, limit: i64) -> Query {
        let (table, name, conditions) = (self.table(), self.name(), &self.conditions);
        // SQLite would walk the workspace in the order of the groups, to save the sort of one stack's instances, or all
        // stacks of a component; PostgreSQL folds the expression away.
        let group = if self.counts_instances { format!("CASE WHEN TRUE THEN {name} END") } else { name.to_owned() };
        let sums: Vec<String> = STATUSES
            .iter()
            .map(|status| format!("CAST(SUM({}) AS BIGINT) AS {status}", self.counter(status)))
            .collect();
        let shown = if orphans { String::new() } else { format!(" AND {} > 0", self.sum(&LIVE_STATUSES)) };
        let mut query = sql(format!(
            "SELECT p.*, (SELECT string_agg(s.repo, '\n' ORDER BY s.repository_id) FROM \
             (SELECT r.owner || '/' || r.name AS repo, c.repository_id FROM {table} c CROSS JOIN repositories r \
             WHERE {conditions} AND {group} = p.name AND r.id = c.repository_id{shown} \
             ORDER BY c.repository_id LIMIT {MAX_REPOS}) s) AS repos \
             FROM (SELECT {group} AS name, {}, MAX(c.last_run_at) AS last_run_at FROM {table} c WHERE {conditions} \
             GROUP BY {group} HAVING {having} > 0 ORDER BY {group} LIMIT {limit}) p ORDER BY p.name",
            sums.join(", ")
        ));
        for value in self.values {
            query = query.bind(value);
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(kind: Kind, within: Option<&str>) -> Source {
        Source::new(&WorkspaceScope::from_record("ws_1"), kind, Some("repo_1"), within)
    }

    #[test]
    fn without_a_stack_the_counters_are_added_up() {
        let counters = source(Kind::Component, None);
        assert_eq!((counters.table(), counters.name()), ("instance_rollups", "c.name"));
        assert_eq!(counters.conditions, "c.workspace_id = $1 AND c.kind = 'component' AND c.repository_id = $2");
        assert_eq!(counters.sum(&["drifted", "error"]), "c.drifted + c.error");
    }

    #[test]
    fn in_a_stack_its_instances_are_counted() {
        let instances = source(Kind::Component, Some("dev"));
        assert_eq!((instances.table(), instances.name()), ("instances", "c.component"));
        assert_eq!(instances.conditions, "c.workspace_id = $1 AND c.stack = $2 AND c.repository_id = $3");
        assert_eq!(instances.sum(&["error"]), "CASE WHEN c.status = 'error' THEN 1 ELSE 0 END");
    }
}
