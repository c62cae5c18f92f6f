//! `atmos-mcp tools list | inspect | audit | docs`: the capability surface, read from the binaries.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::{print, tool_docs};
use crate::authz::Policy;
use crate::catalog::{CheckedTool, check_all};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print the tools with their descriptions.
    List(Folder),
    /// Print one tool: schemas, permission, imports, limits, digest.
    Inspect {
        #[command(flatten)]
        folder: Folder,
        /// Tool name.
        name: String,
    },
    /// Print tool × permission × imported functions × digest, and refuse what the host would refuse.
    Audit {
        #[command(flatten)]
        folder: Folder,
        /// Print JSON, with digests.
        #[arg(long)]
        json: bool,
        /// Compare with a file, digests left out, and fail if it differs.
        #[arg(long)]
        check: Option<PathBuf>,
    },
    /// Print the reference of the tools in Markdown.
    Docs {
        #[command(flatten)]
        folder: Folder,
        /// Arguments to show for each tool, a JSON object by tool name.
        #[arg(long, default_value = "docs/tool-examples.json")]
        examples: PathBuf,
        /// Compare with a file, and fail if it differs.
        #[arg(long)]
        check: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Folder {
    /// Folder with the built tools.
    #[arg(long, default_value = "target/tools")]
    tools: PathBuf,
    /// Policy file of third-party tools, in place of the built-in one.
    #[arg(long)]
    policy: Option<PathBuf>,
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List(folder) => {
            for tool in load(&folder)? {
                print(&format!("{:24} {}", tool.name(), tool.description()))?;
            }
            Ok(())
        }
        Command::Inspect { folder, name } => inspect(&folder, &name),
        Command::Audit { folder, json, check } => audit(&folder, json, check.as_deref()),
        Command::Docs { folder, examples, check } => tool_docs::run(&load(&folder)?, &examples, check.as_deref()),
    }
}

fn load(folder: &Folder) -> anyhow::Result<Vec<CheckedTool>> {
    let policy = match &folder.policy {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            let mut policy = Policy::default();
            policy.add(&path.display().to_string(), &text)?;
            policy
        }
        None => Policy::built_in()?,
    };
    let (mut tools, refused) = check_all(std::slice::from_ref(&folder.tools), &policy)?;
    if !refused.is_empty() {
        let lines: Vec<String> = refused.iter().map(|(name, error)| format!("REFUSED {name}: {error}")).collect();
        bail!("{}", lines.join("\n"));
    }
    tools.sort_by(|left, right| left.name().cmp(right.name()));
    Ok(tools)
}

fn inspect(folder: &Folder, name: &str) -> anyhow::Result<()> {
    let tools = load(folder)?;
    let tool = tools.iter().find(|tool| tool.name() == name);
    let tool = tool.with_context(|| format!("no tool `{name}`; `atmos-mcp tools list` shows those there are"))?;
    let mut report = report(tool);
    if let Some(fields) = report.as_object_mut() {
        fields.insert("title".to_owned(), tool.title().into());
        fields.insert("description".to_owned(), tool.description().into());
        fields.insert("inputSchema".to_owned(), tool.input_schema().clone());
        fields.insert("outputSchema".to_owned(), tool.output_schema().cloned().unwrap_or_default());
        fields.insert(
            "limits".to_owned(),
            json!({
                "fuel": tool.row.limits.fuel,
                "memoryBytes": tool.row.limits.memory,
                "wallMilliseconds": u64::try_from(tool.row.limits.wall.as_millis()).unwrap_or(u64::MAX),
                "hostCalls": tool.row.limits.host_calls,
                "rows": tool.row.limits.rows,
            }),
        );
    }
    Ok(print(&serde_json::to_string_pretty(&report)?)?)
}

fn report(tool: &CheckedTool) -> Value {
    let imports: serde_json::Map<String, Value> =
        tool.imports.iter().map(|(interface, functions)| (interface.clone(), functions.clone().into())).collect();
    json!({
        "tool": tool.name(),
        "permission": tool.row.requirement.name(),
        "imports": imports,
        "unusedGrants": unused_grants(tool),
        "wasi": tool.row.wasi.is_some(),
        "sha256": tool.digest(),
        "bytes": tool.size(),
    })
}

/// What the policy row grants and the component does not use.
fn unused_grants(tool: &CheckedTool) -> Vec<String> {
    let used = |granted: &&String| tool.imports.iter().any(|(import, _)| import.contains(&format!("/{granted}@")));
    tool.row.imports.iter().filter(|granted| !used(granted)).cloned().collect()
}

fn audit(folder: &Folder, as_json: bool, check: Option<&Path>) -> anyhow::Result<()> {
    let tools = load(folder)?;
    if as_json {
        let reports: Vec<Value> = tools.iter().map(report).collect();
        return Ok(print(&serde_json::to_string_pretty(&reports)?)?);
    }
    let Some(golden) = check else {
        return Ok(print(table(&tools, true).trim_end())?);
    };
    // Digests depend on the compiler; what a tool may touch does not.
    let (expected, found) = (std::fs::read_to_string(golden), table(&tools, false));
    if expected.with_context(|| format!("cannot read {}", golden.display()))? == found {
        return Ok(print(&format!("{} tools, as in {}", tools.len(), golden.display()))?);
    }
    bail!(
        "the capability surface differs from {}. It is now:\n\n{found}\nReview it, then write it to the file.",
        golden.display()
    );
}

/// The reviewer's table.
fn table(tools: &[CheckedTool], digests: bool) -> String {
    let mut lines = vec![format!("{:32} {:32} {}", "TOOL", "PERMISSION", "IMPORTED FUNCTIONS")];
    for tool in tools {
        let mut imports: Vec<String> = tool
            .imports
            .iter()
            .flat_map(|(interface, functions)| functions.iter().map(move |function| format!("{interface}#{function}")))
            .collect();
        imports.extend(unused_grants(tool).into_iter().map(|granted| format!("(granted, not used: {granted})")));
        let imports = if imports.is_empty() { "(none)".to_owned() } else { imports.join(" ") };
        lines.push(format!("{:32} {:32} {imports}", tool.name(), tool.row.requirement.name()));
        if digests {
            lines.push(format!("{:32} sha256:{} {} bytes", "", tool.digest(), tool.size()));
        }
    }
    lines.join("\n") + "\n"
}
