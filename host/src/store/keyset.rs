//! Lists of large tables, newest first: by which index their rows are found.
//!
//! A list has up to a dozen filters, and a row that passes them all may be rare. The wrong index then costs a
//! walk over millions of rows for one page. PostgreSQL knows how frequent each value is and chooses well, if it
//! sees the values. SQLite does not, and takes any index whose columns are given. So a list chooses itself, by
//! how many rows each filter leaves as a rule of thumb, and hides the other columns from SQLite ([`hidden`]).
//! Where a column of the index may have several values, the list has a walk for each, so that every walk is in
//! the order of the ids and ends after a page.

use std::time::Duration;

use super::db::Value;
use super::page::Page;
use super::{Query, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::id::first_id;

/// Walks of one list at most; an index that needs more is not used.
const MAX_WALKS: usize = 24;

/// How much later than its event an id may be (see [`List::within`]).
const TOLD_LATE: Duration = Duration::from_hours(24);

/// A stretch of time; an absent end is open.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Window {
    pub(crate) since: Option<Timestamp>,
    /// Not included.
    pub(crate) until: Option<Timestamp>,
}

/// A table with `workspace_id`, `created_at`, an `id` that sorts by time, and the index (`workspace_id`, `id`).
pub(super) struct Table {
    pub(super) name: &'static str,
    /// What its ids begin with.
    pub(super) prefix: &'static str,
    pub(super) indexes: &'static [Index],
}

/// An index that ends with the id.
pub(super) struct Index {
    /// Its columns between the workspace and the id.
    columns: &'static [&'static str],
    has_workspace: bool,
    /// A column and the words as SQL, of which it has one in every row of a partial index.
    only: Option<(&'static str, &'static str)>,
}

impl Index {
    /// `workspace_id`, these columns, `id`.
    pub(super) const fn of(columns: &'static [&'static str]) -> Self {
        Self { columns, has_workspace: true, only: None }
    }

    /// These columns, `id`.
    pub(super) const fn without_workspace(columns: &'static [&'static str]) -> Self {
        Self { columns, has_workspace: false, only: None }
    }

    /// A partial index: only rows whose `column` is one of `words`, which are SQL as the migration has it.
    pub(super) const fn only(mut self, column: &'static str, words: &'static str) -> Self {
        self.only = Some((column, words));
        self
    }
}

/// A list of a workspace's rows in the making. In its SQL the table is `t`.
pub(super) struct List {
    table: &'static Table,
    /// The first is the workspace.
    values: Vec<Value>,
    filters: Vec<Filter>,
    /// What no index is chosen for.
    conditions: Vec<String>,
}

struct Filter {
    column: &'static str,
    /// What the column may be, as SQL.
    terms: Vec<String>,
    /// How many rows of a thousand it leaves, as a rule of thumb.
    share: u32,
}

impl List {
    pub(super) fn new(table: &'static Table, scope: &WorkspaceScope) -> Self {
        Self { table, values: vec![scope.workspace_id().into()], filters: Vec::new(), conditions: Vec::new() }
    }

    /// Binds a value and gives its placeholder.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Only rows with this value, if there is one; `share` of a thousand rows have it.
    pub(super) fn equal(&mut self, column: &'static str, value: Option<&str>, share: u32) {
        if let Some(value) = value {
            let terms = vec![self.bind(value)];
            self.filters.push(Filter { column, terms, share });
        }
    }

