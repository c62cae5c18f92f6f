//! Inserts of many rows, in groups.

use super::db::Value;
use super::{Query, StoreError, Tx};

/// Rows per statement. Every full group has the same text, so it is prepared once. One group of all rows would be
/// prepared for each number of rows, and might need more placeholders than a statement may have (SQLite 32,766,
/// PostgreSQL 65,535).
pub(super) const GROUP: usize = 100;

/// Inserts `rows` with statements of the form `head (own values, shared), (…) tail`.
///
/// `head` ends with `VALUES ` and has the values bound that all rows share; `shared` names their
/// placeholders, for example `$1, $2, $1`, and comes last in each row.
pub(super) async fn insert_rows<const N: usize>(
    tx: &mut Tx,
    head: &Query,
    shared: &str,
    tail: &str,
    rows: Vec<[Value; N]>,
) -> Result<(), StoreError> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut insert = head.clone();
        for (index, row) in rows.by_ref().take(GROUP).enumerate() {
            insert.push(if index == 0 { "(" } else { ", (" });
            for value in row {
                insert.push_bind(value);
                insert.push(", ");
            }
            insert.push(shared);
            insert.push(")");
        }
        insert.push(tail);
        tx.execute(insert).await?;
    }
    Ok(())
}
