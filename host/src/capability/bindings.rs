//! The host's side of the WIT, generated once.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::pedantic,
    clippy::use_self,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::str_to_string,
    unused_qualifications,
    reason = "generated code"
)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "tool",
    imports: { default: async | trappable },
    exports: { default: async },
    require_store_data_send: true,
});
