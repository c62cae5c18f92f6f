//! `atmos-mcp tools docs`: the reference of the catalog, written from the components.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::print;
use crate::catalog::CheckedTool;

const INTRODUCTION: &str = "\
# Tools

Written by `atmos-mcp tools docs` from the built components; `./just docs` writes it again, and a test compares it. Every list
takes `limit` (1 to 100, 25 by default) and `cursor`, and gives `items` and `nextCursor`; a page above 60 kB is cut and says
`truncated`. Times are RFC 3339, UTC. Fields marked ? can be null or absent. Formulas: [metrics.md](metrics.md).
";

/// Prints the reference, or compares it with a file.
pub(super) fn run(tools: &[CheckedTool], examples: &Path, check: Option<&Path>) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(examples).with_context(|| format!("cannot read {}", examples.display()))?;
    let examples: BTreeMap<String, Value> = serde_json::from_str(&text).context("the examples are no JSON object")?;
    let found = document(tools, &examples)?;
    let Some(file) = check else { return Ok(print(found.trim_end())?) };
    let expected = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    if expected == found {
        return Ok(print(&format!("{} tools, as in {}", tools.len(), file.display()))?);
    }
    bail!("{} is not what the components say; `./just docs` writes it again", file.display());
}

fn document(tools: &[CheckedTool], examples: &BTreeMap<String, Value>) -> anyhow::Result<String> {
    let mut text = INTRODUCTION.to_owned();
    for name in examples.keys() {
        ensure!(tools.iter().any(|tool| tool.name() == name), "there is an example for `{name}`, which is no tool");
    }
    text.push_str("\n| tool | permission |\n|---|---|\n");
    for tool in tools {
        writeln!(text, "| [`{0}`](#{0}) | {1} |", tool.name(), tool.row.requirement.name())?;
    }
    for tool in tools {
        let example = examples.get(tool.name());
        section(&mut text, tool, example.with_context(|| format!("`{}` has no example", tool.name()))?)?;
    }
    Ok(text)
}

fn section(text: &mut String, tool: &CheckedTool, example: &Value) -> anyhow::Result<()> {
    writeln!(text, "\n## {}\n\n{}\n", tool.name(), tool.description())?;
    let imports: Vec<String> =
        tool.imports.iter().flat_map(|(interface, functions)| named(interface, functions)).collect();
    let imports = if imports.is_empty() { "none".to_owned() } else { imports.join(", ") };
    writeln!(text, "Permission: {}. Imports: {imports}.\n", tool.row.requirement.name())?;
    let arguments = fields(tool.input_schema());
    if arguments.is_empty() {
        text.push_str("No arguments.\n");
    } else {
        text.push_str("| argument | type | |\n|---|---|---|\n");
        for field in arguments {
            let required = if field.required { "required. " } else { "" };
            writeln!(text, "| `{}` | {} | {required}{} |", field.name, kind(field.schema), cell(field.schema))?;
        }
    }
    writeln!(text, "\n```json\n{example}\n```\n")?;
    match tool.output_schema() {
        None => text.push_str("Gives content blocks.\n"),
        Some(schema) => {
            text.push_str("| result | type | |\n|---|---|---|\n");
            results(text, "", schema)?;
        }
    }
    Ok(())
}

/// `repos.list-repos` of `atmos:mcp/repos@0.1.0` and its functions.
fn named<'a>(interface: &'a str, functions: &'a [String]) -> impl Iterator<Item = String> + 'a {
    let short = interface.rsplit('/').next().and_then(|name| name.split('@').next()).unwrap_or(interface);
    functions.iter().map(move |function| format!("`{short}.{function}`"))
}

/// A row for each field, and for the fields of objects in it.
fn results(text: &mut String, prefix: &str, schema: &Value) -> anyhow::Result<()> {
    for field in fields(schema) {
        let (inner, nullable) = without_null(field.schema);
        let mark = if nullable || !field.required { "?" } else { "" };
        let path = format!("{prefix}{}", field.name);
        writeln!(text, "| `{path}` | {}{mark} | {} |", kind(inner), cell(field.schema))?;
        match inner.get("type").and_then(Value::as_str) {
            Some("object") => results(text, &format!("{path}."), inner)?,
            Some("array") => {
                results(text, &format!("{path}[]."), without_null(inner.get("items").unwrap_or(&Value::Null)).0)?;
            }
            _ => {}
        }
    }
    Ok(())
}

