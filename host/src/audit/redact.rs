//! Redaction: free text does not reach the store.

use serde_json::Value;

/// Arguments whose text is the user's own words. Compared without case or separators.
const FREE_TEXT: [&str; 4] = ["query", "comment", "body", "description"];

/// What stands in place of a redacted value.
const REDACTED: &str = "[redacted]";

/// Values longer than this are cut: an audit row is not a data store.
const MAX_TEXT: usize = 512;

/// Replaces free text by name at any depth, and cuts long text.
pub fn redact(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| {
                    let value = if is_free_text(name) { REDACTED.into() } else { redact(value) };
                    (cut(name), value)
                })
                .collect(),
        ),
        Value::Array(items) => items.iter().map(redact).collect(),
        Value::String(text) => Value::String(cut(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn is_free_text(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    FREE_TEXT.contains(&name.as_str())
}

fn cut(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MAX_TEXT);
    format!("{}…[{} bytes]", text.get(..end).unwrap_or_default(), text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn free_text_is_redacted_by_name_at_any_depth() {
        let redacted = redact(&json!({
            "stack": "prod",
            "Query": "secret",
            "nested": [{ "comment": { "deep": "secret" }, "limit": 3 }],
        }));
        assert_eq!(
            redacted,
            json!({ "stack": "prod", "Query": "[redacted]", "nested": [{ "comment": "[redacted]", "limit": 3 }] })
        );
    }

    proptest! {
        #[test]
        fn no_free_text_survives_however_it_is_nested(depth in 0_usize..6, name in prop::sample::select(vec!["query", "Comment", "BODY", "de_script-ion"])) {
            let mut value = json!({ name: "canary" });
            for level in 0..depth {
                value = if level % 2 == 0 { json!([value]) } else { json!({ "inner": value }) };
            }
            prop_assert!(!redact(&value).to_string().contains("canary"));
        }

        #[test]
        fn long_text_is_cut_on_a_character_boundary(text in "\\PC{600,700}") {
            prop_assert!(redact(&json!(text)).as_str().unwrap().len() < MAX_TEXT + 32);
        }
    }
}
