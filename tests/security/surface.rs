//! `atmos-mcp tools audit`: what the built components may touch, beside what a reviewer has agreed to.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, Result};
use atmos_mcp::cli::Cli;
use clap::Parser as _;
use tests::harness::{ExtraTools, root};

/// Runs the command; none if it agrees, or what it says.
async fn tools_audit(tools: &Path, option: &str, value: &Path) -> Result<Option<String>> {
    let head = ["atmos-mcp", "tools", "audit", "--tools"].map(OsString::from);
    let tail: [OsString; 3] = [tools.into(), option.into(), value.into()];
    let arguments = head.into_iter().chain(tail);
    let ran = Cli::try_parse_from(arguments)?.run(|_| None).await;
    Ok(ran.err().map(|error| format!("{error:#}")))
}

#[tokio::test]
async fn the_tools_touch_what_the_golden_file_says() -> Result<()> {
    let golden = root().join("tests/golden/tools-audit.txt");
    let difference = tools_audit(&root().join("target/tools"), "--check", &golden).await?;
    assert_eq!(difference, None);
    Ok(())
}

#[tokio::test]
async fn a_tool_that_touches_more_is_noticed() -> Result<()> {
    let golden = std::fs::read_to_string(root().join("tests/golden/tools-audit.txt"))?;
    let folder = tempfile::TempDir::new()?;
    let reviewed = folder.path().join("reviewed.txt");
    std::fs::write(&reviewed, golden.replace("atmos:mcp/repos@0.1.0#get-repo", "(none)"))?;
    let difference = tools_audit(&root().join("target/tools"), "--check", &reviewed).await?;
    let difference = difference.context("the difference was not noticed")?;
    assert!(difference.starts_with("the capability surface differs from "), "{difference}");
    assert!(difference.contains(&golden), "{difference}");
    Ok(())
}

#[tokio::test]
async fn a_tool_that_would_not_load_is_refused() -> Result<()> {
    let extra = ExtraTools::new(&["ungranted_import"])?;
    let refusal = tools_audit(extra.dir(), "--policy", &extra.policy()).await?.context("it was not refused")?;
    assert!(refusal.starts_with("REFUSED ungranted_import: imports `instances` (list-instances)"), "{refusal}");
    Ok(())
}
