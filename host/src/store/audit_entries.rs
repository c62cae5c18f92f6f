//! Reading the audit log.
//!
//! Nearly all rows are of tool calls that ended well. The indexes of what is rarer leave those rows out
//! (migration 0014), and a query says in the index's own words that it does not want them.

use std::time::Duration;

use super::keyset::Window;
use super::page::Page;
use super::{Query, Reader, StoreError, sql};
use crate::authz::WorkspaceScope;
use crate::id::first_id;

/// Entries that one page looks at, at most, where no index has all of the filter.
const SCAN_LIMIT: i64 = 20_000;

const NO_TOOL_CALL: &str = " AND a.action <> 'tool_called'";
const NO_MCP_CLIENT: &str = " AND a.actor_type <> 'mcp_client'";
const NO_SUCCESS: &str = " AND a.outcome <> 'ok'";

/// One entry, with the names of its user and client.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct EntryRow {
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) actor_type: String,
    pub(crate) actor_id: Option<String>,
    pub(crate) login: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_name: Option<String>,
    pub(crate) grant_id: Option<String>,
    pub(crate) category: String,
    pub(crate) action: String,
    pub(crate) target_type: Option<String>,
    pub(crate) target_id: Option<String>,
    pub(crate) outcome: String,
    pub(crate) detail: Option<String>,
    pub(crate) denied_side: Option<String>,
    pub(crate) component_digest: Option<String>,
    pub(crate) metadata: Option<String>,
    pub(crate) duration_micros: Option<i64>,
    pub(crate) fuel: Option<i64>,
    pub(crate) host_calls: Option<i64>,
    pub(crate) rows_read: Option<i64>,
    pub(crate) result_bytes: Option<i64>,
    pub(crate) request_id: String,
}

/// Which entries are wanted; an empty field does not restrict.
#[derive(Debug, Default)]
pub(crate) struct EntryFilter<'a> {
    /// Any of these.
    pub(crate) categories: Vec<&'a str>,
    /// Not this one.
    pub(crate) excluded_category: Option<&'a str>,
    pub(crate) action: Option<&'a str>,
    pub(crate) actor_type: Option<&'static str>,
    pub(crate) actor_id: Option<&'a str>,
    pub(crate) client_id: Option<&'a str>,
    pub(crate) target_type: Option<&'a str>,
    pub(crate) target_id: Option<&'a str>,
    /// Any of these.
    pub(crate) outcomes: Vec<&'static str>,
    pub(crate) window: Window,
    /// A text that the entry has somewhere, in any case of ASCII letters.
    pub(crate) query: Option<&'a str>,
}

/// One page of entries.
#[derive(Debug)]
pub(crate) struct Entries {
    pub(crate) rows: Vec<EntryRow>,
    /// The key after which the next page starts.
    pub(crate) next: Option<String>,
    /// Whether [`SCAN_LIMIT`] was reached before the page was full.
    pub(crate) is_cut_short: bool,
}

const COLUMNS: &str = "a.id, a.at, a.actor_type, a.actor_id, u.login, a.client_id, g.client_name, a.grant_id, \
     a.category, a.action, a.target_type, a.target_id, a.outcome, a.detail, a.denied_side, a.component_digest, \
     a.metadata, a.duration_micros, a.fuel, a.host_calls, a.rows_read, a.result_bytes, a.request_id";

const FROM: &str = "FROM audit_log a LEFT JOIN users u ON u.id = a.actor_id \
     LEFT JOIN oauth_grants g ON g.id = a.grant_id WHERE a.workspace_id = $1";

/// Where a text is looked for.
const SEARCHED: &str = "LOWER(a.category || '.' || a.action || ' ' || COALESCE(a.target_type, '') || ' ' \
     || COALESCE(a.target_id, '') || ' ' || COALESCE(a.actor_id, '') || ' ' || COALESCE(u.login, '') || ' ' \
     || COALESCE(g.client_name, '') || ' ' || COALESCE(a.detail, '') || ' ' || COALESCE(a.metadata, ''))";

/// Entries of the workspace, newest first.
///
/// Where one index has all of the filter, it gives the page. Otherwise the page looks at the next
/// [`SCAN_LIMIT`] entries that the best index gives, and may come out short. Limits stand in the text, because
/// PostgreSQL would plan for a tenth of the table.
pub(crate) async fn list_entries(
    reader: &Reader,
    scope: &WorkspaceScope,
    filter: &EntryFilter<'_>,
    page: &Page,
) -> Result<Entries, StoreError> {
    let search = Search::of(filter, page);
    let floor = if search.is_indexed() { None } else { find_floor(reader, scope, &search).await? };
    let mut query = sql(format!("SELECT {COLUMNS} {FROM}")).bind(scope.workspace_id());
    search.push_indexed(&mut query, floor.as_deref());
    search.push_rest(&mut query);
    query.push(&format!(" ORDER BY a.id DESC LIMIT {}", page.fetch_limit()));
    let mut rows: Vec<EntryRow> = reader.fetch_all(query).await?;
    let last = page.cut(&mut rows, |row| &row.id);
    let is_cut_short = last.is_none() && floor.is_some();
    Ok(Entries { rows, next: last.or(floor), is_cut_short })
}

