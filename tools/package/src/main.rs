//! Packages tools: core module → component → description → `catalog.json`.
//!
//! ```text
//! package --input target/wasm32-unknown-unknown/tool --output target/tools list_repos get_repo …
//! ```
//!
//! An input that already is a component (built for `wasm32-wasip2`) is taken as it is. A tool whose core
//! module has not changed since the last run is left alone. The index holds the tools named in this run
//! and no others.

mod component;
mod describe;
mod index;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::describe::Describer;
use crate::index::{Entry, Index};

fn main() -> Result<()> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    std::fs::create_dir_all(&arguments.output)
        .with_context(|| format!("cannot create {}", arguments.output.display()))?;
    let previous = Index::read(&arguments.output)?;
    let mut describer = None;
    let mut index = Index::default();
    let total = arguments.names.len();
    for (position, name) in arguments.names.iter().enumerate() {
        let core = read(&arguments.input.join(format!("{name}.wasm")))?;
        let source = index::digest(&core);
        let entry = if let Some(entry) = previous.unchanged(name, &source, &arguments.output)? {
            entry
        } else {
            progress(&format!("packaging {name} ({} of {total})", position + 1))?;
            let describer = match &mut describer {
                Some(describer) => describer,
                none => none.insert(Describer::new().map_err(anyhow::Error::from)?),
            };
            package(name, &core, source, describer, &arguments.output).with_context(|| format!("tool `{name}`"))?
        };
        index.tools.push(entry);
    }
    index.write(&arguments.output)?;
    progress(&format!("{total} tools in {}", arguments.output.display()))
}

/// Encodes one component, has it describe itself, and writes it.
fn package(name: &str, core: &[u8], source: String, describer: &mut Describer, output: &Path) -> Result<Entry> {
    let component = component::encode(core)?;
    let description = describer.describe(&component).map_err(anyhow::Error::from)?;
    if description.name != name {
        bail!("the file is named `{name}`, but the tool says that it is `{}`: name both alike", description.name);
    }
    let file = format!("{name}.wasm");
    std::fs::write(output.join(&file), &component).with_context(|| format!("cannot write {file}"))?;
    Ok(Entry::new(description, file, index::digest(&component), source))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path)
        .with_context(|| format!("cannot read {}: build the tools first (just build-tools)", path.display()))
}

fn progress(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr(), "{line}")?)
}

struct Arguments {
    input: PathBuf,
    output: PathBuf,
    names: Vec<String>,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let (mut input, mut output, mut names) = (None, None, Vec::new());
        while let Some(word) = words.next() {
            match word.as_str() {
                "--input" => input = words.next(),
                "--output" => output = words.next(),
                option if option.starts_with('-') => bail!("unknown option {option}"),
                _ => names.push(word),
            }
        }
        names.sort();
        match (input, output) {
            (Some(input), Some(output)) if !names.is_empty() => {
                Ok(Self { input: input.into(), output: output.into(), names })
            }
            _ => bail!("usage: package --input DIR --output DIR TOOL…"),
        }
    }
}
