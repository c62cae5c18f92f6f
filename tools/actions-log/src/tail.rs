//! The end of a log.

use crate::line::plain;
use crate::{LONGEST_LINE, start_of};

/// The last lines of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// Position of the first line that is there; the number of lines if none is.
    pub first: usize,
    /// The lines without timestamps and ANSI sequences, joined by line feeds.
    pub text: String,
    /// Whether a line is missing or was cut.
    pub truncated: bool,
}

/// The last lines, at most `most` of them and `budget` bytes of plain text. A line of more than 4,096 bytes keeps
/// its start; so does the very last line if the budget is too small for it.
///
/// `clean` takes out of a plain line what the caller does not show either: it does not count.
pub fn tail(lines: &[&str], most: usize, budget: usize, clean: impl Fn(&str) -> String) -> Tail {
    let mut kept: Vec<String> = Vec::new();
    let mut truncated = lines.len() > most;
    let mut left = budget;
    for raw in lines.iter().rev().take(most) {
        let line = clean(&plain(raw));
        let mut shown = start_of(&line, LONGEST_LINE);
        // Each line but the last has a line feed after it.
        let feed = usize::from(!kept.is_empty());
        if shown.len() + feed > left {
            truncated = true;
            if !kept.is_empty() {
                break;
            }
            shown = start_of(&line, left);
        }
        truncated |= shown.len() < line.len();
        left -= shown.len() + feed;
        kept.push(shown.to_owned());
    }
    let first = lines.len() - kept.len();
    kept.reverse();
    Tail { first, text: kept.join("\n"), truncated }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LOG: [&str; 4] = [
        "\u{feff}2026-08-21T10:00:00.0000000Z one",
        "2026-08-21T10:00:00.0000000Z \u{1b}[31mtwo\u{1b}[0m",
        "2026-08-21T10:00:00.0000000Z",
        "2026-08-21T10:00:00.0000000Z four",
    ];

    fn end(most: usize, budget: usize) -> (usize, String, bool) {
        let Tail { first, text, truncated } = tail(&LOG, most, budget, str::to_owned);
        (first, text, truncated)
    }

    #[test]
    fn the_end_is_plain_and_says_whether_it_is_all() {
        assert_eq!(end(10, 100), (0, "one\ntwo\n\nfour".to_owned(), false));
        assert_eq!(end(2, 100), (2, "\nfour".to_owned(), true));
        assert_eq!(end(10, 9), (1, "two\n\nfour".to_owned(), true));
        assert_eq!(end(10, 8), (2, "\nfour".to_owned(), true));
        assert_eq!(end(10, 2), (3, "fo".to_owned(), true));
        assert_eq!(tail(&[], 5, 5, str::to_owned), Tail { first: 0, text: String::new(), truncated: false });
    }

    #[test]
    fn a_long_line_keeps_its_start() {
        let line = "é".repeat(5_000);
        let cut = tail(&["before", &line], 10, 100_000, str::to_owned);
        assert_eq!((cut.first, cut.text.len(), cut.truncated), (0, "before\n".len() + LONGEST_LINE, true));
    }

    #[test]
    fn what_is_not_shown_does_not_count() {
        let lines = ["\u{1b}[31mo.n.e..\u{1b}[0m", "t.w.o...........", "three"];
        let end = tail(&lines, 10, 13, |line| line.replace('.', ""));
        assert_eq!((end.first, end.text.as_str(), end.truncated), (0, "one\ntwo\nthree", false));
    }

    proptest! {
        #[test]
        fn the_end_is_within_its_bounds(
            lines in proptest::collection::vec("[a-z\u{1b}\\[é ]{0,30}", 0..20),
            most in 0_usize..12,
            budget in 0_usize..120,
        ) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let end = tail(&lines, most, budget, str::to_owned);
            prop_assert!(end.text.len() <= budget);
            prop_assert!(lines.len() - end.first <= most);
            let all: Vec<_> = lines.iter().skip(end.first).map(|line| plain(line)).collect();
            let shown: Vec<&str> = if all.is_empty() { Vec::new() } else { end.text.split('\n').collect() };
            prop_assert_eq!(shown.len(), all.len());
            prop_assert!(all.iter().zip(&shown).all(|(line, shown)| line.starts_with(shown)));
            prop_assert!(end.truncated || (end.first == 0 && end.text == all.join("\n")));
        }
    }
}
