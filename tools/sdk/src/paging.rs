//! Paging arguments, and filters that take one value or several.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::Value;

use crate::arguments::Argument;
use crate::bindings::atmos::mcp::types::PageRequest;

const MAX_LIMIT: u32 = 100;
const DEFAULT_LIMIT: u32 = 25;

/// How many rows a page has: 1 to 100, 25 by default.
#[derive(Debug, Clone, Copy)]
pub struct Limit(u32);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = i64::deserialize(deserializer)?;
        match u32::try_from(wanted) {
            Ok(limit @ 1..=MAX_LIMIT) => Ok(Self(limit)),
            _ => Err(D::Error::custom(format!("must be between 1 and {MAX_LIMIT} (got {wanted})"))),
        }
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT })
    }
}

/// The page that `limit` and `cursor` ask for.
pub fn page(limit: Option<Limit>, cursor: Option<&str>) -> PageRequest {
    PageRequest { limit: limit.map_or(DEFAULT_LIMIT, |limit| limit.0), cursor: cursor.map(ToOwned::to_owned) }
}

/// A filter that takes one value or several.
#[derive(Debug, Clone, Default)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> OneOrMany<T> {
    /// The values of an optional filter; none means no restriction.
    pub fn values(filter: Option<Self>) -> Vec<T> {
        filter.map(|filter| filter.0).unwrap_or_default()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = match Value::deserialize(deserializer)? {
            Value::Array(items) => items,
            one => vec![one],
        };
        let values = items.into_iter().map(|item| T::deserialize(Argument(item)));
        values.collect::<Result<_, _>>().map(Self).map_err(D::Error::custom)
    }
}

/// One value, or a list. Each case says its type, because some clients want one; the words stand in the first alone,
/// because agents read the whole catalog. Whatever is in a list, the refusal of a wrong one names them.
impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": { "type": "string" } }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_value_is_a_list_of_one() {
        let one: OneOrMany<String> = serde_json::from_str(r#""drifted""#).unwrap();
        let many: OneOrMany<String> = serde_json::from_str(r#"["drifted","error"]"#).unwrap();
        assert_eq!((one.0.len(), many.0.len()), (1, 2));
        assert!(serde_json::from_str::<OneOrMany<String>>("7").is_err());
    }
}
