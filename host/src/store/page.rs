//! Keyset pages and their cursors.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::authz::WorkspaceScope;
use crate::keys::ServerKey;

/// Bytes of the cursor's authentication tag.
const TAG: usize = 16;

/// What a cursor belongs to: it is refused for anything else.
pub(crate) struct CursorContext<'a> {
    pub(crate) key: &'a ServerKey,
    pub(crate) scope: &'a WorkspaceScope,
    /// The listing function.
    pub(crate) function: &'static str,
    /// The filter, in a form that differs whenever the filter does.
    pub(crate) filter: String,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    limit: usize,
    after: Option<String>,
}

impl Page {
    pub(crate) const fn new(limit: usize, after: Option<String>) -> Self {
        Self { limit, after }
    }

    /// The key after which the page starts.
    pub(crate) fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// Rows to fetch: one more than wanted, to know whether there is a next page.
    pub(crate) fn fetch_limit(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// Cuts the extra row off and tells the key of the last row if there is a next page.
    pub(crate) fn cut<T>(&self, rows: &mut Vec<T>, key: impl Fn(&T) -> &str) -> Option<String> {
        if rows.len() <= self.limit {
            return None;
        }
        rows.truncate(self.limit);
        rows.last().map(|row| key(row).to_owned())
    }

    /// The page of a list that is all in memory, and the key of its last row if there is a next page; none if the
    /// list has no row to start after.
    pub(crate) fn slice<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> &str) -> Option<(Vec<T>, Option<String>)> {
        if let Some(after) = self.after() {
            let last = rows.iter().position(|row| key(row) == after)?;
            rows.drain(..=last);
        }
        let next = self.cut(&mut rows, key);
        Some((rows, next))
    }
}

impl CursorContext<'_> {
    /// Writes the cursor that continues after `last`.
    pub(crate) fn encode(&self, last: &str) -> String {
        let mut bytes = self.tag(last).get(..TAG).unwrap_or_default().to_vec();
        bytes.extend_from_slice(last.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads the key that a cursor continues after; none if it is not one that [`Self::encode`] wrote for
    /// the same workspace, function and filter.
    pub(crate) fn decode(&self, cursor: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (tag, last) = bytes.split_at_checked(TAG)?;
        let last = std::str::from_utf8(last).ok()?;
        self.key.verify("cursor", &self.parts(last), tag).then(|| last.to_owned())
    }

    fn tag(&self, last: &str) -> [u8; 32] {
        self.key.derive("cursor", &self.parts(last))
    }

    fn parts<'p>(&'p self, last: &'p str) -> [&'p [u8]; 4] {
        [self.scope.workspace_id().as_bytes(), self.function.as_bytes(), self.filter.as_bytes(), last.as_bytes()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn context<'a>(key: &'a ServerKey, scope: &'a WorkspaceScope, filter: &str) -> CursorContext<'a> {
        CursorContext { key, scope, function: "instances.list", filter: filter.to_owned() }
    }

    #[test]
    fn a_list_in_memory_has_the_pages_of_a_list_in_the_database() {
        let rows = vec!["c", "a", "b"];
        let slice =
            |limit, after: Option<&str>| Page::new(limit, after.map(ToOwned::to_owned)).slice(rows.clone(), |row| row);
        assert_eq!(slice(2, None), Some((vec!["c", "a"], Some("a".to_owned()))));
        assert_eq!(slice(2, Some("a")), Some((vec!["b"], None)));
        assert_eq!(slice(3, None), Some((rows.clone(), None)));
        assert_eq!(slice(3, Some("gone")), None);
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back_in_its_own_context_alone(last in "[A-Za-z0-9_]{0,40}", filter in ".{0,20}") {
            let (key, other_key) = (ServerKey::from_bytes([1; 32]), ServerKey::from_bytes([2; 32]));
            let (mine, theirs) = (WorkspaceScope::from_record("ws_a"), WorkspaceScope::from_record("ws_b"));
            let cursor = context(&key, &mine, &filter).encode(&last);
            prop_assert_eq!(context(&key, &mine, &filter).decode(&cursor), Some(last));
            prop_assert_eq!(context(&key, &theirs, &filter).decode(&cursor), None);
            prop_assert_eq!(context(&other_key, &mine, &filter).decode(&cursor), None);
            prop_assert_eq!(context(&key, &mine, &format!("{filter}x")).decode(&cursor), None);
        }

        #[test]
        fn no_text_makes_the_decoder_panic(cursor in "\\PC{0,60}") {
            let (key, scope) = (ServerKey::from_bytes([1; 32]), WorkspaceScope::from_record("ws_a"));
            prop_assert_eq!(context(&key, &scope, "").decode(&cursor), None);
        }
    }
}
