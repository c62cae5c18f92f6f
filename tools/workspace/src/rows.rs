//! Pages of lists that a tool makes itself.

use sdk::capability::types::{CapabilityError, PageRequest};
use sdk::prelude::{Listing, ToolResult};
use serde::Serialize;

/// The page of `request` of these rows. `key` tells rows apart; a cursor is the key of the last row shown.
pub fn page<T: Clone + Serialize>(
    rows: &[T],
    request: PageRequest,
    key: impl Fn(&T) -> &'static str,
) -> ToolResult<Listing<T>> {
    Listing::read(request, |request| cut(rows, request, &key))
}

/// Rows and the next cursor.
fn cut<T: Clone>(
    rows: &[T],
    request: &PageRequest,
    key: impl Fn(&T) -> &'static str,
) -> Result<(Vec<T>, Option<String>), CapabilityError> {
    let start = match &request.cursor {
        Some(cursor) => 1 + rows.iter().position(|row| key(row) == cursor).ok_or(CapabilityError::InvalidCursor)?,
        None => 0,
    };
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let items: Vec<T> = rows.iter().skip(start).take(limit).cloned().collect();
    let has_more = start + items.len() < rows.len();
    let next_cursor = items.last().filter(|_| has_more).map(|row| key(row).to_owned());
    Ok((items, next_cursor))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [&str; 5] = ["a", "b", "c", "d", "e"];

    fn read(limit: u32, cursor: Option<String>) -> Result<(Vec<&'static str>, Option<String>), CapabilityError> {
        cut(&ROWS, &PageRequest { limit, cursor }, |row| *row)
    }

    #[test]
    fn pages_of_any_size_visit_each_row_once() {
        for limit in 1..=6 {
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let Ok((rows, next)) = read(limit, cursor) else { panic!("its own cursor was refused") };
                seen.extend(rows);
                cursor = next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(seen, ROWS, "limit {limit}");
        }
    }

    #[test]
    fn a_cursor_that_was_not_given_is_refused() {
        assert!(matches!(read(2, Some("x".to_owned())), Err(CapabilityError::InvalidCursor)));
    }
}
