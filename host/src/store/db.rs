//! One database handle for SQLite and PostgreSQL.
//!
//! One SQL text serves both engines, in the subset that both speak: `$1` placeholders, `RETURNING`,
//! `ON CONFLICT`, CTEs, window functions; times as BIGINT microseconds, JSON and ids as TEXT.
//! What differs between the engines is in this file and in `connect.rs`.

use std::borrow::Cow;
use std::fmt;

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, PgPool, Postgres, Sqlite, SqlitePool};

use super::error::StoreError;
use crate::clock::Timestamp;

/// A row type that reads from either engine; `#[derive(FromRow)]` gives it.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// A bound value. `None` is a typed NULL.
#[derive(Clone)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
    Bool(Option<bool>),
}

macro_rules! value_from {
    ($($type:ty => $variant:ident, |$value:ident| $expr:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                Self::$variant(Some($expr))
            }
        }
        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map(|$value| $expr))
            }
        }
    )*};
}
value_from! {
    &str => Text, |value| storable(value.to_owned());
    &String => Text, |value| storable(value.clone());
    String => Text, |value| storable(value);
    i64 => Int, |value| value;
    i32 => Int, |value| i64::from(value);
    u32 => Int, |value| i64::from(value);
    Timestamp => Int, |value| value.micros();
    Vec<u8> => Bytes, |value| value;
    &[u8] => Bytes, |value| value.to_vec();
    &[u8; 32] => Bytes, |value| value.to_vec();
    bool => Bool, |value| value;
}

/// PostgreSQL refuses a text with NUL, and would fail the whole statement or group of audit rows for it;
/// SQLite would cut it there in some functions. So NUL becomes U+FFFD on both.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// Security: hashes of tokens and logs of jobs are bound, so a value shows its kind alone.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Int(_) => "Int",
            Self::Bytes(_) => "Bytes",
            Self::Bool(_) => "Bool",
        })
    }
}

/// A statement with its values, in order of the placeholders.
#[derive(Clone)]
pub struct Query {
    sql: Cow<'static, str>,
    values: Vec<Value>,
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("sql", &self.sql).finish_non_exhaustive()
    }
}

/// Starts a statement. Text from outside goes into [`Query::bind`], never into `text`.
pub(crate) fn sql(text: impl Into<Cow<'static, str>>) -> Query {
    Query { sql: text.into(), values: Vec::new() }
}

impl Query {
    /// Binds the next placeholder.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Logs the statement, with placeholders for its values.
    fn trace(&self) {
        tracing::trace!(target: "atmos_mcp::sql", statement = %self.sql);
    }

    /// Appends to the statement.
    pub fn push(&mut self, text: &str) {
        self.sql.to_mut().push_str(text);
    }

    /// Appends a placeholder with its value.
    pub fn push_bind(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
        let placeholder = format!("${}", self.values.len());
        self.push(&placeholder);
    }

    /// Appends `(placeholder, …)`. An empty list matches nothing.
    pub fn push_in(&mut self, values: impl IntoIterator<Item = impl Into<Value>>) {
        let mut open = "(";
        for value in values {
            self.push(open);
            self.push_bind(value);
            open = ", ";
        }
        self.push(if open == "(" { "(NULL)" } else { ")" });
    }
}

/// `$2` → `?` with the values in order of use. SQLite keeps the names of placeholders in a list that it
/// walks for every bind, so a statement with named ones costs the square of their number.
fn positional(query: Query) -> Query {
    let Query { sql, values } = query;
    let mut text = String::with_capacity(sql.len());
    let mut ordered = Vec::with_capacity(values.len());
    let mut parts = sql.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        // Our texts have no `$` but in placeholders, and all of them have a value.
        if let Some(value) = number.parse::<usize>().ok().and_then(|number| values.get(number.checked_sub(1)?)) {
            text.push('?');
            ordered.push(value.clone());
        } else {
            text.push('$');
            text.push_str(number);
        }
        text.push_str(rest);
    }
    Query { sql: text.into(), values: ordered }
}

