//! One JSON-RPC message, its values left as text.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::McpError;

/// A request, a notification or a response.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// The id as JSON text; none for a notification.
    pub(super) id: Option<&'a str>,
    /// The method; empty for a response.
    pub(super) method: Cow<'a, str>,
    /// The parameters.
    pub(super) params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    jsonrpc: Option<Cow<'a, str>>,
    // A null id is an id, and a wrong one; serde alone would take it for an absent one.
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> Message<'a> {
    /// Parses a body.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, McpError> {
        let text = std::str::from_utf8(body).map_err(|_| McpError::Parse("the body is not UTF-8".to_owned()))?;
        let trimmed = text.trim_start();
        if trimmed.starts_with('[') {
            return Err(McpError::InvalidRequest("batches are not supported; send one message per request"));
        }
        // Two passes on failure only: is it no JSON, or JSON of the wrong shape?
        let wire: Wire<'_> =
            serde_json::from_str(text).map_err(|error| match serde_json::from_str::<&RawValue>(text) {
                Ok(_) => {
                    McpError::InvalidRequest("the body must be a JSON-RPC object with jsonrpc, method, id and params")
                }
                Err(_) => McpError::Parse(format!("line {}, column {}", error.line(), error.column())),
            })?;
        if wire.jsonrpc.as_deref() != Some("2.0") {
            return Err(McpError::InvalidRequest("`jsonrpc` must be \"2.0\""));
        }
        let id = wire.id.map(RawValue::get).map(check_id).transpose()?;
        match wire.method {
            Some(method) => Ok(Self { id, method, params: wire.params }),
            None if wire.result.is_some() || wire.error.is_some() => {
                Ok(Self { id: None, method: Cow::Borrowed(""), params: None })
            }
            None => Err(McpError::InvalidRequest("`method` is missing")),
        }
    }

    /// Whether the client only informs: no reply is due.
    pub(super) fn is_notification(&self) -> bool {
        self.id.is_none()
    }

    /// The parameters as `T`; absent parameters are an empty object.
    pub(super) fn params<'p, T: Deserialize<'p>>(&self) -> Result<T, McpError>
    where
        'a: 'p,
    {
        let json = self.params.map_or("{}", RawValue::get);
        serde_json::from_str(json).map_err(|error| {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            McpError::InvalidParams(format!("Invalid params for {}: {message}", self.method))
        })
    }
}

/// An id is a string or an integer (MCP narrows JSON-RPC: no null, no fractions).
fn check_id(id: &str) -> Result<&str, McpError> {
    let integer = id.strip_prefix('-').unwrap_or(id);
    let is_integer = !integer.is_empty() && integer.bytes().all(|byte| byte.is_ascii_digit());
    if id.starts_with('"') || is_integer {
        Ok(id)
    } else {
        Err(McpError::InvalidRequest("`id` must be a string or an integer"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(body: &str) -> String {
        Message::parse(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_message_is_read_without_touching_its_values() {
        let message = Message::parse(br#"{"jsonrpc":"2.0","id":"a\"b","method":"ping","params":{"x": 1.0}}"#).unwrap();
        assert_eq!(message.id, Some(r#""a\"b""#));
        assert_eq!(message.params.map(RawValue::get), Some(r#"{"x": 1.0}"#));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        assert!(refusal("{").starts_with("Parse error"));
        assert!(refusal("[]").contains("batches"));
        assert!(refusal("7").contains("JSON-RPC object"));
        assert!(refusal(r#"{"jsonrpc":"1.0","method":"ping"}"#).contains("jsonrpc"));
        for id in ["1.5", "{}", "true"] {
            assert!(refusal(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)).contains("`id`"));
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_the_parser_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(Message::parse(&body));
        }
    }
}
