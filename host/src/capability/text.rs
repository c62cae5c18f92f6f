//! Text from outside, made safe to show: titles, commit messages, markdown, log lines.

/// Takes out what a terminal or an agent would obey but a reader would not see: ANSI sequences, control
/// characters but tab and line feed, zero-width and bidirectional controls, and the tag characters with which
/// text is hidden from people.
///
/// Security: whoever can name a branch or write to a log can speak to the agent; they shall not do so unseen.
pub(super) fn clean(text: &str) -> String {
    let shows = |char: &char| matches!(char, '\t' | '\n') || !(char.is_control() || is_invisible(*char));
    actions_log::without_ansi(text).chars().filter(shows).collect()
}

/// [`clean`] on one line: line feeds and tabs become spaces.
pub(super) fn clean_line(text: &str) -> String {
    clean(text).replace(['\n', '\t'], " ")
}

/// Zero-width, bidirectional, and tag characters.
const fn is_invisible(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_reader_would_not_see_is_taken_out() {
        for (dirty, expected) in [
            ("\u{1b}[31;1mError:\u{1b}[0m no", "Error: no"),
            ("\u{1b}]8;;https://evil.example\u{1b}\\link\u{1b}]8;;\u{7}", "link"),
            ("a\u{200b}b\u{202e}c\u{e0041}d\u{feff}", "abcd"),
            ("tab\tand\r\nline\u{0}", "tab\tand\nline"),
            ("\u{9b}2Jx\u{1b}(By", "xy"),
            ("\u{1b}]never ends\nnext", "\nnext"),
            ("größer 日本 🙂", "größer 日本 🙂"),
        ] {
            assert_eq!(clean(dirty), expected, "{dirty:?}");
        }
        assert_eq!(clean_line("a\nb\tc"), "a b c");
    }

    proptest! {
        #[test]
        fn clean_text_stays_as_it_is(text in "\\PC{0,80}") {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once.clone());
            prop_assert!(!once.chars().any(is_invisible));
        }
    }
}
