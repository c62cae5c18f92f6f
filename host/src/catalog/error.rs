//! Why a catalog or a tool is not loaded. The texts are for operators and tool authors.

use std::path::PathBuf;

use crate::runtime::GateError;

/// The catalog cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No index.
    #[error("no tools in {}: run `just build-tools`", .path.display())]
    NoIndex { path: PathBuf, source: std::io::Error },
    /// The index is damaged.
    #[error("{} is damaged: run `just build-tools`", .path.display())]
    BadIndex { path: PathBuf, source: serde_json::Error },
    /// A policy row without a tool.
    #[error("the policy has a row for `{0}`, but there is no such tool: build it, or remove the row")]
    RowWithoutTool(String),
    /// One or more tools were refused; each says why.
    #[error("{}", list(.0))]
    Tools(Vec<(String, ToolError)>),
}

fn list(refused: &[(String, ToolError)]) -> String {
    let lines: Vec<String> = refused.iter().map(|(name, error)| format!("tool `{name}`: {error}")).collect();
    lines.join("\n")
}

/// A tool is refused.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The file is missing.
    #[error("its component {} cannot be read: run `just build-tools`", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// The file is not the one that was packaged.
    #[error("its component has the digest {found}, but the index says {expected}: it was changed after packaging")]
    WrongDigest { expected: String, found: String },
    /// No row.
    #[error(
        "no policy row: add [{0}] with `permission` and `imports` to tools/policy.toml (a third-party tool: to `tools.extra_policy`)"
    )]
    NoPolicyRow(String),
    /// Two tools of one name.
    #[error("another tool has the same name")]
    DuplicateName,
    /// A name that clients would refuse.
    #[error(
        "the name must start with a lower-case letter and have at most 40 lower-case letters, digits and underscores"
    )]
    BadName,
    /// A description that does not help an agent.
    #[error("the description must have 1 to {limit} characters (it has {found})")]
    BadDescription { found: usize, limit: usize },
    /// A schema that clients would refuse.
    #[error("its {which} schema cannot be used: {problem}")]
    BadSchema { which: &'static str, problem: String },
    /// The parse gate.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// WASI, and the row does not allow it.
    #[error(
        "imports `{0}`, but no WASI is linked: build for wasm32-unknown-unknown, or set wasi = \"empty\" in its policy row"
    )]
    Wasi(String),
    /// An interface that this host does not have.
    #[error("imports `{0}`, which this host does not offer: build against atmos:mcp@0.1.x")]
    UnknownImport(String),
    /// An interface that its row does not grant.
    #[error(
        "imports `{interface}` ({functions}), which its policy row does not grant: add it to `imports`, or do without it"
    )]
    NotGranted { interface: String, functions: String },
    /// An interface whose permission the row does not cover.
    #[error("imports `{interface}`, which needs `{needed}`, but its policy row asks for `{has}` alone")]
    NotCovered { interface: String, needed: &'static str, has: &'static str },
    /// A row that allows more memory than a slot has.
    #[error("its policy row allows {wanted} MiB of memory; this host allows {limit}")]
    TooMuchMemory { wanted: usize, limit: usize },
    /// A row that grants what does not exist.
    #[error("its policy row grants `{0}`, which is no interface of this host")]
    UnknownGrant(String),
    /// No handler.
    #[error("does not export `atmos:mcp/handler@0.1.0`: use #[tool]")]
    NoHandler,
    /// The compiler or linker refused it.
    #[error("cannot be compiled and linked: {0}")]
    Compile(String),
}