    /// Only rows with one of these words, unless there are none. Words are this crate's own and stand in the text,
    /// because PostgreSQL plans a prepared statement for values that it sees.
    pub(super) fn one_of(&mut self, column: &'static str, words: &[&'static str], share: impl Fn(&str) -> u32) {
        if words.is_empty() {
            return;
        }
        let mut words = words.to_vec();
        words.sort_unstable();
        // A word that comes twice would give its rows twice.
        words.dedup();
        let terms = words.iter().map(|word| format!("'{word}'")).collect();
        self.filters.push(Filter { column, terms, share: words.iter().map(|word| share(word)).sum() });
    }

    /// Only rows that were created in this stretch.
    ///
    /// An id takes the time of the event that the row was made for, which is `created_at` or later: later if a row is
    /// made for a result, or for a job that is told before its run. So its lower bound is exact. Its upper bound has a
    /// day's grace; a row that was told of later than that is not found by a window that ends before.
    pub(super) fn within(&mut self, window: Window) {
        if let Some(since) = window.since {
            let (at, id) = (self.bind(since), self.bind(first_id(self.table.prefix, since)));
            self.conditions.push(format!("{} >= {at} AND t.id >= {id}", hidden("t.created_at")));
        }
        if let Some(until) = window.until {
            let (at, id) = (self.bind(until), self.bind(first_id(self.table.prefix, until.plus(TOLD_LATE))));
            self.conditions.push(format!("{} < {at} AND t.id < {id}", hidden("t.created_at")));
        }
    }

    /// Only rows for which this SQL is true.
    pub(super) fn require(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// The query for a page: `columns` of the tables in `from`, joined with the ids, which are `k`.
    pub(super) fn query(mut self, page: &Page, columns: &str, from: &str) -> Query {
        let mut query = sql(self.text(page, columns, from));
        for value in self.values {
            query = query.bind(value);
        }
        query
    }

    /// The joins are crosses, because SQLite leaves their order as it is. The limit stands in the text, because
    /// PostgreSQL would plan for a tenth of the table.
    fn text(&mut self, page: &Page, columns: &str, from: &str) -> String {
        if let Some(after) = page.after() {
            let after = self.bind(after);
            self.conditions.push(format!("t.id < {after}"));
        }
        let order = format!("DESC LIMIT {}", page.fetch_limit());
        let mut walks: Vec<String> =
            self.choices().iter().map(|choice| self.walk(choice) + " ORDER BY t.id " + &order).collect();
        if walks.len() > 1 {
            walks = walks.into_iter().map(|walk| format!("SELECT b.id FROM ({walk}) b")).collect();
        }
        format!("SELECT {columns} FROM ({}) k CROSS JOIN {from} ORDER BY k.id {order}", walks.join(" UNION ALL "))
    }

    /// The chosen index with each combination of the values that its columns may have.
    fn choices(&self) -> Vec<Choice<'_>> {
        let indexes = self.table.indexes.iter().filter_map(|index| Some((self.share(index)?, index)));
        let Some((_, index)) = indexes.min_by_key(|(share, _)| *share) else {
            return vec![Choice { has_workspace: true, only: None, terms: Vec::new() }];
        };
        let mut choices = vec![Choice { has_workspace: index.has_workspace, only: index.only, terms: Vec::new() }];
        for filter in index.columns.iter().filter_map(|column| self.filter(column)) {
            choices = choices
                .iter()
                .flat_map(|choice| filter.terms.iter().map(move |term| choice.with(filter.column, term)))
                .collect();
        }
        choices
    }

    /// How many rows of a billion are left by the filters on an index's columns; none if one of the columns has no
    /// filter, too many walks would be needed, or a partial index has not all rows that are wanted.
    fn share(&self, index: &Index) -> Option<u64> {
        let filters: Vec<&Filter> =
            index.columns.iter().map(|column| self.filter(column)).collect::<Option<Vec<_>>>()?;
        let walks: usize = filters.iter().map(|filter| filter.terms.len()).product();
        let partial = match index.only {
            Some((column, words)) => Some(
                self.filter(column).filter(|filter| filter.terms.iter().all(|term| words.contains(term.as_str())))?,
            ),
            None => None,
        };
        let shares = filters.into_iter().chain(partial).map(|filter| u64::from(filter.share.min(1_000)));
        (walks <= MAX_WALKS).then(|| shares.fold(1_000_000_000, |left, share| left * share / 1_000))
    }

    fn filter(&self, column: &str) -> Option<&Filter> {
        self.filters.iter().find(|filter| filter.column == column)
    }

    /// The ids of one walk, not in order yet.
    fn walk(&self, choice: &Choice<'_>) -> String {
        let workspace = if choice.has_workspace { "t.workspace_id".to_owned() } else { hidden("t.workspace_id") };
        let mut conditions = vec![format!("{workspace} = $1")];
        conditions.extend(self.filters.iter().map(|filter| {
            match choice.terms.iter().find(|(column, _)| *column == filter.column) {
                Some((column, term)) => format!("t.{column} = {term}"),
                None => format!("{} IN ({})", hidden(&format!("t.{}", filter.column)), filter.terms.join(", ")),
            }
        }));
        // SQLite takes a partial index if its condition stands there word by word.
        conditions.extend(choice.only.map(|(column, words)| format!("t.{column} IN {words}")));
        conditions.extend(self.conditions.iter().cloned());
        format!("SELECT t.id FROM {} t WHERE {}", self.table.name, conditions.join(" AND "))
    }
}

/// One walk along an index.
struct Choice<'a> {
    has_workspace: bool,
    /// See [`Index::only`].
    only: Option<(&'static str, &'static str)>,
    /// The index's columns with a value for each.
    terms: Vec<(&'static str, &'a str)>,
}

