//! The checks of one tool before it is compiled. `atmos-mcp tools audit` prints their result.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::error::{LoadError, ToolError};
use super::index::{Index, IndexEntry};
use super::schema;
use crate::authz::{Policy, PolicyRow, Wasi};
use crate::capability::{Capability, PACKAGE, VERSION};
use crate::runtime::{self, gate};

const MAX_NAME: usize = 40;
const MAX_DESCRIPTION: usize = 600;

/// A tool that may be compiled: digest, imports and schemas are as they should be.
pub struct CheckedTool {
    pub(super) entry: IndexEntry,
    /// Its policy row.
    pub row: PolicyRow,
    /// `interface → functions`, from the binary.
    pub imports: Vec<(String, Vec<String>)>,
    pub(super) bytes: Vec<u8>,
}

impl CheckedTool {
    /// Tool name.
    pub fn name(&self) -> &str {
        &self.entry.name
    }

    /// SHA-256 of the component, hexadecimal.
    pub fn digest(&self) -> &str {
        &self.entry.sha256
    }

    /// Bytes of the component.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Display name.
    pub fn title(&self) -> &str {
        &self.entry.title
    }

    /// When to use the tool.
    pub fn description(&self) -> &str {
        &self.entry.description
    }

    /// JSON Schema of the arguments.
    pub fn input_schema(&self) -> &serde_json::Value {
        &self.entry.input_schema
    }

    /// JSON Schema of the structured output.
    pub fn output_schema(&self) -> Option<&serde_json::Value> {
        self.entry.output_schema.as_ref()
    }
}

/// Tools that may be compiled, and tools refused with the reason.
pub type Checked = (Vec<CheckedTool>, Vec<(String, ToolError)>);

/// Checks every tool of all folders.
pub fn check_all(dirs: &[PathBuf], policy: &Policy) -> Result<Checked, LoadError> {
    let mut names = BTreeSet::new();
    let (mut tools, mut refused) = (Vec::new(), Vec::new());
    for dir in dirs {
        for entry in Index::read(dir)?.tools {
            let name = entry.name.clone();
            let first = names.insert(name.clone());
            let checked = if first { check(dir, entry, policy) } else { Err(ToolError::DuplicateName) };
            match checked {
                Ok(tool) => tools.push(tool),
                Err(error) => refused.push((name, error)),
            }
        }
    }
    match policy.tools().find(|row| !names.contains(*row)) {
        Some(row) => Err(LoadError::RowWithoutTool(row.to_owned())),
        None => Ok((tools, refused)),
    }
}

fn check(dir: &Path, entry: IndexEntry, policy: &Policy) -> Result<CheckedTool, ToolError> {
    check_name(&entry.name)?;
    let length = entry.description.chars().count();
    if length == 0 || length > MAX_DESCRIPTION {
        return Err(ToolError::BadDescription { found: length, limit: MAX_DESCRIPTION });
    }
    let bad_schema = |which| move |problem| ToolError::BadSchema { which, problem };
    schema::lint_input(&entry.input_schema).map_err(bad_schema("input"))?;
    if let Some(output) = &entry.output_schema {
        schema::lint_output(output).map_err(bad_schema("output"))?;
    }
    let row = policy.row(&entry.name).cloned().ok_or_else(|| ToolError::NoPolicyRow(entry.name.clone()))?;
    let bytes = read_component(dir, &entry)?;
    let surface = gate(&bytes)?;
    check_grants(&row)?;
    for (import, functions) in &surface.imports {
        check_import(import, functions, &row)?;
    }
    if !surface.exports.iter().any(|export| *export == format!("{PACKAGE}/handler@{VERSION}")) {
        return Err(ToolError::NoHandler);
    }
    Ok(CheckedTool { entry, row, imports: surface.imports, bytes })
}

fn check_name(name: &str) -> Result<(), ToolError> {
    let good = name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if good { Ok(()) } else { Err(ToolError::BadName) }
}

/// Reads the component and compares its digest, before anything parses it.
fn read_component(dir: &Path, entry: &IndexEntry) -> Result<Vec<u8>, ToolError> {
    let path = dir.join(&entry.file);
    // Security: the index names a file of its own folder, not a path.
    if Path::new(&entry.file).file_name() != Some(entry.file.as_ref()) {
        let source = std::io::Error::from(std::io::ErrorKind::InvalidFilename);
        return Err(ToolError::Unreadable { path, source });
    }
    let bytes = std::fs::read(&path).map_err(|source| ToolError::Unreadable { path, source })?;
    let found = digest(&bytes);
    if found == entry.sha256 {
        Ok(bytes)
    } else {
        Err(ToolError::WrongDigest { expected: entry.sha256.clone(), found })
    }
}

/// SHA-256, hexadecimal.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// Every interface that a row grants exists, and its permission is covered by the row's.
fn check_grants(row: &PolicyRow) -> Result<(), ToolError> {
    for interface in &row.imports {
        let capability = Capability::find(interface).ok_or_else(|| ToolError::UnknownGrant(interface.clone()))?;
        if !row.requirement.covers(capability.requirement) {
            return Err(ToolError::NotCovered {
                interface: interface.clone(),
                needed: capability.requirement.name(),
                has: row.requirement.name(),
            });
        }
    }
    if row.limits.memory > runtime::MAX_MEMORY {
        return Err(ToolError::TooMuchMemory { wanted: row.limits.memory >> 20, limit: runtime::MAX_MEMORY >> 20 });
    }
    Ok(())
}

/// An import is an interface of this host that the row grants, or WASI where the row links it.
fn check_import(import: &str, functions: &[String], row: &PolicyRow) -> Result<(), ToolError> {
    if import.starts_with("wasi:") {
        return match row.wasi {
            Some(Wasi::Empty) => Ok(()),
            None => Err(ToolError::Wasi(import.to_owned())),
        };
    }
    let interface = import
        .strip_prefix(PACKAGE)
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|rest| rest.split_once('@'))
        .filter(|(interface, version)| version.starts_with("0.1.") && Capability::find(interface).is_some());
    let Some((interface, _)) = interface else { return Err(ToolError::UnknownImport(import.to_owned())) };
    if row.imports.iter().any(|granted| granted == interface) {
        return Ok(());
    }
    Err(ToolError::NotGranted { interface: interface.to_owned(), functions: functions.join(", ") })
}
