//! One line: its timestamp, its text, and the text without colours.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

/// The text without the byte order mark with which GitHub starts a log.
pub fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Splits a raw line into the runner's timestamp, if it has one, and the text after it.
///
/// A timestamp that the text itself begins with stays in the text.
pub fn split(raw: &str) -> (Option<&str>, &str) {
    let raw = without_bom(raw);
    match stamp_len(raw).and_then(|length| raw.split_at_checked(length)) {
        Some((stamp, text)) => (Some(stamp), text.strip_prefix(' ').unwrap_or(text)),
        None => (None, raw),
    }
}

/// The text of a raw line as a terminal would show it: without timestamp, ANSI sequences and carriage returns
/// at its end. Other control characters stay.
pub fn plain(raw: &str) -> Cow<'_, str> {
    without_ansi(split(raw).1.trim_end_matches('\r'))
}

/// The text without ANSI sequences: colours, links, titles. One that does not end, ends with its line.
pub fn without_ansi(text: &str) -> Cow<'_, str> {
    if !text.contains(['\u{1b}', '\u{9b}']) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_control_sequence(&mut chars),
            char => plain.push(char),
        }
    }
    Cow::Owned(plain)
}

/// How long the timestamp at the start is.
fn stamp_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let shape = b"0000-00-00T00:00:00";
    let head = bytes.get(..shape.len())?;
    let fits = head.iter().zip(shape).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s });
    if !fits {
        return None;
    }
    let rest = bytes.get(shape.len()..)?;
    let fraction = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    (rest.get(fraction) == Some(&b'Z')).then_some(shape.len() + fraction + 1)
}

/// What follows ESC (ECMA-48): a control sequence, a string up to BEL or ST, or one character.
fn skip_escape(chars: &mut Peekable<Chars<'_>>) {
    match chars.next_if(|char| *char != '\n') {
        Some('[') => skip_control_sequence(chars),
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(chars),
        // Character-set selections have one more character.
        Some('(' | ')' | '*' | '+') => drop(chars.next_if(|char| *char != '\n')),
        _ => {}
    }
}

/// Parameters, then one final character.
fn skip_control_sequence(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|char| (' '..='?').contains(char)).is_some() {}
    chars.next_if(|char| ('@'..='~').contains(char));
}

fn skip_string(chars: &mut Peekable<Chars<'_>>) {
    while let Some(char) = chars.next_if(|char| *char != '\n') {
        match char {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                chars.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_a_time_and_a_text() {
        let time = "2026-08-21T10:00:00.1234567Z";
        for (raw, stamp, text) in [
            ("2026-08-21T10:00:00.1234567Z text", Some(time), "text"),
            ("\u{feff}2026-08-21T10:00:00.1234567Z text", Some(time), "text"),
            ("2026-08-21T10:00:00.1234567Z   indented", Some(time), "  indented"),
            ("2026-08-21T10:00:00.1234567Z ", Some(time), ""),
            ("2026-08-21T10:00:00.1234567Z", Some(time), ""),
            ("2026-08-21T10:00:00.1234567Z 2021-01-01T00:00:00Z own", Some(time), "2021-01-01T00:00:00Z own"),
            ("a line of a message of several", None, "a line of a message of several"),
            ("2026-08-21 10:00:00 not the runner's", None, "2026-08-21 10:00:00 not the runner's"),
            ("", None, ""),
        ] {
            assert_eq!(split(raw), (stamp, text), "{raw:?}");
        }
    }

    #[test]
    fn a_plain_line_has_no_colours() {
        for (raw, expected) in [
            ("2026-08-21T10:00:00.1234567Z \u{1b}[31m│\u{1b}[0m \u{1b}[1mError: \u{1b}[0mno\r", "│ Error: no"),
            ("\u{1b}[36;1matmos terraform plan vpc\u{1b}[0m", "atmos terraform plan vpc"),
            ("\u{1b}]8;;https://example.com\u{1b}\\link\u{1b}]8;;\u{7}!", "link!"),
            ("\u{9b}2Jcleared \u{1b}(Bdone", "cleared done"),
            ("\u{1b}[38;5;1mgröße", "größe"),
            ("ends with \u{1b}[", "ends with "),
            ("no colours [31m here", "no colours [31m here"),
        ] {
            assert_eq!(plain(raw), expected, "{raw:?}");
        }
        assert_eq!(without_ansi("\u{1b}]0;no end\nnext"), "\nnext");
    }

    proptest! {
        #[test]
        fn no_escape_survives(text in "[a-z\\[\\]\u{1b}\u{9b};0-9\n é]{0,60}") {
            let plain = without_ansi(&text);
            prop_assert!(!plain.contains(['\u{1b}', '\u{9b}']), "{plain:?}");
            prop_assert!(plain.lines().count() <= text.lines().count());
        }

        #[test]
        fn a_line_is_put_together_from_its_parts(text in "\\PC{0,40}") {
            let raw = format!("2026-08-21T10:00:00.0000000Z {text}");
            prop_assert_eq!(split(&raw), (Some("2026-08-21T10:00:00.0000000Z"), text.as_str()));
        }
    }
}
