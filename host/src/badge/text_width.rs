//! How wide a text is in Verdana, which badges ask for. Where the reader has another font, the picture says how wide
//! the text shall be (`textLength`), so that it fits its half in any case.

/// Widths of the characters from space to `~`, in thousandths of the font size.
const ASCII: [u32; 95] = [
    352, 394, 459, 818, 636, 1076, 727, 269, 454, 454, 636, 818, 364, 454, 364, 454, // space to /
    636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 454, 454, 818, 818, 818, 545, // 0 to ?
    1000, 684, 686, 698, 771, 632, 575, 775, 751, 421, 455, 693, 557, 843, 748, 787, // @ to O
    603, 787, 695, 684, 616, 732, 684, 989, 685, 615, 685, 454, 454, 454, 818, 636, // P to _
    636, 601, 623, 521, 623, 596, 352, 623, 633, 274, 344, 592, 274, 973, 633, 607, // ` to o
    623, 623, 427, 521, 394, 633, 592, 818, 592, 592, 525, 635, 454, 635, 818, // p to ~
];

/// A letter of another alphabet.
const LETTER: u32 = 700;

/// A character that fills its square: from Hangul Jamo on, most do.
const SQUARE: u32 = 1000;
const FIRST_SQUARE: char = '\u{1100}';

/// Pixels that a text takes at a font size, rounded up.
pub(super) fn text_width(text: &str, font_size: u32) -> u32 {
    let thousandths: u32 = text.chars().map(char_width).sum();
    (thousandths * font_size).div_ceil(1_000)
}

fn char_width(char: char) -> u32 {
    let ascii = u32::from(char).checked_sub(u32::from(' ')).and_then(|index| usize::try_from(index).ok());
    let fallback = if char < FIRST_SQUARE { LETTER } else { SQUARE };
    ascii.and_then(|index| ASCII.get(index)).copied().unwrap_or(fallback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_add_up() {
        assert_eq!(text_width("", 11), 0);
        assert_eq!(text_width("~", 1_000), 818);
        assert_eq!(text_width("Az", 1_000), 684 + 525);
        assert_eq!(text_width("ü日", 1_000), 700 + 1_000);
        // 4 × 0.623 × 11 = 27.4
        assert_eq!(text_width("bdpq", 11), 28);
    }
}
