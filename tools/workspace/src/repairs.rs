//! What is broken, by category, as `list_repairs` shows it.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Severity;

/// What kind of thing is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Connections,
    Access,
    Drift,
    Failures,
}

/// Arguments of a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Arguments(BTreeMap<&'static str, Argument>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Argument {
    One(String),
    AnyOf(&'static [&'static str]),
}

/// One thing that is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    pub key: &'static str,
    pub severity: Severity,
    pub count: u32,
    pub summary: String,
    pub next_tool: &'static str,
    pub next_arguments: Arguments,
}

/// What is broken in one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Repair {
    pub category: Category,
    /// Of the worst problem.
    pub severity: Severity,
    /// Of all problems together.
    pub count: u32,
    pub summary: String,
    /// The tool that shows more of the worst problem.
    pub next_tool: Option<&'static str>,
    pub next_arguments: Arguments,
    /// Worst first.
    pub problems: Vec<Problem>,
}

impl Category {
    /// The word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Access => "access",
            Self::Drift => "drift",
            Self::Failures => "failures",
        }
    }
}

impl Arguments {
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.insert(name, Argument::One(value.into()));
        self
    }

    pub(crate) fn with_any_of(mut self, name: &'static str, values: &'static [&'static str]) -> Self {
        self.0.insert(name, Argument::AnyOf(values));
        self
    }
}

/// Any object: the tool that is named has the schema.
impl JsonSchema for Arguments {
    fn schema_name() -> Cow<'static, str> {
        "Arguments".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}

/// Puts the problems that there are together, worst first.
pub(crate) fn repair(category: Category, mut problems: Vec<Problem>) -> Repair {
    problems.retain(|problem| problem.count > 0);
    problems.sort_by_key(|problem| (problem.severity, Reverse(problem.count)));
    let summaries: Vec<&str> = problems.iter().map(|problem| problem.summary.as_str()).collect();
    let worst = problems.first();
    Repair {
        category,
        severity: worst.map_or(Severity::Info, |problem| problem.severity),
        count: problems.iter().map(|problem| problem.count).sum(),
        summary: if summaries.is_empty() { "nothing is broken here".to_owned() } else { summaries.join("; ") },
        next_tool: worst.map(|problem| problem.next_tool),
        next_arguments: worst.map(|problem| problem.next_arguments.clone()).unwrap_or_default(),
        problems,
    }
}
