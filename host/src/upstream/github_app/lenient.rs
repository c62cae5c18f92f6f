//! Values as GitHub may write them: missing, null or of an odd type is none. Pure.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::clock::Timestamp;

/// Text. Missing, null and empty are the same: none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text(Option<String>);

impl Text {
    /// The text, if there is one.
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The text, or an empty one.
    pub(crate) fn or_empty(&self) -> &str {
        self.get().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            // PostgreSQL takes no NUL in a text.
            Value::String(text) => Some(text.replace('\0', "")).filter(|text| !text.is_empty()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        };
        Ok(Self(text))
    }
}

/// A time: RFC 3339 with or without fractions, or seconds since the Unix epoch. GitHub writes the same field
/// as one in one event and as the other in the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Option<Timestamp>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::String(text) => Timestamp::parse_rfc3339(&text),
            Value::Number(seconds) => {
                seconds.as_i64().map(|seconds| Timestamp::from_micros(seconds.saturating_mul(1_000_000)))
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }))
    }
}

/// The default for null; a missing field gets it from `#[serde(default)]`.
pub(crate) fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn moment(value: Value) -> Option<i64> {
        serde_json::from_value::<Moment>(value).unwrap().0.map(Timestamp::micros)
    }

    #[test]
    fn times_are_read_in_every_form() {
        let expected = Some(1_619_663_570_000_000);
        assert_eq!(moment(json!("2021-04-29T02:32:50Z")), expected);
        assert_eq!(moment(json!("2021-04-28T22:32:50.000-04:00")), expected);
        assert_eq!(moment(json!(1_619_663_570)), expected);
        for none in [json!(null), json!(""), json!("yesterday"), json!({}), json!(1.5)] {
            assert_eq!(moment(none), None);
        }
    }

    #[test]
    fn text_loses_nul_and_emptiness() {
        let text = |value: Value| serde_json::from_value::<Text>(value).unwrap();
        assert_eq!(text(json!("a\0b")).get(), Some("ab"));
        for none in [json!(""), json!("\0"), json!(null), json!(3), json!([])] {
            assert_eq!(text(none).get(), None);
        }
    }
}
