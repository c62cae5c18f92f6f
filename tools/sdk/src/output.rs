//! What a tool may return: structured JSON, or content blocks.

use schemars::JsonSchema;
use serde::Serialize;

use crate::bindings::exports::atmos::mcp::handler::Output;
use crate::schema;
use crate::tool::{ToolError, ToolResult};

pub use crate::bindings::exports::atmos::mcp::handler::{ContentBlock, Media, TextResource};

/// Content blocks, for a tool without structured output.
pub struct Content(pub Vec<ContentBlock>);

/// An output that the host understands.
pub trait IntoOutput {
    /// JSON Schema of the structured output, if there is one.
    fn schema() -> Option<String>;

    /// Encodes the output.
    fn into_output(self) -> ToolResult<Output>;
}

impl<T: Serialize + JsonSchema> IntoOutput for T {
    fn schema() -> Option<String> {
        Some(schema::output::<T>())
    }

    fn into_output(self) -> ToolResult<Output> {
        serde_json::to_string(&self)
            .map(Output::Structured)
            .map_err(|_| ToolError::Failed("the result could not be written as JSON".to_owned()))
    }
}

impl IntoOutput for Content {
    fn schema() -> Option<String> {
        None
    }

    fn into_output(self) -> ToolResult<Output> {
        Ok(Output::Content(self.0))
    }
}
