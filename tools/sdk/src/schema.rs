//! JSON Schemas that every MCP client accepts.
//!
//! Clients refuse or mangle `$ref`, `format`, arrays in `type`, and unions of constants
//! (`mcp-and-oauth.md` R-14), so the schemas that schemars writes are rewritten without them.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// The input schema: an absent argument is absent, so `null` is not offered.
pub(crate) fn input<T: JsonSchema>() -> String {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut schema = generate::<T>(settings);
    rewrite(&mut schema, Nulls::Removed);
    schema.to_string()
}

/// The output schema: `null` stays, because results carry it.
pub(crate) fn output<T: JsonSchema>() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = generate::<T>(settings);
    rewrite(&mut schema, Nulls::Kept);
    schema.to_string()
}

fn generate<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(root) = schema.as_object_mut() {
        // The root is the tool: its title and description are the tool's own.
        root.remove("title");
        root.remove("description");
    }
    schema
}

#[derive(Clone, Copy, PartialEq)]
enum Nulls {
    Removed,
    Kept,
}

fn rewrite(schema: &mut Value, nulls: Nulls) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, nulls)),
        Value::Object(object) => {
            object.values_mut().for_each(|value| rewrite(value, nulls));
            object.remove("format");
            constants_to_enum(object);
            split_type_array(object, nulls);
            if nulls == Nulls::Removed {
                remove_null(object);
                remove_inner_descriptions(object);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `oneOf: [{const: a}, {const: b}]` becomes `enum: [a, b]`.
fn constants_to_enum(object: &mut Map<String, Value>) {
    let Some(Value::Array(cases)) = object.get("oneOf") else { return };
    let mut values = Vec::new();
    for case in cases {
        match (case.get("const"), case.get("enum")) {
            (Some(constant), None) => values.push(constant.clone()),
            (None, Some(Value::Array(several))) => values.extend(several.iter().cloned()),
            _ => return,
        }
    }
    object.remove("oneOf");
    object.insert("type".to_owned(), "string".into());
    object.insert("enum".to_owned(), values.into());
}

/// `type: [t, null]` becomes `type: t`, or `anyOf: [{type: t, …}, {type: null}]` where null is kept.
fn split_type_array(object: &mut Map<String, Value>, nulls: Nulls) {
    let Some(Value::Array(types)) = object.get("type") else { return };
    let Some(kind) = types.iter().find(|kind| *kind != "null").cloned() else { return };
    object.insert("type".to_owned(), kind);
    if nulls == Nulls::Removed {
        return;
    }
    let description = object.remove("description");
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let non_null = Value::Object(std::mem::take(object));
    object.insert("anyOf".to_owned(), vec![non_null, serde_json::json!({ "type": "null" })].into());
    if let Some(description) = description {
        object.insert("description".to_owned(), description);
    }
}

/// `anyOf: [x, {type: null}]` becomes `x`.
fn remove_null(object: &mut Map<String, Value>) {
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let Some(Value::Array(cases)) = object.get("anyOf") else { return };
    let others: Vec<&Value> = cases.iter().filter(|case| case.get("type") != Some(&"null".into())).collect();
    let [Value::Object(only)] = others.as_slice() else { return };
    let only = only.clone();
    object.remove("anyOf");
    for (key, value) in only {
        object.entry(key).or_insert(value);
    }
}

/// What the values of a filter are is the argument's to say; agents read the whole catalog, so it is said once.
fn remove_inner_descriptions(object: &mut Map<String, Value>) {
    let cases = object.get_mut("anyOf").and_then(Value::as_array_mut);
    for case in cases.into_iter().flatten().filter_map(Value::as_object_mut) {
        case.remove("description");
    }
    if let Some(items) = object.get_mut("items").and_then(Value::as_object_mut) {
        items.remove("description");
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    #[derive(JsonSchema, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Status {
        /// In sync.
        InSync,
        Drifted,
    }

    #[derive(JsonSchema, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Row {
        /// The status.
        status_now: Option<Status>,
        count: u32,
        name: Option<String>,
    }

    #[test]
    fn an_input_schema_offers_no_null_no_format_and_no_union() {
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&super::input::<Row>()).unwrap(),
            serde_json::json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["count"],
                "properties": {
                    "statusNow": { "description": "The status.", "type": "string", "enum": ["drifted", "in_sync"] },
                    "count": { "type": "integer", "minimum": 0 },
                    "name": { "type": "string" },
                },
            })
        );
    }

    #[derive(JsonSchema, Deserialize)]
    #[expect(dead_code, reason = "the schema alone is of interest")]
    struct Filter {
        /// Any of these.
        status: Option<crate::paging::OneOrMany<Status>>,
        word: Option<crate::paging::OneOrMany<String>>,
    }

    #[test]
    fn a_filter_takes_one_value_or_a_list() {
        let list = serde_json::json!({ "type": "array", "items": { "type": "string" } });
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&super::input::<Filter>()).unwrap(),
            serde_json::json!({
                "type": "object",
                "properties": {
                    "status": {
                        "description": "Any of these.",
                        "anyOf": [{ "type": "string", "enum": ["drifted", "in_sync"] }, list],
                    },
                    "word": { "anyOf": [{ "type": "string" }, list] },
                },
            })
        );
    }

    #[test]
    fn an_output_schema_keeps_null_without_type_arrays() {
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&super::output::<Row>()).unwrap(),
            serde_json::json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["statusNow", "count", "name"],
                "properties": {
                    "statusNow": {
                        "description": "The status.",
                        "anyOf": [{ "type": "string", "enum": ["drifted", "in_sync"] }, { "type": "null" }],
                    },
                    "count": { "type": "integer", "minimum": 0 },
                    "name": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
                },
            })
        );
    }
}
