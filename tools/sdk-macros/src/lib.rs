//! `#[tool]` and `#[args]`: what keeps a tool file down to its own words.

mod args;
mod tool;

use proc_macro::TokenStream;

/// Makes a function a tool.
///
/// The function's name is the tool's name, its doc comment (required) the description, its parameter, if
/// any, the arguments, and the `Ok` type of its `ToolResult` the output. Also emits the component's export
/// and an empty `main`.
#[proc_macro_attribute]
pub fn tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    tool::expand(attribute.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a struct a tool's arguments: a JSON object in camelCase, unknown names refused.
///
/// `#[args(paged)]` adds `limit` and `cursor`, and a method `page()` that gives the page they ask for.
#[proc_macro_attribute]
pub fn args(attribute: TokenStream, item: TokenStream) -> TokenStream {
    args::expand(attribute.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
