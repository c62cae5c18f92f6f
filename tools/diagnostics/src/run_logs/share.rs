//! How much of each log: what an agent reads costs it context.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

const DEFAULT_LINES: u32 = 200;
const MAX_LINES: u32 = 2_000;

/// Bytes of all logs together, unless many lines are asked for.
const DEFAULT_BYTES: u32 = 10_000;

/// Bytes of all logs together at most: with names and notes, the result stays below 60 kB.
const MAX_BYTES: u32 = 50_000;

/// What a line of a log has, about.
const LINE_BYTES: u32 = 50;

/// Lines from the end of a log: 1 to 2,000, 200 by default.
#[derive(Debug, Clone, Copy)]
pub struct TailLines(pub u32);

impl Default for TailLines {
    fn default() -> Self {
        Self(DEFAULT_LINES)
    }
}

impl<'de> Deserialize<'de> for TailLines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = i64::deserialize(deserializer)?;
        match u32::try_from(wanted) {
            Ok(lines @ 1..=MAX_LINES) => Ok(Self(lines)),
            _ => Err(serde::de::Error::custom(format!("must be between 1 and {MAX_LINES} (got {wanted})"))),
        }
    }
}

impl JsonSchema for TailLines {
    fn schema_name() -> Cow<'static, str> {
        "TailLines".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": MAX_LINES, "default": DEFAULT_LINES })
    }
}

/// Bytes of JSON that the lines of all logs may have.
pub(super) fn total_bytes(tail_lines: Option<TailLines>) -> u32 {
    let wanted = tail_lines.unwrap_or_default().0.saturating_mul(LINE_BYTES);
    wanted.clamp(DEFAULT_BYTES, MAX_BYTES)
}

/// How much of the result each log may have: what short logs leave goes to those after them.
#[derive(Debug)]
pub struct Shares {
    left: u32,
    logs: u32,
}

impl Shares {
    /// For so many logs.
    pub fn new(logs: usize, tail_lines: Option<TailLines>) -> Self {
        Self { left: total_bytes(tail_lines), logs: u32::try_from(logs).unwrap_or(u32::MAX) }
    }

    /// Bytes of JSON that the lines of the next log may have.
    pub fn next_share(&self) -> u32 {
        (self.left / self.logs.max(1)).max(1)
    }

    /// Takes the lines of a log.
    pub fn use_up(&mut self, lines: &str) {
        self.left = self.left.saturating_sub(u32::try_from(json_len(lines)).unwrap_or(u32::MAX));
        self.logs = self.logs.saturating_sub(1);
    }
}

/// The last lines of a text whose JSON has at most `budget` bytes; the start of the last line, if it does not fit.
pub(super) fn last_lines(text: &str, budget: usize) -> &str {
    let (mut start, mut left) = (text.len(), budget);
    for (index, line) in text.rsplit('\n').enumerate() {
        // The line feed between two lines: one byte of the text, two of its JSON.
        let feed = usize::from(index > 0);
        let needed = json_len(line) + 2 * feed;
        if needed > left {
            return if index == 0 { first_bytes(line, budget) } else { text.get(start..).unwrap_or_default() };
        }
        left -= needed;
        start -= line.len() + feed;
    }
    text
}

/// The start of a line whose JSON has at most `budget` bytes.
fn first_bytes(line: &str, budget: usize) -> &str {
    let mut used = 0;
    let end = line.char_indices().find(|(at, char)| {
        used += json_len(line.get(*at..at + char.len_utf8()).unwrap_or_default());
        used > budget
    });
    line.get(..end.map_or(line.len(), |(at, _)| at)).unwrap_or_default()
}

/// Bytes of a text in JSON, without the quotes. It has no control characters but line feeds and tabs.
fn json_len(text: &str) -> usize {
    text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\t')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_to_the_length_of_their_json() {
        for (text, budget, expected) in [
            ("one\ntwo\nthree", 100, "one\ntwo\nthree"),
            ("one\ntwo\n\"3\"", 10, "two\n\"3\""),
            ("one\ntwo\n\"3\"", 9, "\"3\""),
            ("one\n\"é\"\"", 5, "\"é"),
            ("one\n", 4, ""),
            ("one\n", 5, "one\n"),
            ("", 1, ""),
        ] {
            assert_eq!(last_lines(text, budget), expected, "{text:?} {budget}");
        }
    }

    #[test]
    fn short_logs_leave_their_share_to_those_after_them() {
        let mut shares = Shares::new(2, None);
        assert_eq!(shares.next_share(), 5_000);
        shares.use_up("four\n");
        assert_eq!(shares.next_share(), 9_994);
        assert_eq!(Shares::new(0, Some(TailLines(1))).next_share(), 10_000);
        assert_eq!(Shares::new(1, Some(TailLines(2_000))).next_share(), MAX_BYTES);
    }

    #[test]
    fn a_number_of_lines_is_bounded() {
        let lines = |json: &str| serde_json::from_str::<TailLines>(json).map(|lines| lines.0);
        assert_eq!(lines("2000").unwrap(), 2_000);
        assert!(lines("0").unwrap_err().to_string().starts_with("must be between 1 and 2000 (got 0)"));
    }
}
