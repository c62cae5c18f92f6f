//! The parse gate: what a component must look like before the compiler sees it.
//!
//! Compiling is not a security boundary: with multi-memory off, an ordinary composed component makes
//! `Component::new` panic, and a crafted one can keep the compiler busy. So size, feature list and counts are
//! checked by a parse that cannot do either.

use wasmparser::{ComponentExternalKind, Encoding, Parser, Payload, Validator, WasmFeatures};

/// Bytes of a component file at most.
const MAX_COMPONENT_BYTES: usize = 4 << 20;

/// Custom sections (names, producers) at most, all together.
const MAX_CUSTOM_BYTES: usize = 1 << 20;

/// wit-component emits the tool's module, a shim and a fixup module.
const MAX_CORE_MODULES: usize = 4;

/// wit-component wraps each exported interface in a small component.
const MAX_NESTED_COMPONENTS: usize = 4;

/// Imports of the component at most; the whole of WASI preview 2 has some twenty.
const MAX_IMPORTS: usize = 64;

/// Core functions at most, over all modules.
const MAX_FUNCTIONS: u32 = 50_000;

/// Why a file is not compiled. The text is for the tool's author.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GateError {
    /// Too large.
    #[error(
        "the file has {0} bytes; a component may have {MAX_COMPONENT_BYTES} (build with opt-level \"s\", lto and strip)"
    )]
    TooLarge(usize),
    /// A core module, or not Wasm at all.
    #[error("the file is not a WebAssembly component; package it with `just build-tools`")]
    NotAComponent,
    /// The bytes do not validate, or use a proposal that is off.
    #[error("the component is not valid for this host: {0}")]
    Invalid(String),
    /// More of something than a tool needs.
    #[error("the component has {count} {what}; this host allows {limit}")]
    TooMany { what: &'static str, count: usize, limit: usize },
}

/// What a component imports and exports, read from its bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// `interface → functions`, in alphabetical order; interfaces that bring types alone are left out.
    pub imports: Vec<(String, Vec<String>)>,
    /// Names of exported instances.
    pub exports: Vec<String>,
}

/// Checks a file and reads its imports and exports.
pub fn check(bytes: &[u8]) -> Result<Surface, GateError> {
    if bytes.len() > MAX_COMPONENT_BYTES {
        return Err(GateError::TooLarge(bytes.len()));
    }
    if !Parser::is_component(bytes) {
        return Err(GateError::NotAComponent);
    }
    count(bytes)?;
    surface(bytes)
}

/// The features of `engine.rs`, as the parser names them.
fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::BULK_MEMORY_OPT
        | WasmFeatures::CALL_INDIRECT_OVERLONG
        | WasmFeatures::SIMD
        | WasmFeatures::FLOATS
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::GC_TYPES
        | WasmFeatures::COMPONENT_MODEL
}

fn invalid(error: wasmparser::BinaryReaderError) -> GateError {
    GateError::Invalid(error.message().to_owned())
}

/// Counts what costs the compiler time or the pool room.
fn count(bytes: &[u8]) -> Result<(), GateError> {
    let (mut memories, mut modules, mut components, mut imports, mut custom) = (0, 0, 0, 0, 0);
    let mut functions: u32 = 0;
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::MemorySection(section) => memories += usize::try_from(section.count()).unwrap_or(usize::MAX),
            Payload::FunctionSection(section) => functions = functions.saturating_add(section.count()),
            Payload::ModuleSection { .. } => {
                modules += 1;
                depth += 1;
            }
            Payload::ComponentSection { .. } => {
                components += 1;
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports += usize::try_from(section.count()).unwrap_or(usize::MAX);
            }
            Payload::CustomSection(section) => custom += section.data().len(),
            _ => {}
        }
    }
    limit("core memories (one tool has one; composed components are refused)", memories, 1)?;
    limit("core modules", modules, MAX_CORE_MODULES)?;
    limit("nested components", components, MAX_NESTED_COMPONENTS)?;
    limit("imports", imports, MAX_IMPORTS)?;
    limit("bytes of custom sections", custom, MAX_CUSTOM_BYTES)?;
    limit(
        "functions",
        usize::try_from(functions).unwrap_or(usize::MAX),
        usize::try_from(MAX_FUNCTIONS).unwrap_or(usize::MAX),
    )
}

fn limit(what: &'static str, count: usize, limit: usize) -> Result<(), GateError> {
    if count > limit { Err(GateError::TooMany { what, count, limit }) } else { Ok(()) }
}

/// Validates the component and lists its imported functions.
fn surface(bytes: &[u8]) -> Result<Surface, GateError> {
    let types = Validator::new_with_features(features()).validate_all(bytes).map_err(invalid)?;
    let mut surface = Surface::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::Version { encoding: Encoding::Module | Encoding::Component, .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let name = import.map_err(invalid)?.name.name;
                    if let Some(functions) = imported_functions(&types.as_ref(), name) {
                        surface.imports.push((name.to_owned(), functions));
                    }
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    if export.kind == ComponentExternalKind::Instance {
                        surface.exports.push(export.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    surface.imports.sort();
    Ok(surface)
}

/// The functions of an imported instance; none if it brings types alone. A bare function is its own list.
fn imported_functions(types: &wasmparser::types::TypesRef<'_>, name: &str) -> Option<Vec<String>> {
    use wasmparser::component_types::ComponentEntityType;
    match types.component_item_for_import(name)?.ty {
        ComponentEntityType::Instance(instance) => {
            let exports = types.get(instance)?.exports.iter();
            let mut functions: Vec<String> = exports
                .filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_)))
                .map(|(name, _)| name.clone())
                .collect();
            functions.sort();
            (!functions.is_empty()).then_some(functions)
        }
        ComponentEntityType::Func(_) => Some(vec![name.to_owned()]),
        ComponentEntityType::Module(_)
        | ComponentEntityType::Value(_)
        | ComponentEntityType::Type { .. }
        | ComponentEntityType::Component(_) => None,
    }
}
