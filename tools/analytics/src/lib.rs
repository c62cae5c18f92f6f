//! Analytics tools: rates and times, from grouped counts.
//!
//! The formulas are those of `docs/metrics.md`. A ratio without a denominator is null, never 0.

pub mod contributors;
pub mod recovery;
pub mod runs;
pub mod statistics;
pub mod statuses;

use schemars::JsonSchema;
use sdk::capability::analytics::Extent;
use serde::{Deserialize, Serialize};

/// Days of a window if none are asked for.
const DEFAULT_DAYS: u32 = 30;

/// Days that a window can have.
const MAX_DAYS: u32 = 365;

// The window before is as long and ends where this one starts. Schemas repeat these words: they are short.
/// With the window before.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Compared<T> {
    #[serde(flatten)]
    pub current: T,
    /// The window before.
    pub previous: T,
}

/// The stretch of time that is described: days by UTC, today so far included.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    pub days: u32,
    pub since: String,
    pub until: String,
}

/// How many days a window has: 1 to 365, 30 by default.
#[derive(Debug, Clone, Copy)]
pub struct Days(pub u32);

impl Default for Days {
    fn default() -> Self {
        Self(DEFAULT_DAYS)
    }
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = i64::deserialize(deserializer)?;
        match u32::try_from(wanted) {
            Ok(days @ 1..=MAX_DAYS) => Ok(Self(days)),
            _ => Err(serde::de::Error::custom(format!("must be between 1 and {MAX_DAYS} (got {wanted})"))),
        }
    }
}

impl JsonSchema for Days {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Days".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": DEFAULT_DAYS })
    }
}

/// The window up to now, and the one before it.
pub fn windows(repo: Option<&str>, days: u32) -> (Extent, Extent) {
    let extent = |ended_days_ago| Extent { repo: repo.map(ToOwned::to_owned), days, ended_days_ago };
    (extent(0), extent(days))
}
