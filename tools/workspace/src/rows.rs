//! Pages of lists that a tool makes itself.

use sdk::capability::types::{CapabilityError, PageRequest};
use sdk::prelude::{Listing, ToolResult};
use serde::Serialize;

/// A list that a tool makes itself.
#[derive(Debug)]
pub struct List<'a> {
    /// The tool and its filter, in a form that differs whenever the filter does: a cursor is refused for any other.
    pub bound_to: &'a str,
    /// What to say if there is no row at all. Not said of what comes after a cursor.
    pub hint: &'a str,
}

impl List<'_> {
    /// The page of `request` of these rows. `key` tells rows apart.
    pub fn page<T: Clone + Serialize>(
        &self,
        rows: &[T],
        request: PageRequest,
        key: impl Fn(&T) -> &'static str,
    ) -> ToolResult<Listing<T>> {
        let is_first = request.cursor.is_none();
        let listing = Listing::read(request, |request| self.cut(rows, request, &key))?;
        Ok(if is_first { listing.or_hint(|| self.hint.to_owned()) } else { listing })
    }

    /// Rows and the next cursor.
    fn cut<T: Clone>(
        &self,
        rows: &[T],
        request: &PageRequest,
        key: impl Fn(&T) -> &'static str,
    ) -> Result<(Vec<T>, Option<String>), CapabilityError> {
        let start = match &request.cursor {
            Some(cursor) => {
                let position = rows.iter().position(|row| self.cursor(key(row)) == *cursor);
                1 + position.ok_or(CapabilityError::InvalidCursor)?
            }
            None => 0,
        };
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let items: Vec<T> = rows.iter().skip(start).take(limit).cloned().collect();
        let has_more = start + items.len() < rows.len();
        let next_cursor = items.last().filter(|_| has_more).map(|row| self.cursor(key(row)));
        Ok((items, next_cursor))
    }

    /// The cursor that continues after the row with this key: a digest of list and key. A tool has no key to seal it
    /// with, and needs none: the rows are made anew for every call, so a forged cursor shows nothing that a call
    /// without one would not.
    fn cursor(&self, key: &str) -> String {
        // FNV-1a. A zero byte stands between the two.
        let bytes = self.bound_to.bytes().chain([0]).chain(key.bytes());
        let digest = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        format!("{digest:016x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [&str; 5] = ["a", "b", "c", "d", "e"];

    const LIST: List<'static> = List { bound_to: "list_letters", hint: "no letters" };

    fn read(limit: u32, cursor: Option<String>) -> Result<(Vec<&'static str>, Option<String>), CapabilityError> {
        LIST.cut(&ROWS, &PageRequest { limit, cursor }, |row| *row)
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
    fn a_cursor_that_this_list_did_not_give_is_refused() {
        let other = List { bound_to: "list_letters of a", hint: "no letters" };
        for cursor in ["x".to_owned(), "a".to_owned(), other.cursor("a")] {
            assert!(matches!(read(2, Some(cursor)), Err(CapabilityError::InvalidCursor)));
        }
    }

    #[test]
    fn only_a_list_without_rows_has_a_hint() {
        let hint = |cursor: Option<String>| {
            let Ok(listing) = LIST.page(&ROWS[..1], PageRequest { limit: 1, cursor }, |row| *row) else {
                panic!("the list cannot fail");
            };
            (listing.items.len(), listing.hint)
        };
        assert_eq!(hint(None), (1, None));
        assert_eq!(hint(Some(LIST.cursor("a"))), (0, None));
        let Ok(empty) = LIST.page(&ROWS[..0], PageRequest { limit: 1, cursor: None }, |row| *row) else {
            panic!("the list cannot fail");
        };
        assert_eq!(empty.hint.as_deref(), Some("no letters"));
    }
}
