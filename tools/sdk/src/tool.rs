//! The contract between a tool function and the host.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::bindings::atmos::mcp::types::CapabilityError;
use crate::bindings::exports::atmos::mcp::handler::{Descriptor, Guest, Output};
use crate::output::IntoOutput;
use crate::schema;

pub use crate::bindings::exports::atmos::mcp::handler::ToolError;

/// What a tool function returns.
pub type ToolResult<T> = Result<T, ToolError>;

/// One tool; `#[tool]` implements it.
pub trait Tool {
    /// Tool, function and binary name.
    const NAME: &'static str;
    /// The function's doc comment.
    const DESCRIPTION: &'static str;
    /// The arguments, as JSON object.
    type Args: DeserializeOwned + JsonSchema;
    /// The output.
    type Output: IntoOutput;

    /// Runs the tool.
    fn call(args: Self::Args) -> ToolResult<Self::Output>;
}

/// The arguments of a tool that takes none.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoArgs {}

impl<T: Tool> Guest for T {
    fn describe() -> Descriptor {
        Descriptor {
            name: T::NAME.to_owned(),
            title: title(T::NAME),
            description: T::DESCRIPTION.to_owned(),
            input_schema: schema::input::<T::Args>(),
            output_schema: T::Output::schema(),
        }
    }

    fn call(arguments: String) -> Result<Output, ToolError> {
        let args = parse_arguments(&arguments)?;
        <T as Tool>::call(args)?.into_output()
    }
}

/// Turns `list_repos` into `List repos`.
fn title(name: &str) -> String {
    let mut title = name.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// Parses the arguments; the error names the argument and what it may be.
fn parse_arguments<T: DeserializeOwned>(json: &str) -> ToolResult<T> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        // The position in the JSON text means nothing to an agent.
        let message = message.split(" at line ").next().unwrap_or_default();
        ToolError::InvalidArguments(if path == "." || message.contains(&format!("`{path}`")) {
            message.to_owned()
        } else {
            format!("`{path}`: {message}")
        })
    })
}

impl From<CapabilityError> for ToolError {
    fn from(error: CapabilityError) -> Self {
        match error {
            CapabilityError::Denied(permission) => Self::Denied(format!(
                "permission `{permission}` is required; list_my_permissions shows what this token can do"
            )),
            CapabilityError::InvalidArgument(message) => Self::InvalidArguments(message),
            CapabilityError::InvalidCursor => Self::InvalidArguments(
                "`cursor` is not one that this list gave for these filters; call again without `cursor` to \
                 start from the first page"
                    .to_owned(),
            ),
            CapabilityError::BudgetExhausted(what) => {
                Self::Failed(format!("this call used up its {what}; narrow the filters"))
            }
            CapabilityError::Unavailable => {
                Self::Unavailable("the data could not be read just now; try again in a few seconds".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    #[expect(dead_code, reason = "parsed for its errors alone")]
    struct Args {
        repo: Option<String>,
        status_filter: Option<Vec<Status>>,
        limit: Option<crate::paging::Limit>,
    }

    #[derive(serde::Deserialize, Debug)]
    #[serde(rename_all = "snake_case")]
    enum Status {
        InSync,
        Drifted,
    }

    fn error(json: &str) -> String {
        match parse_arguments::<Args>(json) {
            Err(ToolError::InvalidArguments(message)) => message,
            other => panic!("expected an argument error, got {:?}", other.is_ok()),
        }
    }

    #[test]
    fn an_argument_error_names_the_argument_and_what_it_may_be() {
        assert_eq!(error(r#"{"stauts":1}"#), "unknown field `stauts`, expected one of `repo`, `statusFilter`, `limit`");
        assert_eq!(
            error(r#"{"statusFilter":["in_sync","gone"]}"#),
            "`statusFilter[1]`: unknown variant `gone`, expected `in_sync` or `drifted`"
        );
        assert_eq!(error(r#"{"repo":7}"#), "`repo`: invalid type: integer `7`, expected a string");
        assert_eq!(error(r#"{"limit":500}"#), "`limit`: must be between 1 and 100 (got 500)");
        assert_eq!(error(r#"{"limit":-1}"#), "`limit`: must be between 1 and 100 (got -1)");
    }

    #[test]
    fn a_title_is_the_name_in_words() {
        assert_eq!(title("list_my_permissions"), "List my permissions");
        assert_eq!(title(""), "");
    }
}
