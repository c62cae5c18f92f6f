//! The contract between a tool function and the host.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::bindings::atmos::mcp::types::CapabilityError;
use crate::bindings::exports::atmos::mcp::handler::{Descriptor, Guest, Output};
use crate::output::IntoOutput;
use crate::{arguments, echo, schema};

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
        run::<T>(&arguments).map_err(|error| echo::tidy(error, &arguments))
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

fn run<T: Tool>(arguments: &str) -> ToolResult<Output> {
    let args = arguments::parse(arguments).map_err(ToolError::InvalidArguments)?;
    <T as Tool>::call(args)?.into_output()
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

    #[test]
    fn a_title_is_the_name_in_words() {
        assert_eq!(title("list_my_permissions"), "List my permissions");
        assert_eq!(title(""), "");
    }
}
