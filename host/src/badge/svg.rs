//! The picture.
//!
//! It loads nothing and runs nothing; the one animation stops for readers who ask for less motion. Screen readers get
//! one sentence.

use std::fmt::Write as _;

use super::kind::Style;
use super::message::Message;
use super::text_width::text_width;

/// Colour of the left half.
const LABEL_COLOUR: &str = "#3d444d";

/// Pixels that the dot of a running detection takes in the right half.
const DOT: u32 = 10;

const PULSE: &str = "<style>.p{animation:p 1.6s ease-in-out infinite}@keyframes p{50%{opacity:.2}}\
     @media (prefers-reduced-motion:reduce){.p{animation:none}}</style>\n";

/// Pixels of a style.
struct Layout {
    height: u32,
    font_size: u32,
    /// Left and right of each text.
    padding: u32,
    /// Of the corners.
    radius: u32,
    baseline: u32,
    /// Between letters.
    spacing: u32,
}

const FLAT: Layout = Layout { height: 20, font_size: 11, padding: 6, radius: 3, baseline: 14, spacing: 0 };
const FLAT_SQUARE: Layout = Layout { radius: 0, ..FLAT };
const FOR_THE_BADGE: Layout = Layout { height: 28, font_size: 10, padding: 9, radius: 4, baseline: 18, spacing: 1 };

impl Layout {
    fn width(&self, text: &str) -> u32 {
        let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        text_width(text, self.font_size).saturating_add(letters.saturating_mul(self.spacing))
    }
}

/// Draws a badge. Both texts may hold anything.
pub(crate) fn render(label: &str, message: &Message, style: Style) -> String {
    let sentence = sentence(label, message);
    let (layout, label, text) = match style {
        Style::Flat => (FLAT, label.to_owned(), message.text.to_string()),
        Style::FlatSquare => (FLAT_SQUARE, label.to_owned(), message.text.to_string()),
        Style::ForTheBadge => (FOR_THE_BADGE, label.to_uppercase(), message.text.to_uppercase()),
    };
    let Layout { height, font_size, padding, radius, baseline, .. } = layout;
    let (label_width, text_width) = (layout.width(&label), layout.width(&text));
    let dot = if message.is_detecting { DOT } else { 0 };
    let left = label_width + 2 * padding;
    let right = text_width + dot + 2 * padding;
    let width = left + right;
    let text_x = left + padding + dot;
    let (label, text, colour) = (escape(&label), escape(&text), message.colour.hex());

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"{sentence}\">\n<title>{sentence}</title>\n"
    );
    if message.is_detecting {
        svg.push_str(PULSE);
    }
    // Writing to a text cannot fail.
    writeln!(
        svg,
        "<clipPath id=\"c\"><rect width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/></clipPath>\n\
         <g clip-path=\"url(#c)\"><rect width=\"{left}\" height=\"{height}\" fill=\"{LABEL_COLOUR}\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"{height}\" fill=\"{colour}\"/></g>\n\
         <g fill=\"#fff\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" font-size=\"{font_size}\">\n\
         <text x=\"{padding}\" y=\"{baseline}\" textLength=\"{label_width}\">{label}</text>"
    )
    .ok();
    if message.is_detecting {
        let (x, y) = (left + padding + 3, height / 2);
        writeln!(svg, "<circle class=\"p\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>").ok();
    }
    writeln!(svg, "<text x=\"{text_x}\" y=\"{baseline}\" textLength=\"{text_width}\">{text}</text>\n</g>\n</svg>").ok();
    svg
}

/// What the picture says, for those who do not see it.
fn sentence(label: &str, message: &Message) -> String {
    let progress = if message.is_detecting { ", detection in progress" } else { "" };
    escape(&format!("{label}: {}{progress}", message.text))
}

/// Makes a text safe between tags and in a quoted attribute.
///
/// Security: a label comes from the URL, and an SVG can run scripts: without this, anybody could make a link to this
/// server that runs theirs.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML has no way to write these.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            char if char.is_control() => escaped.push(' '),
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::message::Colour;
    use super::*;
    use proptest::prelude::*;

    const STYLES: [Style; 3] = Style::ALL;

    fn message(text: &str, is_detecting: bool) -> Message {
        Message { text: text.to_owned().into(), colour: Colour::Green, is_detecting }
    }

    #[test]
    fn a_flat_badge() {
        insta::assert_snapshot!(render("drift", &message("No Drift", false), Style::Flat));
    }

    #[test]
    fn a_large_badge_while_a_detection_runs() {
        insta::assert_snapshot!(render("drift", &message("No Drift", true), Style::ForTheBadge));
    }

    #[test]
    fn markup_in_a_text_stays_text() {
        let svg = render("<script>alert('1')</script>", &message("\"&\u{0}\u{ffff}", false), Style::Flat);
        assert!(!svg.contains("<script"), "{svg}");
        let expected = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;: &quot;&amp; \u{fffd}";
        assert!(svg.contains(&format!("aria-label=\"{expected}\"")), "{svg}");
        assert!(svg.contains(&format!("<title>{expected}</title>")), "{svg}");
    }

    /// Reads a badge as an XML parser would: tags are closed in order, attributes are quoted, entities are known.
    fn check_xml(svg: &str) -> Result<(), String> {
        let mut open = Vec::new();
        let mut rest = svg;
        while let Some((text, tail)) = rest.split_once('<') {
            check_text(text)?;
            let (tag, tail) = tail.split_once('>').ok_or("a tag without end")?;
            rest = tail;
            if let Some(name) = tag.strip_prefix('/') {
                let opened = open.pop().ok_or("a tag too many is closed")?;
                if opened != name {
                    return Err(format!("{opened} is closed by {name}"));
                }
                continue;
            }
            let name = tag.split([' ', '/']).next().unwrap_or_default();
            check_attributes(tag.strip_prefix(name).unwrap_or_default().trim_end_matches('/'))?;
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        if open.is_empty() && rest.trim().is_empty() { Ok(()) } else { Err(format!("{open:?} stay open")) }
    }

    fn check_attributes(mut rest: &str) -> Result<(), String> {
        while !rest.trim().is_empty() {
            let (name, tail) = rest.split_once("=\"").ok_or("no value")?;
            if !name.trim().chars().all(|char| char.is_ascii_alphabetic() || char == '-') {
                return Err(format!("the attribute {name}"));
            }
            let (value, tail) = tail.split_once('"').ok_or("a value without end")?;
            check_text(value)?;
            rest = tail;
        }
        Ok(())
    }

    fn check_text(text: &str) -> Result<(), String> {
        let is_forbidden =
            |char: char| (char.is_control() && char != '\n') || matches!(char, '>' | '\u{fffe}' | '\u{ffff}');
        if text.contains(is_forbidden) {
            return Err(format!("a forbidden character in {text:?}"));
        }
        for entity in text.split('&').skip(1) {
            let name = entity.split(';').next().unwrap_or_default();
            if !["amp", "lt", "gt", "quot", "#39"].contains(&name) {
                return Err(format!("the entity {name}"));
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn every_badge_is_well_formed(
            label in any::<String>(),
            text in any::<String>(),
            is_detecting: bool,
            style in 0..3_usize,
        ) {
            let svg = render(&label, &message(&text, is_detecting), STYLES[style]);
            prop_assert_eq!(check_xml(&svg), Ok(()), "{}", svg);
        }
    }
}
