//! Rules of the sources that no lint knows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use atmos_mcp::authz::Policy;
use tests::harness::root;

/// Lines of a source file at most.
const MAX_LINES: usize = 400;

/// Methods of MCP, which look like paths.
const METHODS: [&str; 2] = ["tools/call", "tools/list"];

/// All Rust files below a folder, with their text.
fn sources(folder: &str) -> Result<Vec<(PathBuf, String)>> {
    let mut folders = vec![root().join(folder)];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path)?;
                sources.push((path, text));
            }
        }
    }
    Ok(sources)
}

fn all_sources() -> Result<Vec<(PathBuf, String)>> {
    Ok([sources("host/src")?, sources("tools")?, sources("tests")?].concat())
}

fn document(name: &str) -> Result<String> {
    std::fs::read_to_string(root().join(name)).with_context(|| format!("{name} cannot be read"))
}

#[test]
fn every_file_begins_with_what_it_is_for() -> Result<()> {
    let silent: Vec<PathBuf> =
        all_sources()?.into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "without `//!`: {silent:#?}");
    Ok(())
}

#[test]
fn no_file_is_too_long() -> Result<()> {
    let long: Vec<PathBuf> =
        all_sources()?.into_iter().filter(|(_, text)| text.lines().count() > MAX_LINES).map(|(path, _)| path).collect();
    assert!(long.is_empty(), "more than {MAX_LINES} lines: {long:#?}");
    Ok(())
}

/// Files below `host/src`, outside `homes`, with a line of code that holds one of `words`; tests do not count.
fn strangers(homes: &[&str], words: &[&str]) -> Result<Vec<PathBuf>> {
    let knows = |text: &str| {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.any(|line| words.iter().any(|word| line.contains(word)))
    };
    let at_home = |path: &Path| homes.iter().any(|home| path.starts_with(root().join(home)));
    let found = sources("host/src")?.into_iter().filter(|(path, text)| !at_home(path) && knows(text));
    Ok(found.map(|(path, _)| path).collect())
}

#[test]
fn only_the_store_knows_sql() -> Result<()> {
    let strangers = strangers(&["host/src/store"], &["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "sqlx::"])?;
    assert!(strangers.is_empty(), "SQL outside the store: {strangers:#?}");
    Ok(())
}

#[test]
fn only_the_sandbox_knows_wasmtime() -> Result<()> {
    let homes = ["host/src/runtime", "host/src/capability", "host/src/catalog/load.rs"];
    let strangers = strangers(&homes, &["wasmtime"])?;
    assert!(strangers.is_empty(), "wasmtime outside the sandbox: {strangers:#?}");
    Ok(())
}

#[test]
fn every_tool_has_a_test_of_its_name() -> Result<()> {
    let tests: String = sources("tests/catalog")?.into_iter().map(|(_, text)| text).collect();
    let policy = Policy::built_in()?;
    let untested: Vec<&str> =
        policy.tools().filter(|tool| !tests.contains(&format!("async fn {tool}(engine: Engine)"))).collect();
    assert!(untested.is_empty(), "no test in tests/catalog: {untested:?}");
    Ok(())
}

/// Whether a code span names a file or folder of the repository. What is built is not there to be found.
fn is_path(span: &str) -> bool {
    let is_plain = span.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte));
    let first = span.split('/').next().unwrap_or_default();
    let is_ours = !first.is_empty() && first != "target" && root().join(first).exists();
    let is_source = Path::new(span).extension().is_some_and(|extension| extension == "rs" || extension == "wit");
    is_plain && (is_ours || is_source) && !METHODS.contains(&span)
}

#[test]
fn every_path_in_the_architecture_exists() -> Result<()> {
    let text = document("ARCHITECTURE.md")?;
    let named: BTreeSet<&str> = text.split('`').skip(1).step_by(2).filter(|span| is_path(span)).collect();
    let missing: Vec<&&str> = named.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(!named.is_empty(), "ARCHITECTURE.md names no path");
    assert!(missing.is_empty(), "ARCHITECTURE.md names what is not there: {missing:#?}");
    Ok(())
}

/// `// Security:` says where a promise is kept, so SECURITY.md leads to each.
#[test]
fn every_security_comment_is_in_the_threat_model() -> Result<()> {
    let threats = document("SECURITY.md")?;
    let mut unmentioned = Vec::new();
    let mut comments = 0;
    for (path, text) in sources("host/src")? {
        let count = text.lines().filter(|line| is_security_comment(line)).count();
        comments += count;
        let name = path.strip_prefix(root())?.display().to_string();
        if count > 0 && !threats.contains(&name) {
            unmentioned.push(format!("{name} ({count})"));
        }
    }
    assert!(comments > 20, "only {comments} comments were found");
    assert!(unmentioned.is_empty(), "not in SECURITY.md: {unmentioned:#?}");
    Ok(())
}

fn is_security_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//") && line.contains("Security: ")
}
