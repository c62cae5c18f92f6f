//! Cutting a long log to the pieces that matter.

use crate::line::{split, without_ansi};
use crate::{LONGEST_LINE, start_of};

/// How errors begin; what is around them is kept first.
const STRONG: [&str; 7] = ["rror:", "RROR:", "[error", "atal:", "ATAL:", "anic:", "ERRO"];
/// Words that errors have, and much else.
const WEAK: [&str; 6] = ["rror", "denied", "illed", "ailed", "annot", "not found"];
/// Where steps begin and end, and what the plan found.
const STRUCTURE: [&str; 5] = ["##[group]Run ", "##[endgroup]", "Plan:", "No changes.", "Changes to Outputs"];
const BEFORE: usize = 3;
const AFTER: usize = 24;

/// Lines that stand together in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Number of the first line, counted from 1.
    pub first_line: usize,
    /// The lines without timestamps and ANSI sequences, joined by line feeds.
    pub text: String,
}

/// At most `budget` bytes of a log: its end, and before that what stands around its errors, line by line as it
/// is. Lines of more than 4,096 bytes are cut there.
///
/// One pass over the lines for each kind of mark. Whoever has the log calls it; the classifier cuts again, so
/// that a caller that does not cannot make it slow.
pub fn excerpt(text: &str, budget: usize) -> String {
    let mut kept = String::with_capacity(budget.min(text.len()));
    for (_, line) in pieces(text, budget) {
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// The lines that [`excerpt`] keeps, each with its number in the text, counted from 1.
pub fn pieces(text: &str, budget: usize) -> Vec<(usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    kept(&lines, budget)
}

/// What [`excerpt`] keeps of these lines, lines that stand together in one piece. Timestamps do not count.
pub fn blocks(lines: &[&str], budget: usize) -> Vec<Piece> {
    let texts: Vec<&str> = lines.iter().map(|line| split(line).1).collect();
    let mut blocks: Vec<Piece> = Vec::new();
    let mut next = 0;
    for (number, line) in kept(&texts, budget) {
        // The timestamp is gone, so that one in the text itself is not taken for it.
        let line = without_ansi(line.trim_end_matches('\r'));
        match blocks.last_mut() {
            Some(piece) if number == next => {
                piece.text.push('\n');
                piece.text.push_str(&line);
            }
            _ => blocks.push(Piece { first_line: number, text: line.into_owned() }),
        }
        next = number + 1;
    }
    blocks
}

fn kept<'a>(lines: &[&'a str], budget: usize) -> Vec<(usize, &'a str)> {
    let fits = lines.iter().map(|line| cost(line)).sum::<usize>() <= budget;
    let mut keep = vec![fits; lines.len()];
    if !fits {
        let share = budget / 16;
        keep_end(lines, &mut keep, share * 7);
        keep_around(lines, &mut keep, share * 4, &STRONG);
        keep_around(lines, &mut keep, share * 4, &WEAK);
        keep_structure(lines, &mut keep, share);
    }
    let numbered = lines.iter().zip(&keep).enumerate().filter(|(_, (_, keep))| **keep);
    numbered.map(|(at, (line, _))| (at + 1, start_of(line, LONGEST_LINE))).collect()
}

/// Bytes of a line with its line feed.
fn cost(line: &str) -> usize {
    line.len().min(LONGEST_LINE) + 1
}

fn keep_end(lines: &[&str], keep: &mut [bool], budget: usize) {
    let mut used = 0;
    for (line, flag) in lines.iter().zip(keep).rev() {
        used += cost(line);
        if used > budget {
            return;
        }
        *flag = true;
    }
}