struct Field<'a> {
    name: &'a str,
    schema: &'a Value,
    required: bool,
}

/// The fields of an object, required ones first, then in the order of their names.
fn fields(schema: &Value) -> Vec<Field<'_>> {
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let position = |name: &str| required.iter().position(|required| *required == name);
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut fields: Vec<Field<'_>> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| Field { name, schema, required: position(name).is_some() })
        .collect();
    fields.sort_by_key(|field| (position(field.name).unwrap_or(usize::MAX), field.name));
    fields
}

/// The schema beside `null`, and whether null is allowed.
fn without_null(schema: &Value) -> (&Value, bool) {
    let is_null = |case: &&Value| case.get("type").and_then(Value::as_str) == Some("null");
    let Some(cases) = schema.get("anyOf").and_then(Value::as_array) else { return (schema, false) };
    (cases.iter().find(|case| !is_null(case)).unwrap_or(schema), cases.iter().any(|case| is_null(&case)))
}

/// What a filter takes that one value or several can be given to.
fn one_or_list(schema: &Value) -> Option<&Value> {
    match schema.get("anyOf")?.as_array()?.as_slice() {
        [one, list] if list.get("type").and_then(Value::as_str) == Some("array") => Some(one),
        _ => None,
    }
}

/// A type in a word or two; what an enum can be.
fn kind(schema: &Value) -> String {
    if let Some(one) = one_or_list(schema) {
        return format!("{}, or a list", kind(one));
    }
    let schema = without_null(schema).0;
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let mut values: Vec<String> =
            values.iter().filter_map(|value| Some(format!("`{}`", value.as_str()?))).collect();
        values.sort_unstable();
        return values.join(", ");
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => format!("list of {}", kind(schema.get("items").unwrap_or(&Value::Null))),
        Some(kind @ ("integer" | "number")) => match (schema.get("minimum"), schema.get("maximum")) {
            (Some(least), Some(most)) => format!("{kind} {least} to {most}{}", default(schema)),
            _ => format!("{kind}{}", default(schema)),
        },
        Some(kind) => format!("{kind}{}", default(schema)),
        None => "any".to_owned(),
    }
}

fn default(schema: &Value) -> String {
    schema.get("default").map(|value| format!(", default {value}")).unwrap_or_default()
}

/// The description, fit for a cell of a table.
fn cell(schema: &Value) -> String {
    let own = schema.get("description").and_then(Value::as_str);
    let inner = || without_null(schema).0.get("description").and_then(Value::as_str);
    own.or_else(inner).unwrap_or_default().replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_filter_takes_one_value_or_a_list() {
        let list = json!({ "type": "array", "items": { "type": "string" } });
        let filter = json!({ "anyOf": [{ "type": "string", "enum": ["b", "a"] }, list] });
        assert_eq!(kind(&filter), "`a`, `b`, or a list");
        assert_eq!(kind(&json!({ "anyOf": [list, { "type": "null" }] })), "list of string");
    }

    #[test]
    fn nested_fields_have_rows_of_their_own() {
        let schema = json!({
            "type": "object", "required": ["items", "next"],
            "properties": {
                "items": { "type": "array", "items": {
                    "type": "object", "required": ["state"],
                    "properties": {
                        "state": { "type": "string", "enum": ["b", "a"] },
                        "by": { "anyOf": [{ "type": "object", "properties": { "id": { "type": "string" } } }, { "type": "null" }] },
                    },
                }},
                "next": { "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 9 }, { "type": "null" }], "description": "a|b" },
            },
        });
        let mut text = String::new();
        results(&mut text, "", &schema).unwrap();
        assert_eq!(
            text,
            "| `items` | list of object |  |\n\
             | `items[].state` | `a`, `b` |  |\n\
             | `items[].by` | object? |  |\n\
             | `items[].by.id` | string? |  |\n\
             | `next` | integer 1 to 9? | a\\|b |\n"
        );
    }
}
