//! What a text repeats of the caller's own words: short, and nothing that a reader would not see.

use std::cmp::Reverse;

use serde_json::Value;

use crate::tool::ToolError;

/// Characters of one argument that a text repeats.
const MAX_CHARS: usize = 100;

/// An argument as a hint or a note repeats it. Errors need none of this: they pass through here on their way out.
pub fn shown(argument: &str) -> String {
    let mut chars = argument.chars().filter_map(visible);
    let mut shown: String = chars.by_ref().take(MAX_CHARS).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

/// The character on one line of text; none if it shows as nothing, or turns the text around it.
pub fn visible(char: char) -> Option<char> {
    match char {
        '\n' | '\r' | '\t' => Some(' '),
        _ => (!char.is_control() && !actions_log::is_invisible(char)).then_some(char),
    }
}

/// The error as it leaves the tool. Host and tools name what was asked for as it is; only here is it known which
/// parts of the text the caller chose.
pub(crate) fn tidy(error: ToolError, arguments: &str) -> ToolError {
    let tidy = |text: String| shorten(text, arguments).chars().filter_map(visible).collect();
    match error {
        ToolError::InvalidArguments(text) => ToolError::InvalidArguments(tidy(text)),
        ToolError::NotFound(text) => ToolError::NotFound(tidy(text)),
        ToolError::Denied(text) => ToolError::Denied(tidy(text)),
        ToolError::Unavailable(text) => ToolError::Unavailable(tidy(text)),
        ToolError::Failed(text) => ToolError::Failed(tidy(text)),
    }
}

/// Cuts the long names and values of the arguments wherever the text has them.
fn shorten(mut text: String, arguments: &str) -> String {
    let arguments = serde_json::from_str(arguments).unwrap_or_default();
    let mut long = Vec::new();
    collect_long(&arguments, &mut long);
    // One may be a part of another.
    long.sort_by_key(|argument| Reverse(argument.len()));
    for argument in long {
        text = text.replace(argument, &shown(argument));
    }
    text
}

fn collect_long<'a>(value: &'a Value, long: &mut Vec<&'a str>) {
    match value {
        Value::String(text) if text.len() > MAX_CHARS => long.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect_long(item, long)),
        Value::Object(fields) => {
            for (name, field) in fields {
                if name.len() > MAX_CHARS {
                    long.push(name);
                }
                collect_long(field, long);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(text: &str, arguments: &Value) -> String {
        match tidy(ToolError::NotFound(text.to_owned()), &arguments.to_string()) {
            ToolError::NotFound(text) => text,
            _ => panic!("another error"),
        }
    }

    #[test]
    fn a_long_argument_is_cut_and_what_is_said_about_it_stays() {
        let id = "x".repeat(5_000);
        let text = format!("no run {id} in this workspace; list_workflow_runs has the ids");
        let cut = format!("no run {}… in this workspace; list_workflow_runs has the ids", "x".repeat(100));
        assert_eq!(tidied(&text, &serde_json::json!({ "runId": id })), cut);
        assert_eq!(tidied(&text, &serde_json::json!({ "a": [{ id: 1, "b": "x".repeat(200) }] })), cut);
        assert_eq!(tidied("no run run_1", &serde_json::json!({ "runId": "run_1" })), "no run run_1");
    }

    #[test]
    fn what_a_reader_would_not_see_is_left_out() {
        let dirty = "a\u{0}b\u{202e}c\u{200b}\nd é";
        assert_eq!(shown(dirty), "abc d é");
        assert_eq!(tidied(&format!("no run {dirty}"), &serde_json::json!({ "runId": dirty })), "no run abc d é");
        assert_eq!(shown(&"é".repeat(101)), format!("{}…", "é".repeat(100)));
    }
}