/// What fails first is the cause more often: when there are too many, the later ones go.
fn keep_around(lines: &[&str], keep: &mut [bool], budget: usize, marks: &[&str]) {
    let mut used = 0;
    for (at, line) in lines.iter().enumerate() {
        if !marks.iter().any(|mark| line.contains(mark)) {
            continue;
        }
        let around = at.saturating_sub(BEFORE)..(at + 1 + AFTER).min(lines.len());
        let flags = keep.get_mut(around.clone()).unwrap_or_default();
        let wanted = lines.get(around).unwrap_or_default().iter().zip(flags).filter(|(_, flag)| !**flag);
        for (line, flag) in wanted {
            used += cost(line);
            if used > budget {
                return;
            }
            *flag = true;
        }
    }
}

/// Where steps begin says which errors belong to the one that failed; the plan's result is asked for as well.
fn keep_structure(lines: &[&str], keep: &mut [bool], budget: usize) {
    let mut used = 0;
    for (line, flag) in lines.iter().zip(keep).filter(|(line, _)| STRUCTURE.iter().any(|mark| line.contains(mark))) {
        used += cost(line);
        if used > budget {
            return;
        }
        *flag = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::plain;
    use proptest::prelude::*;

    #[test]
    fn an_error_far_above_the_end_is_kept_with_its_number() {
        let noise = "2026-01-01T00:00:00Z nothing failed to be denied here\n".repeat(20_000);
        let log = format!("{noise}Error: the cause\n{noise}##[error]Process completed with exit code 1.\n");
        let kept = excerpt(&log, 64 * 1024);
        assert!(kept.len() <= 64 * 1024, "{}", kept.len());
        assert!(kept.contains("Error: the cause") && kept.ends_with("exit code 1.\n"));
        assert!(pieces(&log, 64 * 1024).contains(&(20_001, "Error: the cause")));
    }

    #[test]
    fn cutting_respects_characters_and_long_lines() {
        let line = "é".repeat(100_000);
        assert_eq!(excerpt(&line, 100), "");
        assert_eq!(excerpt(&line, 64 * 1024), format!("{}\n", "é".repeat(LONGEST_LINE / 2)));
    }

    #[test]
    fn blocks_are_plain_and_know_where_they_stand() {
        let mut lines = vec!["2026-08-21T10:00:00.1234567Z noise"; 200];
        lines[50] = "2026-08-21T10:00:00.1234567Z \u{1b}[31mError: \u{1b}[0mthe cause\r";
        lines[199] = "2026-08-21T10:00:00.1234567Z ##[error]Process completed with exit code 1.";
        let blocks = blocks(&lines, 800);
        let [cause, end] = blocks.as_slice() else { panic!("{blocks:?}") };
        assert_eq!((cause.first_line, cause.text.lines().nth(3)), (48, Some("Error: the cause")));
        assert!(end.text.ends_with("noise\n##[error]Process completed with exit code 1."), "{end:?}");
        assert_eq!(end.first_line + end.text.lines().count(), 201);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_verbatim_numbered_and_within_the_budget(
            lines in proptest::collection::vec("(Error: )?[a-z\u{1b}\\[é ]{0,20}|##\\[error\\]x|failed", 0..60),
            budget in 0_usize..2_000,
        ) {
            let text = lines.join("\n");
            let kept = pieces(&text, budget);
            let all: Vec<&str> = text.lines().collect();
            prop_assert!(kept.iter().all(|(number, line)| all.get(number - 1) == Some(line)));
            prop_assert!(kept.iter().is_sorted_by_key(|(number, _)| *number));
            prop_assert!(excerpt(&text, budget).len() <= budget);
            let blocks = blocks(&all, budget);
            prop_assert!(blocks.iter().map(|piece| piece.text.len()).sum::<usize>() <= budget);
            let numbers = blocks.iter().flat_map(|piece| {
                piece.text.split('\n').enumerate().map(|(at, line)| (piece.first_line + at, line.to_owned()))
            });
            let expected = kept.iter().map(|(number, line)| (*number, plain(line).into_owned()));
            prop_assert_eq!(numbers.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,200}", budget in 0_usize..100) {
            prop_assert!(excerpt(&text, budget).len() <= budget);
        }
    }
}
