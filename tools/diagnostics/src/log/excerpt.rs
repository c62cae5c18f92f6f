//! Cutting a long log to the pieces that matter.

/// How errors begin; what is around them is kept first.
const STRONG: [&str; 7] = ["rror:", "RROR:", "[error", "atal:", "ATAL:", "anic:", "ERRO"];
/// Words that errors have, and much else.
const WEAK: [&str; 6] = ["rror", "denied", "illed", "ailed", "annot", "not found"];
/// Where steps begin and end, and what the plan found.
const STRUCTURE: [&str; 5] = ["##[group]Run ", "##[endgroup]", "Plan:", "No changes.", "Changes to Outputs"];
const BEFORE: usize = 3;
const AFTER: usize = 24;
const LONGEST_LINE: usize = 4096;

/// Returns at most about `budget` bytes of a log: its end, and before that what stands around its errors.
///
/// One pass over the lines. The capability calls it where the log is; the classifier cuts again, so that a
/// caller that does not cannot make it slow.
pub fn excerpt(text: &str, budget: usize) -> String {
    let mut kept = String::with_capacity(budget.min(text.len()));
    for (_, line) in pieces(text, budget) {
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// Returns the lines that [`excerpt`] keeps, each with its number in the text, counted from 1.
pub(crate) fn pieces(text: &str, budget: usize) -> Vec<(usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut keep = vec![text.len() <= budget; lines.len()];
    if text.len() > budget {
        keep_end(&lines, &mut keep, budget / 2);
        keep_around(&lines, &mut keep, budget / 4, &STRONG);
        keep_around(&lines, &mut keep, budget / 4, &WEAK);
        keep_structure(&lines, &mut keep, budget / 16);
    }
    let numbered = lines.iter().zip(&keep).enumerate().filter(|(_, (_, keep))| **keep);
    numbered.map(|(at, (line, _))| (at + 1, cut(line))).collect()
}

fn keep_end(lines: &[&str], keep: &mut [bool], budget: usize) {
    let mut used = 0;
    for (line, flag) in lines.iter().zip(keep).rev() {
        used += cut(line).len() + 1;
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
        let start = at.saturating_sub(BEFORE);
        for (line, flag) in
            lines.iter().zip(keep.iter_mut()).skip(start).take(BEFORE + 1 + AFTER).filter(|(_, flag)| !**flag)
        {
            used += cut(line).len() + 1;
            *flag = true;
        }
        if used > budget {
            return;
        }
    }
}

/// Where steps begin says which errors belong to the one that failed; the plan's result is asked for as well.
fn keep_structure(lines: &[&str], keep: &mut [bool], budget: usize) {
    let mut used = 0;
    for (line, flag) in lines.iter().zip(keep).filter(|(line, _)| STRUCTURE.iter().any(|mark| line.contains(mark))) {
        used += cut(line).len() + 1;
        if used > budget {
            return;
        }
        *flag = true;
    }
}

/// Some tools print a whole document on one line.
fn cut(line: &str) -> &str {
    let end = (0..=LONGEST_LINE.min(line.len())).rev().find(|at| line.is_char_boundary(*at));
    end.and_then(|end| line.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_far_above_the_end_is_kept_with_its_number() {
        let noise = "2026-01-01T00:00:00Z nothing failed to be denied here\n".repeat(20_000);
        let log = format!("{noise}Error: the cause\n{noise}##[error]Process completed with exit code 1.\n");
        let kept = excerpt(&log, 64 * 1024);
        assert!(kept.len() < 72 * 1024, "{}", kept.len());
        assert!(kept.contains("Error: the cause") && kept.ends_with("exit code 1.\n"));
        assert!(pieces(&log, 64 * 1024).contains(&(20_001, "Error: the cause")));
    }

    #[test]
    fn cutting_respects_characters_and_long_lines() {
        let log = "é".repeat(100_000);
        assert!(excerpt(&log, 100).len() <= LONGEST_LINE + 1);
    }
}
