//! A loaded tool.

use serde_json::{Value, json};

use super::check::CheckedTool;
use crate::authz::{Requirement, ToolLimits};
use crate::runtime::Run;

/// A tool that can be listed and called.
pub struct Tool {
    /// Tool name.
    pub name: String,
    /// Who may call it.
    pub requirement: Requirement,
    /// What one call may use.
    pub limits: ToolLimits,
    /// SHA-256 of the component, hexadecimal.
    pub digest: String,
    /// Whether its output is structured.
    pub is_structured: bool,
    /// Its entry in `tools/list`, written once.
    pub listing: String,
    body: Box<dyn Run>,
}

impl Tool {
    pub(super) fn new(tool: &CheckedTool, body: Box<dyn Run>) -> Self {
        Self {
            name: tool.name().to_owned(),
            requirement: tool.row.requirement,
            limits: tool.row.limits,
            digest: tool.digest().to_owned(),
            is_structured: tool.output_schema().is_some(),
            listing: listing(tool).to_string(),
            body,
        }
    }

    /// What answers a call.
    pub fn body(&self) -> &dyn Run {
        self.body.as_ref()
    }

    /// The same tool with another body: for measuring what the sandbox costs.
    #[must_use]
    pub fn with_body(mut self, body: Box<dyn Run>) -> Self {
        self.body = body;
        self
    }
}

/// The entry in `tools/list`. The annotations follow from the capabilities, which can only read; a tool
/// has no say in them.
fn listing(tool: &CheckedTool) -> Value {
    let mut listing = json!({
        "name": tool.name(),
        "title": tool.title(),
        "description": tool.description(),
        "inputSchema": tool.input_schema(),
        "annotations": {
            "title": tool.title(),
            "readOnlyHint": true,
            "destructiveHint": false,
            "idempotentHint": true,
            "openWorldHint": false,
        },
    });
    if let (Some(fields), Some(schema)) = (listing.as_object_mut(), tool.output_schema()) {
        fields.insert("outputSchema".to_owned(), schema.clone());
    }
    listing
}
