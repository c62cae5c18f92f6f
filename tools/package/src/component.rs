//! Core module → component.

use anyhow::{Context as _, Result};
use wit_component::ComponentEncoder;

/// The layer field of a component's header; a core module has `01 00 00 00` there.
const COMPONENT_HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// Encodes a core module as component, its imports cut down to the functions that it really calls.
pub(crate) fn encode(wasm: &[u8]) -> Result<Vec<u8>> {
    if wasm.starts_with(COMPONENT_HEADER) {
        return Ok(wasm.to_vec());
    }
    ComponentEncoder::default()
        .validate(true)
        .module(wasm)
        .and_then(ComponentEncoder::encode)
        .context("the module does not fit the world `tool`; is it built with the sdk and #[tool]?")
}
