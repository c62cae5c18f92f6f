//! How a tool's arguments are read: what is wrong with them is said in the words of JSON, not of Rust.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Number, Value};

/// Reads arguments; the error names the argument and what it may be.
pub(crate) fn parse<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let value: Value = serde_json::from_str(json).map_err(|_| "they are no JSON".to_owned())?;
    serde_path_to_error::deserialize(Argument(value)).map_err(|error| {
        let path = error.path().to_string();
        let Problem(message) = error.into_inner();
        // Of an unknown field, the message has the name.
        if path == "." || message.starts_with("unknown field") { message } else { format!("`{path}`: {message}") }
    })
}

/// A value that is read into a type.
pub(crate) struct Argument(pub(crate) Value);

/// Why a value is not what it should be.
#[derive(Debug)]
pub(crate) struct Problem(String);

impl<'de> Deserializer<'de> for Argument {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(flag),
            Value::Number(number) => visit_number(&number, visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Argument))),
            Value::Object(fields) => {
                visitor.visit_map(MapDeserializer::new(fields.into_iter().map(|(name, value)| (name, Self(value)))))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match self.0 {
            Value::String(word) => {
                let word: StringDeserializer<Problem> = word.into_deserializer();
                visitor.visit_enum(word)
            }
            Value::Array(_) => Err(Problem::not_one_of(words, "a list")),
            Value::Object(_) => Err(Problem::not_one_of(words, "an object")),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => {
                Err(Problem::not_one_of(words, &other.to_string()))
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, Problem> for Argument {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// To JSON Schema, 25.0 is a whole number.
fn visit_number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Problem> {
    if let Some(number) = number.as_u64() {
        return visitor.visit_u64(number);
    }
    if let Some(number) = number.as_i64() {
        return visitor.visit_i64(number);
    }
    let number = number.as_f64().unwrap_or(f64::NAN);
    match number.to_string().parse() {
        Ok(whole) => visitor.visit_i64(whole),
        Err(_) => visitor.visit_f64(number),
    }
}

impl Problem {
    fn not_one_of(words: &[&str], got: &str) -> Self {
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        Self(format!("must be one of {} (got {got})", words.join(", ")))
    }
}

impl Error for Problem {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self(text.to_string())
    }

    fn invalid_type(got: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("must be {} (got {})", wanted(&expected.to_string()), found(got)))
    }

    fn invalid_value(got: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(got, expected)
    }

    fn unknown_variant(word: &str, words: &'static [&'static str]) -> Self {
        Self::not_one_of(words, &format!("`{word}`"))
    }
}

impl std::error::Error for Problem {}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What serde calls a type, as JSON has it.
fn wanted(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        other => other,
    }
}

/// What was there instead.
fn found(got: Unexpected<'_>) -> String {
    match got {
        Unexpected::Bool(flag) => flag.to_string(),
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(number) => number.to_string(),
        Unexpected::Str(text) => format!("`{text}`"),
        Unexpected::Unit | Unexpected::Option => "null".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Args {
        repo: Option<String>,
        status_filter: Option<crate::paging::OneOrMany<Status>>,
        status: Option<Status>,
        number: Option<u32>,
        limit: Option<crate::paging::Limit>,
        enabled: Option<bool>,
    }

    #[derive(serde::Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Status {
        InSync,
        Drifted,
    }

    fn error(json: &str) -> String {
        parse::<Args>(json).unwrap_err()
    }

    #[test]
    fn an_argument_error_names_the_argument_and_what_it_may_be() {
        assert_eq!(
            error(r#"{"stauts":1}"#),
            "unknown field `stauts`, expected one of `repo`, `statusFilter`, `status`, `number`, `limit`, `enabled`"
        );
        let one_of = "must be one of `in_sync`, `drifted`";
        for (json, expected) in [
            (r#"{"status":"gone"}"#, format!("`status`: {one_of} (got `gone`)")),
            (r#"{"status":["drifted"]}"#, format!("`status`: {one_of} (got a list)")),
            (r#"{"status":{"drifted":null}}"#, format!("`status`: {one_of} (got an object)")),
            (r#"{"status":5}"#, format!("`status`: {one_of} (got 5)")),
            (r#"{"statusFilter":"gone"}"#, format!("`statusFilter`: {one_of} (got `gone`)")),
            (r#"{"statusFilter":["in_sync","gone"]}"#, format!("`statusFilter`: {one_of} (got `gone`)")),
            (r#"{"statusFilter":[null]}"#, format!("`statusFilter`: {one_of} (got null)")),
            (r#"{"statusFilter":{}}"#, format!("`statusFilter`: {one_of} (got an object)")),
        ] {
            assert_eq!(error(json), expected, "{json}");
        }
    }

    #[test]
    fn a_wrong_type_is_named_in_the_words_of_json() {
        for (json, expected) in [
            (r#"{"repo":7}"#, "`repo`: must be a string (got 7)"),
            (r#"{"repo":[]}"#, "`repo`: must be a string (got a list)"),
            (r#"{"repo":{}}"#, "`repo`: must be a string (got an object)"),
            (r#"{"number":-1}"#, "`number`: must be a whole number, 0 or more (got -1)"),
            (r#"{"number":"5"}"#, "`number`: must be a whole number, 0 or more (got `5`)"),
            (r#"{"limit":2.5}"#, "`limit`: must be a whole number (got 2.5)"),
            (r#"{"limit":500}"#, "`limit`: must be between 1 and 100 (got 500)"),
            (r#"{"limit":-1}"#, "`limit`: must be between 1 and 100 (got -1)"),
            (r#"{"enabled":"yes"}"#, "`enabled`: must be true or false (got `yes`)"),
        ] {
            assert_eq!(error(json), expected, "{json}");
        }
    }

    #[test]
    fn what_is_right_is_read() {
        let args: Args = parse(r#"{"repo":null,"statusFilter":"drifted","status":"in_sync","number":25.0}"#).unwrap();
        assert_eq!((args.repo, args.status, args.number), (None, Some(Status::InSync), Some(25)));
        assert_eq!(args.status_filter.map(|filter| filter.0), Some(vec![Status::Drifted]));
        let args: Args = parse(r#"{"statusFilter":["drifted","in_sync"],"enabled":true}"#).unwrap();
        assert_eq!(args.status_filter.map(|filter| filter.0.len()), Some(2));
        assert_eq!((args.enabled, args.limit.is_none()), (Some(true), true));
    }
}
