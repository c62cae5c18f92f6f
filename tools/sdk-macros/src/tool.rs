//! `#[tool]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Error, Expr, ExprLit, FnArg, ItemFn, Lit, Meta, Result, ReturnType};

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !attribute.is_empty() {
        return Err(Error::new_spanned(attribute, "#[tool] takes no arguments"));
    }
    let function: ItemFn = syn::parse2(item)?;
    let description = description(&function.attrs);
    if description.is_empty() {
        return Err(Error::new_spanned(
            &function.sig,
            "a tool needs a doc comment: it is the description that agents choose the tool by",
        ));
    }
    let ReturnType::Type(_, output) = &function.sig.output else {
        return Err(Error::new_spanned(&function.sig, "a tool returns ToolResult<T>"));
    };
    let ident = &function.sig.ident;
    let name = ident.to_string();
    let mut inputs = function.sig.inputs.iter();
    let (args, call) = match (inputs.next(), inputs.next()) {
        (None, _) => (quote!(::sdk::tool::NoArgs), quote!(#ident())),
        (Some(FnArg::Typed(argument)), None) => {
            let args = &argument.ty;
            (quote!(#args), quote!(#ident(args)))
        }
        _ => return Err(Error::new_spanned(&function.sig.inputs, "a tool takes one #[args] struct, or nothing")),
    };
    Ok(quote! {
        #function

        struct Component;

        impl ::sdk::tool::Tool for Component {
            const NAME: &'static str = #name;
            const DESCRIPTION: &'static str = #description;
            type Args = #args;
            type Output = <#output as ::core::iter::IntoIterator>::Item;

            fn call(args: Self::Args) -> ::sdk::tool::ToolResult<Self::Output> {
                let _ = &args;
                #call
            }
        }

        ::sdk::bindings::export!(Component with_types_in ::sdk::bindings);

        fn main() {}
    })
}

/// The doc comment as one paragraph.
fn description(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn pretty(tokens: TokenStream) -> String {
        prettyplease::unparse(&syn::parse2(tokens).unwrap())
    }

    #[test]
    fn a_function_becomes_a_tool() {
        let item = quote! {
            /// Lists things.
            ///
            /// Call `count_things` first.
            fn list_things(args: Args) -> ToolResult<Things> {
                Ok(things::list(&args.page())?)
            }
        };
        insta::assert_snapshot!(pretty(expand(TokenStream::new(), item).unwrap()));
    }

    #[test]
    fn a_tool_without_doc_comment_or_result_is_refused() {
        let no_docs = quote!(
            fn list_things() -> ToolResult<Things> {
                todo!()
            }
        );
        let no_result = quote!(
            #[doc = "Lists things."]
            fn list_things() {}
        );
        for item in [no_docs, no_result] {
            assert!(expand(TokenStream::new(), item).is_err());
        }
    }
}
