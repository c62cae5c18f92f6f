//! The catalog index, `catalog.json`.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::describe::Descriptor;

const FILE: &str = "catalog.json";

/// The packaged tools, in order of their names.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) tools: Vec<Entry>,
}

/// One packaged tool.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    name: String,
    title: String,
    description: String,
    input_schema: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<Value>,
    file: String,
    /// SHA-256 of the component, hexadecimal; the host refuses another.
    sha256: String,
    /// SHA-256 of the core module that it was made from.
    source_sha256: String,
}

impl Entry {
    pub(crate) fn new(description: Descriptor, file: String, sha256: String, source_sha256: String) -> Self {
        Self {
            name: description.name,
            title: description.title,
            description: description.description,
            input_schema: parse(&description.input_schema),
            output_schema: description.output_schema.as_deref().map(parse),
            file,
            sha256,
            source_sha256,
        }
    }
}

impl Index {
    /// The index of the last run; empty if there is none or it is of another version.
    pub(crate) fn read(output: &Path) -> Result<Self> {
        match std::fs::read(output.join(FILE)) {
            Ok(json) => Ok(serde_json::from_slice(&json).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {FILE}")),
        }
    }

    /// The entry of a tool that was made from the same core module and still has its component.
    pub(crate) fn unchanged(&self, name: &str, source_sha256: &str, output: &Path) -> Result<Option<Entry>> {
        let found = self.tools.iter().find(|entry| entry.name == name && entry.source_sha256 == source_sha256);
        let Some(entry) = found else { return Ok(None) };
        match std::fs::read(output.join(&entry.file)) {
            Ok(component) if digest(&component) == entry.sha256 => Ok(Some(entry.clone())),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", entry.file)),
        }
    }

    pub(crate) fn write(&self, output: &Path) -> Result<()> {
        let json = serde_json::to_vec_pretty(self)?;
        std::fs::write(output.join(FILE), json).with_context(|| format!("cannot write {FILE}"))
    }
}

/// SHA-256, hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes).into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// A schema that is no JSON stays as text: the host's schema lint refuses it by name.
fn parse(schema: &str) -> Value {
    serde_json::from_str(schema).unwrap_or_else(|_| Value::String(schema.to_owned()))
}