impl<'a> Choice<'a> {
    fn with(&self, column: &'static str, term: &'a str) -> Self {
        Self {
            has_workspace: self.has_workspace,
            only: self.only,
            terms: [self.terms.as_slice(), &[(column, term)]].concat(),
        }
    }
}

/// A column that SQLite chooses no index for. PostgreSQL simplifies this to the column before it plans.
pub(super) fn hidden(column: &str) -> String {
    format!("CASE WHEN TRUE THEN {column} END")
}

#[cfg(test)]
mod tests {
    use super::*;

    static RUNS: Table = Table {
        name: "runs",
        prefix: "run",
        indexes: &[
            Index::of(&["component", "command"]),
            Index::of(&["component"]),
            Index::of(&["command"]),
            Index::without_workspace(&["instance"]),
            Index::of(&["stack"]).only("conclusion", "('failure', 'timed_out')"),
        ],
    };

    fn list() -> List {
        List::new(&RUNS, &WorkspaceScope::from_record("ws_1"))
    }

    fn text(mut list: List) -> String {
        list.text(&Page::new(25, None), "k.id", "runs r WHERE r.id = k.id")
    }

    fn command_share(word: &str) -> u32 {
        if word == "plan" { 900 } else { 50 }
    }

    #[test]
    fn a_list_without_filters_walks_the_ids() {
        assert_eq!(
            text(list()),
            "SELECT k.id FROM (SELECT t.id FROM runs t WHERE t.workspace_id = $1 ORDER BY t.id DESC LIMIT 26) k \
             CROSS JOIN runs r WHERE r.id = k.id ORDER BY k.id DESC LIMIT 26"
        );
    }

    #[test]
    fn the_index_that_leaves_least_is_walked_and_other_columns_are_hidden() {
        let mut rare = list();
        rare.one_of("command", &["plan"], command_share);
        rare.equal("component", Some("vpc"), 10);
        rare.equal("instance", Some("inst_1"), 1);
        let text = text(rare);
        assert!(text.contains("WHERE CASE WHEN TRUE THEN t.workspace_id END = $1 "), "{text}");
        assert!(text.contains(" AND CASE WHEN TRUE THEN t.command END IN ('plan') "), "{text}");
        assert!(text.contains(" AND CASE WHEN TRUE THEN t.component END IN ($2) AND t.instance = $3 ORDER"), "{text}");
    }

    #[test]
    fn an_index_with_both_columns_is_better_than_one_with_either() {
        let mut both = list();
        both.one_of("command", &["apply"], command_share);
        both.equal("component", Some("vpc"), 10);
        let text = text(both);
        assert!(text.contains("t.workspace_id = $1 AND t.command = 'apply' AND t.component = $2 ORDER"), "{text}");
    }

    #[test]
    fn several_values_are_several_walks_without_repetition() {
        let mut several = list();
        several.one_of("command", &["remediate", "apply", "apply"], command_share);
        let text = text(several);
        assert_eq!(text.matches("SELECT b.id FROM (SELECT t.id").count(), 2, "{text}");
        assert_eq!(text.matches("t.command = 'apply' ORDER BY t.id DESC LIMIT 26) b").count(), 1, "{text}");
        assert_eq!(text.matches("t.command = 'remediate' ORDER BY t.id DESC LIMIT 26) b").count(), 1, "{text}");
    }

    #[test]
    fn a_partial_index_is_walked_if_it_has_all_rows_that_are_wanted() {
        let failed = |words: &[&'static str]| {
            let mut failed = list();
            failed.equal("stack", Some("dev"), 30);
            failed.one_of("conclusion", words, |_| 50);
            text(failed)
        };
        let walked = "t.stack = $2 AND CASE WHEN TRUE THEN t.conclusion END IN ('failure') \
             AND t.conclusion IN ('failure', 'timed_out') ORDER";
        assert!(failed(&["failure"]).contains(walked), "{}", failed(&["failure"]));
        let all = failed(&["failure", "success"]);
        assert!(!all.contains("t.conclusion IN"), "{all}");
    }

    #[test]
    fn a_window_bounds_the_ids_too() {
        let mut window = list();
        let at = Timestamp::from_micros(1_787_306_400_000_000);
        window.within(Window { since: Some(at), until: Some(at) });
        let late = first_id("run", at.plus(TOLD_LATE));
        assert!(matches!(window.values.get(4), Some(Value::Text(Some(id))) if *id == late), "{:?}", window.values);
        let text = text(window);
        assert!(text.contains("t.created_at END >= $2 AND t.id >= $3 AND CASE"), "{text}");
        assert!(text.contains("t.created_at END < $4 AND t.id < $5 ORDER"), "{text}");
    }
}
