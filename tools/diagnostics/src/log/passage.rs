//! Passages: error blocks, and lines joined where the terminal broke them.

use super::{Kind, Line};

/// Lines that say one thing together.
#[derive(Debug, Clone)]
pub(crate) struct Passage {
    /// Positions in the list of lines.
    pub(crate) lines: Vec<usize>,
    pub(crate) weight: Weight,
}

/// How much a passage counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Beside the step that failed, or followed by a retry: not the cause.
    Aside,
    /// Output of the failed step.
    Output,
    /// An error message of the failed step.
    Error,
}

const LONGEST_BLOCK: usize = 40;
const LONGEST_JOIN: usize = 8;

/// Splits the lines into passages, in order.
pub(crate) fn passages(lines: &[Line]) -> Vec<Passage> {
    let inside = inside(lines);
    let mut passages = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let end = match line.kind {
            Kind::Error => error_end(lines, at),
            Kind::Warning => warning_end(lines, at),
            Kind::Plain => joined_end(lines, at),
            Kind::Blank | Kind::Noise | Kind::StepStart | Kind::Edge => at + 1,
        };
        if matches!(line.kind, Kind::Error | Kind::Plain) {
            passages.push(passage(lines, &inside, at, end));
        }
        at = end;
    }
    passages
}

fn passage(lines: &[Line], inside: &[bool], start: usize, end: usize) -> Passage {
    let is_error = lines.get(start).is_some_and(|line| line.kind == Kind::Error);
    let weight = match inside.get(start).copied().unwrap_or(true) && !is_retried(lines, end) {
        false => Weight::Aside,
        true if is_error => Weight::Error,
        true => Weight::Output,
    };
    let lines = (start..end).filter(|at| lines.get(*at).is_some_and(|line| !line.text.trim().is_empty())).collect();
    Passage { lines, weight }
}

/// Whether the next lines say that the step went on trying.
fn is_retried(lines: &[Line], end: usize) -> bool {
    let next = lines.iter().skip(end).filter(|line| line.kind != Kind::Blank && !line.text.is_empty()).take(1);
    let mut texts = next.filter(|line| line.kind == Kind::Noise).map(|line| line.text.to_ascii_lowercase());
    texts.any(|text| text.contains("retry") || text.contains("attempt "))
}

/// Which lines belong to a step that failed: everything, unless the runner marked an error.
fn inside(lines: &[Line]) -> Vec<bool> {
    if !lines.iter().any(|line| line.marked) {
        return vec![true; lines.len()];
    }
    let mut inside = vec![false; lines.len()];
    let mut start = 0;
    for at in 0..=lines.len() {
        if at != lines.len() && lines.get(at).is_none_or(|line| line.kind != Kind::StepStart) {
            continue;
        }
        let step = lines.get(start..at).unwrap_or_default();
        if let Some(last) = step.iter().rposition(|line| line.marked) {
            let exits = step.get(last).is_some_and(|line| line.text.contains("exit code"));
            let end = if exits { start + last + 1 } else { at };
            inside.iter_mut().take(end).skip(start).for_each(|flag| *flag = true);
        }
        start = at;
    }
    inside
}

fn error_end(lines: &[Line], start: usize) -> usize {
    let Some(head) = lines.get(start) else { return start + 1 };
    if head.boxed {
        return boxed_end(lines, start);
    }
    let mut end = start + 1;
    let mut blanks = 0;
    while let Some(line) = lines.get(end).filter(|_| end - start < LONGEST_BLOCK) {
        let goes_on = match line.kind {
            Kind::Plain if blanks == 0 => !head.marked || continues(lines, end - 1),
            Kind::Plain => !head.marked && (blanks < 2 || is_lock(line)),
            Kind::Blank => !head.marked && blanks < 3,
            Kind::Error | Kind::Warning | Kind::Noise | Kind::StepStart | Kind::Edge => false,
        };
        if !goes_on {
            break;
        }
        blanks = if line.kind == Kind::Blank { blanks + 1 } else { 0 };
        end += 1;
    }
    end
}

fn is_lock(line: &Line) -> bool {
    line.text.trim_start().to_ascii_lowercase().starts_with("lock info")
}

fn boxed_end(lines: &[Line], start: usize) -> usize {
    let mut end = start + 1;
    // Within a complete box, "Error:" is part of the message.
    let complete = start.checked_sub(1).and_then(|at| lines.get(at)).is_some_and(|line| line.corner);
    while let Some(line) = lines.get(end).filter(|_| end - start < LONGEST_BLOCK) {
        let starts_another = line.corner || (!complete && matches!(line.kind, Kind::Error | Kind::Warning));
        let broken = line.kind == Kind::Plain && continues(lines, end - 1);
        if starts_another || !(line.boxed || broken) {
            break;
        }
        end += 1;
    }
    end
}

/// A warning takes its box, or the paragraphs that terraform indents below it, and nothing else.
fn warning_end(lines: &[Line], start: usize) -> usize {
    if lines.get(start).is_some_and(|line| line.boxed) {
        return boxed_end(lines, start);
    }
    let indented = |at: usize| {
        let text = lines.get(at).map_or("", |line| line.text.as_str());
        text.starts_with("  on ") || text.starts_with("  with ")
    };
    let plain = |at: usize| lines.get(at).is_some_and(|line| line.kind == Kind::Plain);
    let blank = |at: usize| lines.get(at).is_some_and(|line| line.kind == Kind::Blank);
    if !(blank(start + 1) && indented(start + 2)) {
        return joined_end(lines, start);
    }
    let end_of = |from: usize| (from..=lines.len()).find(|at| !plain(*at)).unwrap_or(from);
    let place_end = end_of(start + 2);
    if !blank(place_end) {
        return place_end;
    }
    end_of(place_end + 1)
}

fn joined_end(lines: &[Line], start: usize) -> usize {
    let mut end = start + 1;
    while end - start < LONGEST_JOIN && lines.get(end).is_some_and(|line| line.kind == Kind::Plain) {
        if !continues(lines, end - 1) {
            break;
        }
        end += 1;
    }
    end
}

/// Whether the next line goes on with the same sentence: an indented line, one after a colon, or a break
/// where the next word would not have fitted into 80 columns.
fn continues(lines: &[Line], at: usize) -> bool {
    let (Some(line), Some(next)) = (lines.get(at), lines.get(at + 1)) else { return false };
    let length = line.text.chars().count();
    let first_word = next.text.split_whitespace().next().map_or(0, |word| word.chars().count());
    let broken = length <= 82 && length + 1 + first_word >= 78;
    let below = next.text.starts_with("  ") || next.text.starts_with('\t');
    broken || below || line.text.ends_with(':')
}
