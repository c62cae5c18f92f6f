//! Inserts of many rows, in groups.

use super::db::Value;
use super::{Query, StoreError, Tx};

/// Rows per statement. SQLite finds a named placeholder by walking a list, so a statement's cost grows with
/// the square of its placeholders: larger groups are slower, not faster. Every full group has the same
/// text, so it is prepared once.
const GROUP: usize = 100;

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
