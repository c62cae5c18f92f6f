//! Third-party tools for a test: some of the fixtures of `tools/fixtures`, with just their policy rows.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::app::{Fixture, root};

/// A folder with components, `catalog.json` and a policy file. It goes away with this value, so it must
/// live until the server has started.
pub struct ExtraTools {
    folder: TempDir,
}

impl ExtraTools {
    /// These fixtures, with their rows of `tools/fixtures/policy.toml`.
    pub fn new(fixtures: &[&str]) -> Result<Self> {
        let policy = std::fs::read_to_string(root().join("tools/fixtures/policy.toml"))?;
        let rows: Vec<&str> = fixtures.iter().map(|fixture| row(&policy, fixture)).collect::<Result<_>>()?;
        Self::with_policy(fixtures, &rows.concat())
    }

    /// These fixtures, with a policy file of this text.
    pub fn with_policy(fixtures: &[&str], policy: &str) -> Result<Self> {
        let folder = TempDir::new()?;
        let wanted = |tool: &Value| fixtures.iter().any(|name| tool["name"] == *name);
        let tools: Vec<Value> = built_index()?.into_iter().filter(wanted).collect();
        ensure!(tools.len() == fixtures.len(), "one of {fixtures:?} is not in target/fixtures");
        for tool in &tools {
            let file = tool["file"].as_str().context("`file` of a fixture")?;
            std::fs::copy(built().join(file), folder.path().join(file))?;
        }
        std::fs::write(folder.path().join("catalog.json"), json!({ "tools": tools }).to_string())?;
        std::fs::write(folder.path().join("policy.toml"), policy)?;
        Ok(Self { folder })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// The policy file.
    pub fn policy(&self) -> PathBuf {
        self.dir().join("policy.toml")
    }

    /// The file of a component.
    pub fn component(&self, tool: &str) -> PathBuf {
        self.dir().join(format!("{tool}.wasm"))
    }

    /// Changes what the index says of a tool.
    pub fn edit(&self, tool: &str, change: impl FnOnce(&mut Value)) -> Result<()> {
        let path = self.dir().join("catalog.json");
        let mut index: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
        let tools = index["tools"].as_array_mut().context("`tools` of the index")?;
        change(tools.iter_mut().find(|entry| entry["name"] == tool).context("a tool of the index")?);
        Ok(std::fs::write(&path, index.to_string())?)
    }

    /// Puts these bytes in a component's place and their digest into the index, as a packager would.
    pub fn repackage(&self, tool: &str, bytes: &[u8]) -> Result<()> {
        std::fs::write(self.component(tool), bytes)?;
        let digest = hex(&Sha256::digest(bytes));
        self.edit(tool, |entry| entry["sha256"] = json!(digest))
    }
}

impl Fixture {
    /// Adds these third-party tools.
    #[must_use]
    pub fn extra(self, tools: &ExtraTools) -> Self {
        self.extra_tools(tools.dir().to_owned(), tools.policy())
    }

    /// Why the server does not start.
    pub async fn refusal(self) -> Result<String> {
        let Err(error) = self.start().await else { bail!("the server started") };
        let text = format!("{error:#}");
        match text.strip_prefix("the server does not start: ") {
            Some(reason) => Ok(reason.to_owned()),
            None => Err(error),
        }
    }
}

/// Whether a fixture was built. Without the target `wasm32-wasip2`, `wasi_probe` is not.
pub fn fixture_is_built(name: &str) -> Result<bool> {
    Ok(built_index()?.iter().any(|tool| tool["name"] == name))
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

fn built() -> PathBuf {
    root().join("target/fixtures")
}

fn built_index() -> Result<Vec<Value>> {
    let json = std::fs::read(built().join("catalog.json")).context("no fixtures: run scripts/build-fixtures.sh")?;
    let mut index: Value = serde_json::from_slice(&json)?;
    Ok(index["tools"].as_array_mut().map(std::mem::take).unwrap_or_default())
}

/// The row of a tool in a policy file: from its header to the next one.
fn row<'p>(policy: &'p str, tool: &str) -> Result<&'p str> {
    let header = format!("[{tool}]\n");
    let start = policy.find(&header).with_context(|| format!("no policy row for the fixture {tool}"))?;
    let body = start + header.len();
    let length = policy.get(body..).and_then(|rest| rest.find("\n[")).map(|length| length + 1);
    let end = length.map_or(policy.len(), |length| body + length);
    Ok(policy.get(start..end).unwrap_or_default())
}
