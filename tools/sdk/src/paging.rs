//! Paging arguments, and filters that take one value or several.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};

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

/// A filter that takes several values. A single value is accepted as a list of one; the schema shows the
/// list alone, because some clients refuse a union.
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
        struct Visitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
            type Value = Vec<T>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a list of values, or one value")
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Vec<T>, E> {
                let value = serde::de::value::StrDeserializer::new(value);
                Ok(vec![T::deserialize(value)?])
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = items.next_element()? {
                    values.push(value);
                }
                Ok(values)
            }
        }

        deserializer.deserialize_any(Visitor(std::marker::PhantomData)).map(Self)
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
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
