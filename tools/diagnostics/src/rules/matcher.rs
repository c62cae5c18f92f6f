//! All words of all rows in one set of regular expressions: one pass over the text, whatever the number of rows.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::bytes::{RegexSet, RegexSetBuilder};

use super::{Rule, TABLES};
use crate::verdict::Confidence;

struct Matcher {
    words: RegexSet,
    rows: Vec<Row>,
}

struct Row {
    rule: &'static Rule,
    all: Vec<usize>,
    none: Vec<usize>,
}

/// `None` only if a pattern does not compile, which a test excludes.
static MATCHER: LazyLock<Option<Matcher>> = LazyLock::new(Matcher::build);

/// Returns the first row that fits a compact text; rows of low confidence last.
pub(crate) fn rule_for(compact: &str) -> Option<&'static Rule> {
    let matcher = MATCHER.as_ref()?;
    let found = matcher.words.matches(compact.as_bytes());
    let fits = |row: &&Row| {
        row.all.iter().all(|word| found.matched(*word)) && !row.none.iter().any(|word| found.matched(*word))
    };
    let mut weak = None;
    for row in matcher.rows.iter().filter(fits) {
        if row.rule.confidence > Confidence::Low {
            return Some(row.rule);
        }
        weak = weak.or(Some(row.rule));
    }
    weak
}

/// Whether any word of the row stands in a compact text.
pub(crate) fn is_match(rule: &Rule, compact: &str) -> bool {
    let Some(matcher) = MATCHER.as_ref() else { return false };
    let found = matcher.words.matches(compact.as_bytes());
    let row = matcher.rows.iter().find(|row| std::ptr::eq(row.rule, rule));
    row.is_some_and(|row| row.all.iter().any(|word| found.matched(*word)))
}

impl Matcher {
    fn build() -> Option<Self> {
        let mut words: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut patterns = Vec::new();
        let mut number = |word: &'static str| {
            *words.entry(word).or_insert_with(|| {
                patterns.push(pattern(word));
                patterns.len() - 1
            })
        };
        let mut rows = Vec::new();
        for rule in TABLES.iter().copied().flatten() {
            let all = rule.all.iter().map(|word| number(word)).collect();
            let none = rule.none.iter().map(|word| number(word)).collect();
            rows.push(Row { rule, all, none });
        }
        let words = RegexSetBuilder::new(patterns).unicode(false).build().ok()?;
        Some(Self { words, rows })
    }
}

fn pattern(word: &str) -> String {
    word.replace(' ', "").replace("terraform", "(?:terraform|tofu)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::compact;

    #[test]
    fn every_row_explains_its_own_example() {
        let rows = &MATCHER.as_ref().expect("the patterns compile").rows;
        let strays = rows.iter().filter_map(|row| {
            let found = rule_for(&compact(row.rule.example)).map(|rule| (rule.category, rule.action));
            let wrong = found != Some((row.rule.category, row.rule.action));
            wrong.then(|| format!("{:?} instead of {}: {}", found, row.rule.category, row.rule.example))
        });
        let strays: Vec<String> = strays.collect();
        assert!(strays.is_empty(), "{strays:#?}");
    }

    #[test]
    fn words_are_written_as_compact_text_reads() {
        for word in TABLES.iter().copied().flatten().flat_map(|rule| rule.all.iter().chain(rule.none)) {
            let upper = word.replace("[A-Z]", "").contains(|c: char| c.is_ascii_uppercase());
            assert!(!upper && !word.contains(['"', '`']) && word.is_ascii(), "{word}");
        }
    }
}
