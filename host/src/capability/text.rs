//! Text from outside, made safe to show: titles, commit messages, markdown, log lines.

use actions_log::is_invisible;

/// Takes out what a terminal or an agent would obey but a reader would not see: ANSI sequences, control
/// characters but tab and line feed, and what [`is_invisible`] has.
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
            ("a\u{fe01}\u{e0150}b\u{34f}\u{2028}c\u{3164}\u{180b}d\u{1d173}\u{2065}❤\u{fe0f}", "abcd❤"),
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