/// One entry of the workspace.
pub(crate) async fn find_entry(
    reader: &Reader,
    scope: &WorkspaceScope,
    id: &str,
) -> Result<Option<EntryRow>, StoreError> {
    let query = sql(format!("SELECT {COLUMNS} {FROM} AND a.id = $2")).bind(scope.workspace_id()).bind(id);
    reader.fetch_optional(query).await
}

/// The user of this login, in any case of its letters, if the workspace's log has something of them.
pub(crate) async fn find_actor(
    reader: &Reader,
    scope: &WorkspaceScope,
    login: &str,
) -> Result<Option<String>, StoreError> {
    let query = sql("SELECT u.id FROM users u WHERE LOWER(u.login) = LOWER($2) AND EXISTS \
             (SELECT 1 FROM audit_log a WHERE a.workspace_id = $1 AND a.actor_id = u.id) ORDER BY u.id LIMIT 1")
    .bind(scope.workspace_id())
    .bind(login);
    let row: Option<(String,)> = reader.fetch_optional(query).await?;
    Ok(row.map(|(id,)| id))
}

/// The last entry that a page may look at, if there are more.
async fn find_floor(
    reader: &Reader,
    scope: &WorkspaceScope,
    search: &Search<'_>,
) -> Result<Option<String>, StoreError> {
    let mut query = sql("SELECT MIN(s.id), COUNT(*) FROM (SELECT a.id FROM audit_log a WHERE a.workspace_id = $1")
        .bind(scope.workspace_id());
    search.push_indexed(&mut query, None);
    query.push(&format!(" ORDER BY a.id DESC LIMIT {SCAN_LIMIT}) s"));
    let row: Option<(Option<String>, i64)> = reader.fetch_optional(query).await?;
    Ok(row.and_then(|(oldest, count)| oldest.filter(|_| count >= SCAN_LIMIT)))
}

/// A column and its value.
struct Condition<'a> {
    column: &'static str,
    value: &'a str,
    /// What the index of the column leaves out; none if this value has no index.
    index: Option<&'static str>,
}

/// A filter, split into what one index finds and the rest.
struct Search<'a> {
    filter: &'a EntryFilter<'a>,
    indexed: Option<Condition<'a>>,
    rest: Vec<Condition<'a>>,
    /// Ids from here on: ids begin with their time.
    lowest: Option<String>,
    /// Ids below this one.
    below: Option<String>,
}

impl<'a> Search<'a> {
    fn of(filter: &'a EntryFilter<'a>, page: &Page) -> Self {
        let mut rest = conditions(filter);
        let best = rest.iter().position(|condition| condition.index.is_some());
        let Window { since, until } = filter.window;
        let until = until.map(|until| first_id("aud", until.plus(Duration::from_secs(1))));
        Self {
            filter,
            indexed: best.map(|best| rest.remove(best)),
            rest,
            lowest: since.map(|since| first_id("aud", since)),
            below: until.into_iter().chain(page.after().map(str::to_owned)).min(),
        }
    }

    /// Whether an index gives the rows that are wanted and no others, apart from those of the seconds in which
    /// the window begins and ends.
    fn is_indexed(&self) -> bool {
        let filter = self.filter;
        self.rest.is_empty()
            && filter.categories.len() <= 1
            && filter.excluded_category.is_none()
            && filter.outcomes.len() <= 1
            && filter.query.is_none()
    }

    fn push_indexed(&self, query: &mut Query, floor: Option<&str>) {
        if let Some(Condition { column, value, index }) = &self.indexed {
            query.push(&format!(" AND {column} = "));
            query.push_bind(*value);
            query.push(index.unwrap_or_default());
        }
        if let Some(lowest) = self.lowest.as_deref().max(floor) {
            query.push(" AND a.id >= ");
            query.push_bind(lowest);
        }
        if let Some(below) = &self.below {
            query.push(" AND a.id < ");
            query.push_bind(below);
        }
    }

