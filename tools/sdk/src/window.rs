//! The arguments of a stretch of time.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::bindings::atmos::mcp::types::TimeWindow;

/// Where a window begins. The host reads it: a time in RFC 3339, or a date.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Since(String);

/// Where a window ends: before a time, or with a date.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Until(String);

/// The window from one end to the other; an absent end is open.
pub fn window(since: Option<Since>, until: Option<Until>) -> TimeWindow {
    TimeWindow { since: since.map(|since| since.0), until: until.map(|until| until.0) }
}

/// A text with a description of its own.
macro_rules! described {
    ($type:ident, $description:literal) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $description })
            }
        }
    };
}

described!(Since, "RFC 3339 or date.");
described!(Until, "A date is included.");