/// Runs `$method` of a sqlx query with the values bound, on whichever engine `$target` is.
macro_rules! run {
    ($engine:ty, $query:expr, $executor:expr, $build:ident $(::<$row:ty>)?, $method:ident) => {{
        let Query { sql, values } = $query;
        // Safe: texts come from this crate alone, values are bound.
        let mut query = sqlx::$build::<$engine $(, $row)?>(AssertSqlSafe(sql));
        for value in values {
            query = match value {
                Value::Text(value) => query.bind(value),
                Value::Int(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
                Value::Bool(value) => query.bind(value),
            };
        }
        query.$method($executor).await
    }};
}

#[derive(Clone)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    async fn fetch_all<T: Row>(&self, query: Query) -> Result<Vec<T>, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => run!(Sqlite, positional(query), pool, query_as::<T>, fetch_all)?,
            Self::Postgres(pool) => run!(Postgres, query, pool, query_as::<T>, fetch_all)?,
        })
    }

    async fn fetch_optional<T: Row>(&self, query: Query) -> Result<Option<T>, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => run!(Sqlite, positional(query), pool, query_as::<T>, fetch_optional)?,
            Self::Postgres(pool) => run!(Postgres, query, pool, query_as::<T>, fetch_optional)?,
        })
    }

    async fn execute(&self, query: Query) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => run!(Sqlite, positional(query), pool, query, execute)?.rows_affected(),
            Self::Postgres(pool) => run!(Postgres, query, pool, query, execute)?.rows_affected(),
        })
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Reads. The engine itself refuses writes through it (SQLite `query_only`, PostgreSQL
/// `default_transaction_read_only`), so a capability that holds one cannot write whatever its SQL says.
#[derive(Clone)]
pub struct Reader(pub(super) Pool);

impl Reader {
    /// All rows.
    pub async fn fetch_all<T: Row>(&self, query: Query) -> Result<Vec<T>, StoreError> {
        query.trace();
        self.0.fetch_all(query).await
    }

    /// The first row, if there is one.
    pub async fn fetch_optional<T: Row>(&self, query: Query) -> Result<Option<T>, StoreError> {
        query.trace();
        self.0.fetch_optional(query).await
    }
}

/// Reads and writes, one statement at a time or in a transaction.
#[derive(Clone)]
pub struct Writer(pub(super) Pool);

impl Writer {
    /// All rows.
    pub async fn fetch_all<T: Row>(&self, query: Query) -> Result<Vec<T>, StoreError> {
        query.trace();
        self.0.fetch_all(query).await
    }

    /// The first row, if there is one; for `RETURNING`.
    pub async fn fetch_optional<T: Row>(&self, query: Query) -> Result<Option<T>, StoreError> {
        query.trace();
        self.0.fetch_optional(query).await
    }

    /// Runs a statement and tells how many rows it touched.
    pub async fn execute(&self, query: Query) -> Result<u64, StoreError> {
        query.trace();
        self.0.execute(query).await
    }

    /// Starts a transaction. Dropped without [`Tx::commit`], it is rolled back.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match &self.0 {
            // IMMEDIATE: a deferred transaction that reads first can fail when it comes to write.
            Pool::Sqlite(pool) => Tx(Transaction::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?)),
            Pool::Postgres(pool) => Tx(Transaction::Postgres(pool.begin().await?)),
        })
    }
}

enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// An open transaction.
pub struct Tx(Transaction);

impl Tx {
    /// All rows.
    pub async fn fetch_all<T: Row>(&mut self, query: Query) -> Result<Vec<T>, StoreError> {
        query.trace();
        Ok(match &mut self.0 {
            Transaction::Sqlite(tx) => run!(Sqlite, positional(query), &mut **tx, query_as::<T>, fetch_all)?,
            Transaction::Postgres(tx) => run!(Postgres, query, &mut **tx, query_as::<T>, fetch_all)?,
        })
    }

    /// The first row, if there is one.
    pub async fn fetch_optional<T: Row>(&mut self, query: Query) -> Result<Option<T>, StoreError> {
        query.trace();
        Ok(match &mut self.0 {
            Transaction::Sqlite(tx) => run!(Sqlite, positional(query), &mut **tx, query_as::<T>, fetch_optional)?,
            Transaction::Postgres(tx) => run!(Postgres, query, &mut **tx, query_as::<T>, fetch_optional)?,
        })
    }

    /// Reads a row and locks it until the transaction ends. SQLite has one writer, so the row is locked
    /// already.
    pub async fn fetch_for_update<T: Row>(&mut self, mut query: Query) -> Result<Option<T>, StoreError> {
        if matches!(self.0, Transaction::Postgres(_)) {
            query.push(" FOR UPDATE");
        }
        self.fetch_optional(query).await
    }

    /// Runs a statement and tells how many rows it touched.
    pub async fn execute(&mut self, query: Query) -> Result<u64, StoreError> {
        query.trace();
        Ok(match &mut self.0 {
            Transaction::Sqlite(tx) => run!(Sqlite, positional(query), &mut **tx, query, execute)?.rows_affected(),
            Transaction::Postgres(tx) => run!(Postgres, query, &mut **tx, query, execute)?.rows_affected(),
        })
    }

    /// Makes the transaction's writes last.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.0 {
            Transaction::Sqlite(tx) => tx.commit().await?,
            Transaction::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positional_placeholders_follow_the_order_of_use() {
        let query = sql("SELECT a FROM t WHERE b = $2 AND c IN ($1, $2) AND d = $10").bind("one").bind("two");
        let Query { sql, values } = positional(query);
        assert_eq!(sql, "SELECT a FROM t WHERE b = ? AND c IN (?, ?) AND d = $10");
        let texts: Vec<_> = values
            .into_iter()
            .map(|value| match value {
                Value::Text(text) => text.unwrap(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(texts, ["two", "one", "two"]);
    }

    #[test]
    fn what_is_bound_is_not_shown() {
        let query = sql("SELECT a FROM t WHERE b = $1").bind("secret").bind(&[115_u8; 32]);
        assert_eq!(format!("{query:?}"), r#"Query { sql: "SELECT a FROM t WHERE b = $1", .. }"#);
        assert_eq!(format!("{:?}", query.values), "[Text, Bytes]");
    }
}
