//! Characters that a reader does not see.

/// Whether a character does not show, turns text around, or breaks a line without being a line feed: Unicode's
/// `Default_Ignorable_Code_Point`, line and paragraph separators, bidirectional controls and annotations.
///
/// Variation selectors and tag characters are among them: each can carry a byte, so that a whole text hides behind
/// one letter. An emoji loses its selector, which changes its colour at most. Control characters are not: what is
/// done with tabs and line feeds is the caller's affair.
pub const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ends of `Default_Ignorable_Code_Point` (Unicode 16), and what comes with it here.
    const INVISIBLE: [(u32, u32); 19] = [
        (0xad, 0xad),
        (0x34f, 0x34f),
        (0x61c, 0x61c),
        (0x115f, 0x1160),
        (0x17b4, 0x17b5),
        (0x180b, 0x180f),
        (0x200b, 0x200f),
        (0x2028, 0x2029),
        (0x202a, 0x202e),
        (0x2060, 0x206f),
        (0x3164, 0x3164),
        (0xfe00, 0xfe0f),
        (0xfeff, 0xfeff),
        (0xffa0, 0xffa0),
        (0xfff0, 0xfff8),
        (0xfff9, 0xfffb),
        (0x1_bca0, 0x1_bca3),
        (0x1_d173, 0x1_d17a),
        (0xe_0000, 0xe_0fff),
    ];

    #[test]
    fn all_that_unicode_lets_a_font_ignore_is_invisible() {
        let shown: Vec<String> = ('\0'..=char::MAX)
            .filter(|c| {
                let code = u32::from(*c);
                is_invisible(*c) != INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&code))
            })
            .map(|c| c.escape_unicode().to_string())
            .collect();
        assert!(shown.is_empty(), "{shown:?}");
    }

    #[test]
    fn letters_signs_spaces_and_controls_are_not() {
        for c in "aß日🙂 \t\n\u{a0}\u{300}\u{fffd}\u{1b}".chars() {
            assert!(!is_invisible(c), "{c:?}");
        }
    }
}
