//! What every list tool returns: a page that stays small enough for an agent's context.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use crate::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use crate::tool::ToolResult;

/// Bytes of a page's JSON above which it is read again with fewer rows. What an agent reads costs it context,
/// and clients warn of, or cut, results much larger than this.
const MAX_BYTES: usize = 60_000;

/// One page of rows.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listing<T> {
    /// The rows.
    pub items: Vec<T>,
    /// `cursor` of the next page; null on the last.
    pub next_cursor: Option<String>,
    /// Present if there are fewer rows than `limit` because they are large: `nextCursor` has the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncated: Option<bool>,
    /// What to do about an empty or cut page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl<T: Serialize> Listing<T> {
    /// Reads the page of `request` with `read`, which gives rows and the next cursor. If the rows come to more
    /// than 60 kB, half as many are read instead, and so on down to one: the cursor then continues after the
    /// last row that is shown.
    pub fn read(
        mut request: PageRequest,
        read: impl Fn(&PageRequest) -> Result<(Vec<T>, Option<String>), CapabilityError>,
    ) -> ToolResult<Self> {
        let mut truncated = None;
        loop {
            let (items, next_cursor) = read(&request)?;
            if items.len() <= 1 || json_len(&items) <= MAX_BYTES {
                let hint = truncated.map(|_: bool| {
                    format!("only {} rows fit into one result; call again with `cursor` for the rest", items.len())
                });
                return Ok(Self { items, next_cursor, truncated, hint });
            }
            truncated = Some(true);
            request.limit = u32::try_from(items.len() / 2).unwrap_or(1).max(1);
        }
    }

    /// Says what to do if nothing was found.
    #[must_use]
    pub fn or_hint(mut self, hint: impl FnOnce() -> String) -> Self {
        if self.items.is_empty() {
            self.hint = Some(hint());
        }
        self
    }
}

/// Bytes of the value's JSON.
fn json_len(value: &impl Serialize) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting cannot fail; a value that is no JSON fails again, with a sentence, when it is written.
    serde_json::to_writer(&mut counter, value).ok();
    counter.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of `size`-byte rows, whose cursor is the number of the last row shown.
    fn page(size: usize, request: &PageRequest) -> (Vec<String>, Option<String>) {
        let start: u32 = request.cursor.as_deref().map_or(0, |cursor| cursor.parse().unwrap());
        let end = (start + request.limit).min(100);
        let rows = (start..end).map(|_| "x".repeat(size)).collect();
        (rows, (end < 100).then(|| end.to_string()))
    }

    fn read(size: usize, cursor: Option<&str>) -> Listing<String> {
        let request = PageRequest { limit: 100, cursor: cursor.map(ToOwned::to_owned) };
        let Ok(listing) = Listing::read(request, |request| Ok(page(size, request))) else {
            panic!("the list cannot fail");
        };
        listing
    }

    #[test]
    fn small_rows_come_in_one_page() {
        let listing = read(10, None);
        assert_eq!((listing.items.len(), listing.next_cursor, listing.truncated), (100, None, None));
    }

    #[test]
    fn large_rows_are_cut_and_all_of_them_can_be_visited() {
        let (mut rows, mut cursor) = (0, None);
        loop {
            let listing = read(5_000, cursor.as_deref());
            assert!(json_len(&listing.items) <= MAX_BYTES);
            assert_eq!(listing.truncated.is_some(), listing.next_cursor.is_some());
            rows += listing.items.len();
            cursor = listing.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(rows, 100);
    }

    #[test]
    fn one_row_is_shown_however_large_it_is() {
        assert_eq!(read(100_000, None).items.len(), 1);
    }

    #[test]
    fn the_hint_is_for_an_empty_page() {
        let empty = Listing::<u32> { items: vec![], next_cursor: None, truncated: None, hint: None };
        assert_eq!(empty.or_hint(|| "look elsewhere".to_owned()).hint.as_deref(), Some("look elsewhere"));
        assert_eq!(read(10, None).or_hint(String::new).hint, None);
    }
}
