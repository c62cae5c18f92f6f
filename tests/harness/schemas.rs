//! What the tools of the catalog say that they return, held against what they return.

use std::collections::HashMap;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, ensure};
use jsonschema::Validator;
use serde_json::Value;

use super::app::root;

/// The output schema of a tool, compiled when it is first needed.
struct Declared {
    schema: Value,
    validator: OnceLock<Validator>,
}

/// Refuses a structured result that is not as the tool's output schema says, or has a field that the schema does
/// not name. Tools that are not of the catalog have nothing to be held against.
pub(super) fn check(tool: &str, result: &Value) -> Result<()> {
    let Some(declared) = catalog()?.get(tool) else { return Ok(()) };
    let errors: Vec<String> = declared
        .validator()
        .with_context(|| format!("the output schema of {tool}"))?
        .iter_errors(result)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    ensure!(errors.is_empty(), "{tool} does not return what its schema says: {errors:#?}\n{result}");
    Ok(())
}

impl Declared {
    fn validator(&self) -> Result<&Validator> {
        if let Some(validator) = self.validator.get() {
            return Ok(validator);
        }
        let validator = jsonschema::validator_for(&self.schema).map_err(|error| anyhow!("{error}"))?;
        Ok(self.validator.get_or_init(|| validator))
    }
}

fn catalog() -> Result<&'static HashMap<String, Declared>> {
    static CATALOG: OnceLock<HashMap<String, Declared>> = OnceLock::new();
    if let Some(catalog) = CATALOG.get() {
        return Ok(catalog);
    }
    let catalog = read()?;
    Ok(CATALOG.get_or_init(|| catalog))
}

fn read() -> Result<HashMap<String, Declared>> {
    let json =
        std::fs::read(root().join("target/tools/catalog.json")).context("no tools: run scripts/build-tools.sh")?;
    let mut index: Value = serde_json::from_slice(&json)?;
    let mut catalog = HashMap::new();
    for tool in index["tools"].as_array_mut().context("`tools` of the index")? {
        let name = tool["name"].as_str().context("`name` of a tool")?.to_owned();
        let mut schema = tool["outputSchema"].take();
        if !schema.is_null() {
            close(&mut schema);
            catalog.insert(name, Declared { schema, validator: OnceLock::new() });
        }
    }
    Ok(catalog)
}

/// Makes every object of a schema name all of its fields.
fn close(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Object(object) => {
            object.values_mut().for_each(close);
            // In a map of fields, `type` is a schema and no word.
            let is_object = object.get("type").is_some_and(|kind| kind == "object");
            if is_object && object.contains_key("properties") && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
