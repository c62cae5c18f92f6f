//! The index that `just build-tools` writes: `catalog.json`.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::error::LoadError;

/// All packaged tools.
#[derive(Deserialize)]
pub(super) struct Index {
    pub(super) tools: Vec<IndexEntry>,
}

/// One packaged tool, as it described itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IndexEntry {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) input_schema: Value,
    pub(super) output_schema: Option<Value>,
    pub(super) file: String,
    pub(super) sha256: String,
}

impl Index {
    /// Reads the index of a folder.
    pub(super) fn read(dir: &Path) -> Result<Self, LoadError> {
        let path = dir.join("catalog.json");
        let json = std::fs::read(&path).map_err(|source| LoadError::NoIndex { path: path.clone(), source })?;
        serde_json::from_slice(&json).map_err(|source| LoadError::BadIndex { path, source })
    }
}
