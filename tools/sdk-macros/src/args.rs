//! `#[args]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser as _;
use syn::{Error, Fields, Ident, ItemStruct, Result};

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let paged = is_paged(attribute)?;
    let mut item: ItemStruct = syn::parse2(item)?;
    let Fields::Named(fields) = &mut item.fields else {
        return Err(Error::new_spanned(&item, "#[args] takes a struct with named fields"));
    };
    if paged {
        let paging = [
            quote! {
                limit: ::core::option::Option<::sdk::paging::Limit>
            },
            quote! {
                cursor: ::core::option::Option<::std::string::String>
            },
        ];
        for field in paging {
            fields.named.push(syn::Field::parse_named.parse2(field)?);
        }
    }
    let name = &item.ident;
    let page = paged.then(|| {
        quote! {
            impl #name {
                /// The page that `limit` and `cursor` ask for.
                fn page(&self) -> ::sdk::capability::types::PageRequest {
                    ::sdk::paging::page(self.limit, self.cursor.as_deref())
                }
            }
        }
    });
    Ok(quote! {
        #[derive(::sdk::serde::Deserialize, ::sdk::schemars::JsonSchema)]
        #[serde(crate = "::sdk::serde", rename_all = "camelCase", deny_unknown_fields)]
        #[schemars(crate = "::sdk::schemars")]
        #item
        #page
    })
}

fn is_paged(attribute: TokenStream) -> Result<bool> {
    if attribute.is_empty() {
        return Ok(false);
    }
    let word: Ident = syn::parse2(attribute)?;
    if word == "paged" { Ok(true) } else { Err(Error::new(word.span(), "#[args] or #[args(paged)]")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paged_arguments_have_limit_cursor_and_page() {
        let item = quote! {
            struct Args {
                            stack: Option<String>,
            }
        };
        insta::assert_snapshot!(crate::tool::tests::pretty(expand(quote!(paged), item).unwrap()));
    }

    #[test]
    fn other_words_and_tuple_structs_are_refused() {
        assert!(
            expand(
                quote!(page),
                quote!(
                    struct Args {}
                )
            )
            .is_err()
        );
        assert!(
            expand(
                quote!(),
                quote!(
                    struct Args(String);
                )
            )
            .is_err()
        );
    }
}
