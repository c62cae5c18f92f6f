//! All words of all rows in one pass over the text, whatever the number of rows.
//!
//! A word is a list of alternatives, and each of those needs some literal: `parent.*failed` needs `parent`. One
//! Aho-Corasick automaton looks for all literals at once. Where a literal is the whole alternative, that is all; else
//! the alternative is compiled when its literal is first seen, and looked for alone. So a call pays for the few messages
//! that its log resembles, and not for the table.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

use super::{Rule, TABLES};
use crate::verdict::Confidence;

struct Matcher {
    literals: AhoCorasick,
    /// The alternatives that need each literal.
    needed_by: Vec<Vec<usize>>,
    /// Those that need none.
    always: Vec<usize>,
    alternatives: Vec<Alternative>,
    rows: Vec<Row>,
    /// The rows whose first word this is.
    led_by: Vec<Vec<usize>>,
}

struct Alternative {
    word: usize,
    /// What has to be looked for once the literal was seen; none if the literal is all.
    rest: Option<Hir>,
    compiled: OnceLock<Option<Regex>>,
}

struct Row {
    rule: &'static Rule,
    all: Vec<usize>,
    none: Vec<usize>,
}

/// A text, and which alternatives of each word may stand in it.
struct Found<'a> {
    matcher: &'a Matcher,
    text: &'a [u8],
    candidates: BTreeMap<usize, Vec<usize>>,
}

/// `None` only if a pattern does not compile, which a test excludes.
static MATCHER: LazyLock<Option<Matcher>> = LazyLock::new(Matcher::build);

/// Returns the first row that fits a compact text; rows of low confidence last.
pub(crate) fn rule_for(compact: &str) -> Option<&'static Rule> {
    let matcher = MATCHER.as_ref()?;
    let found = matcher.search(compact);
    let mut weak = None;
    let mut rows: Vec<usize> = found.words().filter_map(|word| matcher.led_by.get(word)).flatten().copied().collect();
    rows.sort_unstable();
    for row in rows.into_iter().filter_map(|row| matcher.rows.get(row)).filter(|row| found.fits(row)) {
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
    let found = matcher.search(compact);
    let row = matcher.rows.iter().find(|row| std::ptr::eq(row.rule, rule));
    row.is_some_and(|row| row.all.iter().any(|word| found.has(*word)))
}

impl Matcher {
    fn build() -> Option<Self> {
        let mut numbers: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut rows = Vec::new();
        let mut number = |word: &&'static str| {
            let next = numbers.len();
            *numbers.entry(word).or_insert(next)
        };
        for rule in TABLES.iter().copied().flatten() {
            let all: Vec<usize> = rule.all.iter().map(&mut number).collect();
            let none = rule.none.iter().map(&mut number).collect();
            rows.push(Row { rule, all, none });
        }
        let mut alternatives = Vec::new();
        let mut always = Vec::new();
        let mut needs: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        let words = numbers.len();
        for (text, word) in numbers {
            for part in parts(&pattern(text)) {
                let at = alternatives.len();
                let rest = if is_literal(part) { None } else { Some(parse(part)?) };
                let literals = rest.as_ref().map_or_else(|| Some(vec![part.as_bytes().to_vec()]), needed);
                if literals.is_none() {
                    always.push(at);
                }
                for literal in literals.into_iter().flatten() {
                    needs.entry(literal).or_default().push(at);
                }
                alternatives.push(Alternative { word, rest, compiled: OnceLock::new() });
            }
        }
        let mut led_by = vec![Vec::new(); words];
        for (at, row) in rows.iter().enumerate() {
            if let Some(led) = row.all.first().and_then(|word| led_by.get_mut(*word)) {
                led.push(at);
            }
        }
        let (literals, needed_by): (Vec<Vec<u8>>, Vec<Vec<usize>>) = needs.into_iter().unzip();
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        let literals = AhoCorasick::builder().kind(kind).build(literals).ok()?;
        Some(Self { literals, needed_by, always, alternatives, rows, led_by })
    }

    fn search<'a>(&'a self, compact: &'a str) -> Found<'a> {
        let text = compact.as_bytes();
        let mut seen = vec![false; self.needed_by.len()];
        let mut candidates: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut note = |at: &usize| {
            if let Some(alternative) = self.alternatives.get(*at) {
                candidates.entry(alternative.word).or_default().push(*at);
            }
        };
        self.always.iter().for_each(&mut note);
        for found in self.literals.find_overlapping_iter(text) {
            let literal = found.pattern().as_usize();
            if let Some(seen) = seen.get_mut(literal).filter(|seen| !**seen) {
                *seen = true;
                self.needed_by.get(literal).into_iter().flatten().for_each(&mut note);
            }
        }
        Found { matcher: self, text, candidates }
    }
}

impl Found<'_> {
    fn words(&self) -> impl Iterator<Item = usize> {
        self.candidates.keys().copied()
    }

    fn fits(&self, row: &Row) -> bool {
        // Cheap first: most rows have a word of which nothing was seen.
        row.all.iter().all(|word| self.candidates.contains_key(word))
            && row.all.iter().all(|word| self.has(*word))
            && !row.none.iter().any(|word| self.has(*word))
    }

    fn has(&self, word: usize) -> bool {
        let alternatives = self.candidates.get(&word).into_iter().flatten();
        alternatives.filter_map(|at| self.matcher.alternatives.get(*at)).any(|alternative| alternative.is_in(self.text))
    }
}

impl Alternative {
    /// Whether it stands in a text that has its literal.
    fn is_in(&self, text: &[u8]) -> bool {
        let Some(rest) = &self.rest else { return true };
        let compile = || RegexBuilder::new(&rest.to_string()).unicode(false).build().ok();
        self.compiled.get_or_init(compile).as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// The alternatives of a pattern: what stands between its bars, but for those within brackets.
fn parts(pattern: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut is_class, mut is_escaped) = (0, 0, false, false);
    for (at, char) in pattern.char_indices() {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            ']' => is_class = false,
            _ if is_class => {}
            '[' => is_class = true,
            '(' => depth += 1,
            ')' => depth -= 1,
            '|' if depth == 0 => {
                parts.extend(pattern.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(pattern.get(start..));
    parts
}

/// Most are: they need not be parsed.
fn is_literal(part: &str) -> bool {
    !part.contains(['\\', '.', '+', '*', '?', '(', ')', '[', ']', '{', '}', '^', '$'])
}

fn parse(part: &str) -> Option<Hir> {
    ParserBuilder::new().unicode(false).utf8(false).build().parse(part).ok()
}

/// Literals of which a match has one; none if it can do without. Of several such lists the one whose shortest literal
/// is longest: it is seen least.
fn needed(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(vec![literal.0.to_vec()]),
        HirKind::Capture(capture) => needed(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => needed(&repetition.sub),
        HirKind::Alternation(parts) => {
            parts.iter().map(needed).collect::<Option<Vec<_>>>().map(|lists| lists.into_iter().flatten().collect())
        }
        HirKind::Concat(parts) => {
            parts.iter().filter_map(needed).max_by_key(|literals| literals.iter().map(Vec::len).min())
        }
        _ => None,
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
