//! What each tool needs: `tools/policy.toml`, and the operator's own file in the same format.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::permission::Permission;

/// The policy of the built-in catalog.
const BUILT_IN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/policy.toml"));

/// Who may call a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// Any valid token.
    AnyCaller,
    /// A role and a scope that both have this permission.
    Permission(Permission),
}

impl Requirement {
    /// The permission it stands for, if any.
    pub const fn permission(self) -> Option<Permission> {
        match self {
            Self::AnyCaller => None,
            Self::Permission(permission) => Some(permission),
        }
    }

    /// Whether whoever meets this requirement also meets `other`. Every grant includes
    /// `ws:workspace:read`, so any permission covers membership.
    pub fn covers(self, other: Self) -> bool {
        match (self, other) {
            (_, Self::AnyCaller) => true,
            (Self::AnyCaller, Self::Permission(_)) => false,
            (Self::Permission(mine), Self::Permission(theirs)) => mine == theirs || theirs == Permission::WorkspaceRead,
        }
    }

    /// The word in the policy file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AnyCaller => "none",
            Self::Permission(Permission::WorkspaceRead) => "membership",
            Self::Permission(permission) => permission.key(),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::AnyCaller),
            "membership" => Some(Self::Permission(Permission::WorkspaceRead)),
            key => Permission::parse(key).map(Self::Permission),
        }
    }
}

/// Whether WASI is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wasi {
    /// WASI preview 2 with an empty context: no file, variable, argument or socket.
    Empty,
}

/// What one call of a tool may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolLimits {
    /// Units of wasmtime fuel, about one per instruction.
    pub fuel: u64,
    /// Bytes of linear memory.
    pub memory: usize,
    /// Wall clock, waits for the store included.
    pub wall: Duration,
    /// Calls of capabilities.
    pub host_calls: u32,
    /// Rows read through capabilities.
    pub rows: u32,
    /// Bytes of long texts read through capabilities: logs and Markdown.
    pub text_bytes: u32,
    /// Bytes of the result.
    pub result_bytes: usize,
    /// Bytes of the arguments.
    pub argument_bytes: usize,
}

impl Default for ToolLimits {
    fn default() -> Self {
        Self {
            fuel: 200_000_000,
            memory: 32 << 20,
            wall: Duration::from_secs(10),
            host_calls: 64,
            rows: 2_000,
            text_bytes: 1 << 20,
            result_bytes: 512 << 10,
            argument_bytes: 64 << 10,
        }
    }
}

/// One tool's row.
#[derive(Debug, Clone)]
pub struct PolicyRow {
    /// Who may call it.
    pub requirement: Requirement,
    /// Interfaces of `atmos:mcp` it may import, without package and version.
    pub imports: Vec<String>,
    /// Whether WASI is linked.
    pub wasi: Option<Wasi>,
    /// What one call may use.
    pub limits: ToolLimits,
}

/// The rows of all tools.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    rows: BTreeMap<String, PolicyRow>,
}

/// A policy that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file is not the TOML that it should be.
    #[error("{file}: {message}")]
    Syntax { file: String, message: String },
    /// A row names a permission that does not exist.
    #[error("{file}: tool `{tool}`: permission `{permission}` is not \"none\", \"membership\" or a permission key")]
    UnknownPermission { file: String, tool: String, permission: String },
    /// Two files have a row for one tool.
    #[error("{file}: tool `{tool}` already has a policy row; a tool has one row in one file")]
    Duplicate { file: String, tool: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RowFile {
    permission: String,
    #[serde(default)]
    imports: Vec<String>,
    wasi: Option<Wasi>,
    #[serde(default)]
    limits: LimitsFile,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LimitsFile {
    fuel: Option<u64>,
    memory_mib: Option<u16>,
    wall_ms: Option<u64>,
    host_calls: Option<u32>,
    rows: Option<u32>,
}

impl Policy {
    /// The policy of the built-in catalog.
    pub fn built_in() -> Result<Self, PolicyError> {
        let mut policy = Self::default();
        policy.add("tools/policy.toml", BUILT_IN)?;
        Ok(policy)
    }

    /// Adds the rows of another file; `file` names it in errors.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), PolicyError> {
        let rows: BTreeMap<String, RowFile> = toml::from_str(text)
            .map_err(|error| PolicyError::Syntax { file: file.to_owned(), message: error.to_string() })?;
        for (tool, row) in rows {
            let requirement = Requirement::parse(&row.permission).ok_or_else(|| PolicyError::UnknownPermission {
                file: file.to_owned(),
                tool: tool.clone(),
                permission: row.permission.clone(),
            })?;
            let limits = row.limits.resolve();
            let row = PolicyRow { requirement, imports: row.imports, wasi: row.wasi, limits };
            if self.rows.insert(tool.clone(), row).is_some() {
                return Err(PolicyError::Duplicate { file: file.to_owned(), tool });
            }
        }
        Ok(())
    }

    /// The row of a tool.
    pub fn row(&self, tool: &str) -> Option<&PolicyRow> {
        self.rows.get(tool)
    }

    /// The names of all tools with a row, in alphabetical order.
    pub fn tools(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }
}

impl LimitsFile {
    fn resolve(self) -> ToolLimits {
        let default = ToolLimits::default();
        ToolLimits {
            fuel: self.fuel.unwrap_or(default.fuel),
            memory: self.memory_mib.map_or(default.memory, |mib| usize::from(mib) << 20),
            wall: self.wall_ms.map_or(default.wall, Duration::from_millis),
            host_calls: self.host_calls.unwrap_or(default.host_calls),
            rows: self.rows.unwrap_or(default.rows),
            ..default
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_policy_is_well_formed() {
        assert!(Policy::built_in().unwrap().tools().count() >= 6);
    }

    #[test]
    fn a_bad_row_is_refused_with_its_file_and_tool() {
        let error = |text: &str| Policy::built_in().unwrap().add("extra.toml", text).unwrap_err().to_string();
        assert_eq!(
            error("[mine]\npermission = \"ws:nothing:read\""),
            "extra.toml: tool `mine`: permission `ws:nothing:read` is not \"none\", \"membership\" or a permission key"
        );
        assert_eq!(
            error("[list_repos]\npermission = \"none\""),
            "extra.toml: tool `list_repos` already has a policy row; a tool has one row in one file"
        );
        assert!(error("[mine]\npermission = \"none\"\nimport = []").contains("unknown field `import`"));
    }

    #[test]
    fn membership_is_covered_by_any_permission_and_nothing_covers_more() {
        let membership = Requirement::Permission(Permission::WorkspaceRead);
        let audit = Requirement::Permission(Permission::AuditLogRead);
        assert!(audit.covers(membership) && membership.covers(Requirement::AnyCaller));
        assert!(!membership.covers(audit) && !Requirement::AnyCaller.covers(membership));
    }
}