    /// Conditions on expressions: neither engine takes another index for them than the one with which the floor
    /// was found.
    fn push_rest(&self, query: &mut Query) {
        for Condition { column, value, .. } in &self.rest {
            query.push(&format!(" AND {column} || '' = "));
            query.push_bind(*value);
        }
        for (column, values) in [("a.category", &self.filter.categories), ("a.outcome", &self.filter.outcomes)] {
            if values.len() > 1 {
                query.push(&format!(" AND {column} || '' IN "));
                query.push_in(values.iter().copied());
            }
        }
        if let Some(category) = self.filter.excluded_category {
            query.push(" AND a.category || '' <> ");
            query.push_bind(category);
        }
        let Window { since, until } = self.filter.window;
        for (comparison, moment) in [(" AND a.at >= ", since), (" AND a.at < ", until)] {
            if let Some(moment) = moment {
                query.push(comparison);
                query.push_bind(moment);
            }
        }
        if let Some(text) = self.filter.query {
            query.push(&format!(" AND {SEARCHED} LIKE LOWER("));
            query.push_bind(pattern(text));
            query.push(") ESCAPE '!'");
        }
    }
}

/// The conditions of a filter; one that finds fewer rows than another, as a rule, comes before it.
fn conditions<'a>(filter: &EntryFilter<'a>) -> Vec<Condition<'a>> {
    let (category, outcome) = (only(&filter.categories), only(&filter.outcomes));
    // The value that an index leaves out has none.
    let unless = |value: Option<&str>, common: &str, index: &'static str| (value != Some(common)).then_some(index);
    [
        ("a.target_id", filter.target_id, Some("")),
        ("a.actor_id", filter.actor_id, Some("")),
        ("a.outcome", outcome, unless(outcome, "ok", NO_SUCCESS)),
        ("a.action", filter.action, unless(filter.action, "tool_called", NO_TOOL_CALL)),
        ("a.target_type", filter.target_type, unless(filter.target_type, "tool", NO_TOOL_CALL)),
        ("a.category", category, unless(category, "mcp", NO_TOOL_CALL)),
        ("a.actor_type", filter.actor_type, unless(filter.actor_type, "mcp_client", NO_MCP_CLIENT)),
        ("a.client_id", filter.client_id, None),
    ]
    .into_iter()
    .filter_map(|(column, value, index)| Some(Condition { column, value: value?, index }))
    .collect()
}

/// The value of a filter that has one; several have no index.
fn only<'a>(values: &[&'a str]) -> Option<&'a str> {
    match values {
        [value] => Some(*value),
        _ => None,
    }
}

/// A pattern of LIKE for a text anywhere, with `!` before what means something in one.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for char in text.chars() {
        if matches!(char, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(char);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn search(filter: &EntryFilter<'_>) -> (Option<&'static str>, Vec<&'static str>) {
        let search = Search::of(filter, &Page::new(25, None));
        (search.indexed.map(|condition| condition.column), search.rest.iter().map(|rest| rest.column).collect())
    }

    #[test]
    fn what_finds_fewest_rows_is_looked_up() {
        let filter = EntryFilter { actor_id: Some("usr_1"), categories: vec!["lock"], ..EntryFilter::default() };
        assert_eq!(search(&filter), (Some("a.actor_id"), vec!["a.category"]));
        let filter = EntryFilter { target_type: Some("tool"), outcomes: vec!["denied"], ..EntryFilter::default() };
        assert_eq!(search(&filter), (Some("a.outcome"), vec!["a.target_type"]));
    }

    #[test]
    fn what_nearly_all_rows_have_is_not() {
        let filter = EntryFilter {
            action: Some("tool_called"),
            categories: vec!["mcp"],
            outcomes: vec!["ok"],
            ..EntryFilter::default()
        };
        assert_eq!(search(&filter), (None, vec!["a.outcome", "a.action", "a.category"]));
        for filter in [
            EntryFilter { outcomes: vec!["denied", "refused"], ..EntryFilter::default() },
            EntryFilter { categories: vec!["instance", "lock"], ..EntryFilter::default() },
            EntryFilter { excluded_category: Some("mcp"), ..EntryFilter::default() },
        ] {
            assert!(!Search::of(&filter, &Page::new(25, None)).is_indexed(), "{filter:?}");
        }
    }

    #[test]
    fn a_page_within_a_window_starts_at_the_lower_of_both() {
        let until = Timestamp::from_micros(1_787_306_400_000_000);
        let window = Window { since: None, until: Some(until) };
        let filter = EntryFilter { window, ..EntryFilter::default() };
        let end = first_id("aud", Timestamp::from_micros(1_787_306_401_000_000));
        for (after, below) in [("aud_0", "aud_0"), ("aud_z", end.as_str())] {
            let search = Search::of(&filter, &Page::new(25, Some(after.to_owned())));
            assert_eq!(search.below.as_deref(), Some(below));
            assert!(search.is_indexed());
        }
    }

    #[test]
    fn a_text_means_nothing_in_a_pattern() {
        assert_eq!(pattern("100% of_it!"), "%100!% of!_it!!%");
    }
}
