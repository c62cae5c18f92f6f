//! One line without its timestamp, colours, invisible characters and box drawing.

/// Returns the line as a person sees it, without the prefix of the runner or of `gh run view --log`.
pub(crate) fn readable(raw: &str) -> String {
    let visible = visible(raw);
    let text = without_prefix(&visible);
    text.trim_end().to_owned()
}

/// Returns the text as the rules see it: lower case, no white space, one kind of quote, no escapes.
///
/// White space goes because a terminal may wrap anywhere, even within a word.
pub(crate) fn compact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '`' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => out.push('\''),
            '\\' => {
                chars.next_if(|next| matches!(next, 'n' | 'r' | 't'));
            }
            c if c.is_whitespace() || is_box(c) => {}
            c => out.push(c.to_ascii_lowercase()),
        }
    }
    out
}

/// Whether terraform draws its boxes with this character.
pub(crate) fn is_box(c: char) -> bool {
    matches!(c, '\u{2500}'..='\u{257f}')
}

fn visible(raw: &str) -> String {
    // Most lines are plain.
    if raw.bytes().all(|byte| (byte == b'\t' || (b' '..=b'~').contains(&byte)) && byte != b'[') {
        return raw.to_owned();
    }
    let plain = actions_log::without_ansi(raw);
    let mut out = String::with_capacity(plain.len());
    let mut rest: &str = &plain;
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            '[' => after_bare_colour(tail).unwrap_or_else(|| {
                out.push(c);
                tail
            }),
            '\t' | '\u{a0}' => {
                out.push(if c == '\t' { '\t' } else { ' ' });
                tail
            }
            c if c.is_control() || actions_log::is_invisible(c) => tail,
            c => {
                out.push(c);
                tail
            }
        };
    }
    out
}

/// A colour whose escape character was lost on the way: `[31m`, `[0m`.
fn after_bare_colour(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    if end == 0 || end > 8 {
        return None;
    }
    text.get(end..)?.strip_prefix('m')
}

/// Cuts `job<TAB>step<TAB>` and `2026-08-21T10:00:00.1234567Z `.
fn without_prefix(text: &str) -> &str {
    let columns = text.match_indices('\t').take(3).filter_map(|(tab, _)| text.get(tab + 1..));
    let starts = std::iter::once(text).chain(columns);
    let stamped = { starts }.find_map(|start| {
        let (stamp, rest) = actions_log::split(start);
        stamp.map(|_| rest)
    });
    stamped.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_loses_prefix_colour_and_hidden_characters() {
        let raw =
            "\u{feff}2026-08-21T10:00:00.1234567Z \u{1b}[31m│\u{1b}[0m \u{1b}[1mErr\u{200b}\u{fe01}or: \u{202e}x[0m\r";
        assert_eq!(readable(raw), "│ Error: x");
        assert_eq!(readable("plan\tRun atmos\t2026-08-21T10:00:00Z Error: a\tb"), "Error: a\tb");
        assert_eq!(readable("list [1] and [12] stay"), "list [1] and [12] stay");
        assert_eq!(readable("\u{1b}]8;;https://x\u{7}link\u{1b}]8;;\u{1b}\\ end"), "link end");
    }

    #[test]
    fn compact_text_does_not_know_wrapping_or_case() {
        assert_eq!(compact("│ Error: \"Access\n│ Denied\" \\n  x"), "error:'accessdenied'x");
    }
}
