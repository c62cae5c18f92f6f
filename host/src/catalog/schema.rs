//! The schema lint: what at least one MCP client refuses (`mcp-and-oauth.md` R-14) does not get in. One bad
//! schema makes some clients drop the whole list.

use serde_json::{Map, Value};

const MAX_BYTES: usize = 8 << 10;
const MAX_DEPTH: usize = 5;

/// Checks an input schema.
pub(super) fn lint_input(schema: &Value) -> Result<(), String> {
    let root = lint_root(schema)?;
    if root.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Err(
            "the root must have \"additionalProperties\": false, so that a misspelt argument is an error".into()
        );
    }
    Ok(())
}

/// Checks an output schema.
pub(super) fn lint_output(schema: &Value) -> Result<(), String> {
    lint_root(schema).map(|_| ())
}

fn lint_root(schema: &Value) -> Result<&Map<String, Value>, String> {
    let bytes = schema.to_string().len();
    if bytes > MAX_BYTES {
        return Err(format!("it has {bytes} bytes; {MAX_BYTES} are allowed"));
    }
    let root = schema.as_object().filter(|root| root.get("type") == Some(&"object".into()));
    let root = root.ok_or("the root must be a JSON object schema (\"type\": \"object\")")?;
    for keyword in ["oneOf", "anyOf", "allOf", "not"] {
        if root.contains_key(keyword) {
            return Err(format!("the root must not have \"{keyword}\""));
        }
    }
    if root.get("$schema").is_some_and(|dialect| dialect != "https://json-schema.org/draft/2020-12/schema") {
        return Err("the dialect must be JSON Schema 2020-12".into());
    }
    lint(schema, 0)?;
    Ok(root)
}

fn lint(schema: &Value, depth: usize) -> Result<(), String> {
    let Some(object) = schema.as_object() else { return Ok(()) };
    if depth > MAX_DEPTH {
        return Err(format!("it is nested deeper than {MAX_DEPTH} levels"));
    }
    for keyword in ["$ref", "$defs", "definitions", "$dynamicRef", "$id", "$anchor", "format"] {
        if object.contains_key(keyword) {
            return Err(format!("\"{keyword}\" is not understood by all clients"));
        }
    }
    if object.get("type").is_some_and(Value::is_array) {
        return Err("\"type\" must be one word; use \"anyOf\" for null".into());
    }
    if let Some(values) = object.get("enum") {
        let strings = values.as_array().is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_string));
        if !strings {
            return Err("\"enum\" must be a list of strings".into());
        }
    }
    children(object).try_for_each(|child| lint(child, depth + 1))
}

/// The schemas directly inside a schema.
fn children(object: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let named = ["properties", "patternProperties"].into_iter().filter_map(|key| object.get(key)?.as_object());
    let listed = ["anyOf", "oneOf", "allOf", "prefixItems"].into_iter().filter_map(|key| object.get(key)?.as_array());
    let single = ["items", "additionalProperties", "not"].into_iter().filter_map(|key| object.get(key));
    named.flat_map(Map::values).chain(listed.flatten()).chain(single)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_client_refuses_is_refused_here() {
        let bad = [
            (json!({ "type": "array" }), "the root must be a JSON object schema"),
            (json!({ "type": "object" }), "additionalProperties"),
            (json!({ "type": "object", "additionalProperties": false, "anyOf": [] }), "\"anyOf\""),
            (
                json!({ "type": "object", "additionalProperties": false, "properties": { "a": { "$ref": "#/x" } } }),
                "\"$ref\"",
            ),
            (
                json!({ "type": "object", "additionalProperties": false, "properties": { "a": { "type": ["string", "null"] } } }),
                "one word",
            ),
            (
                json!({ "type": "object", "additionalProperties": false, "properties": { "a": { "items": { "enum": [1] } } } }),
                "list of strings",
            ),
            (json!({ "type": "object", "additionalProperties": false, "description": "x".repeat(9_000) }), "bytes"),
        ];
        for (schema, problem) in bad {
            let error = lint_input(&schema).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
        assert_eq!(lint_input(&json!({ "type": "object", "additionalProperties": false })), Ok(()));
    }

    #[test]
    fn a_property_may_be_named_like_a_keyword() {
        let schema = json!({
            "type": "object", "additionalProperties": false,
            "properties": { "format": { "type": "string" }, "type": { "type": "string" } },
        });
        assert_eq!(lint_input(&schema), Ok(()));
    }
}
