//! One row of the audit log.

use crate::clock::Timestamp;

/// Who did it.
#[derive(Debug, Clone)]
pub enum Actor {
    /// An MCP client with a grant, acting for a user.
    McpClient { user_id: String, client_id: String, grant_id: String },
    /// A person in the browser.
    User { user_id: String },
    /// A CI workflow with a workspace token or session.
    GithubAction { id: String },
    /// GitHub itself, by its webhook.
    GithubApp,
    /// Who runs the server, on its command line.
    Operator,
    /// Somebody who has not proven who they are.
    Anonymous,
}

impl Actor {
    /// The name in the database and in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::McpClient { .. } => "mcp_client",
            Self::User { .. } => "user",
            Self::GithubAction { .. } => "github_action",
            Self::GithubApp => "github_app",
            Self::Operator => "operator",
            Self::Anonymous => "anonymous",
        }
    }

    /// The actor's id: a user's, a workflow's token, or `webhook`.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::McpClient { user_id, .. } | Self::User { user_id } => Some(user_id),
            Self::GithubAction { id } => Some(id),
            Self::GithubApp => Some("webhook"),
            Self::Operator | Self::Anonymous => None,
        }
    }
}

/// What a tool call used.
#[derive(Debug, Clone, Default)]
pub struct ToolUse {
    /// SHA-256 of the component, hexadecimal.
    pub component_digest: String,
    /// From dispatch to result, in microseconds.
    pub duration_micros: i64,
    /// Units of fuel.
    pub fuel: i64,
    /// Calls of capabilities.
    pub host_calls: i64,
    /// Rows read through capabilities.
    pub rows_read: i64,
    /// Bytes of the result.
    pub result_bytes: i64,
}

/// Where a permission was missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeniedSide {
    /// The user's role does not have it.
    Role,
    /// The role has it, the token was not granted it.
    Scope,
}

impl DeniedSide {
    /// The name in the database and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Scope => "scope",
        }
    }
}

/// One event, built with [`Entry::new`] and the `with_…` methods.
#[derive(Debug, Clone)]
pub struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) workspace_id: Option<String>,
    pub(crate) actor: Actor,
    pub(crate) category: &'static str,
    pub(crate) action: &'static str,
    pub(crate) target: Option<(&'static str, String)>,
    pub(crate) outcome: &'static str,
    pub(crate) detail: Option<String>,
    pub(crate) denied_side: Option<DeniedSide>,
    pub(crate) metadata: Option<String>,
    pub(crate) tool_use: Option<ToolUse>,
    pub(crate) request_id: String,
    pub(crate) counts_against_limits: bool,
}

impl Entry {
    /// An event with outcome `ok`. Category and action are words of `docs/audit-log.md`.
    pub fn new(
        at: Timestamp,
        actor: Actor,
        (category, action): (&'static str, &'static str),
        request_id: impl Into<String>,
    ) -> Self {
        Self {
            at,
            workspace_id: None,
            actor,
            category,
            action,
            target: None,
            outcome: "ok",
            detail: None,
            denied_side: None,
            metadata: None,
            tool_use: None,
            request_id: request_id.into(),
            counts_against_limits: false,
        }
    }

    /// The workspace it happened in.
    #[must_use]
    pub fn with_workspace(mut self, workspace_id: impl Into<String>) -> Self {
        self.workspace_id = Some(workspace_id.into());
        self
    }

    /// What it was done to.
    #[must_use]
    pub fn with_target(mut self, kind: &'static str, id: impl Into<String>) -> Self {
        self.target = Some((kind, id.into()));
        self
    }

    /// How it ended, and why if not well. Outcomes: `ok`, `tool_error`, `denied`, `rate_limited`,
    /// `sandbox_fault`, `cancelled`, `refused`.
    #[must_use]
    pub fn with_outcome(mut self, outcome: &'static str, detail: Option<String>) -> Self {
        self.outcome = outcome;
        self.detail = detail;
        self
    }

    /// Where the permission was missing; for the outcome `denied`.
    #[must_use]
    pub fn with_denied_side(mut self, side: DeniedSide) -> Self {
        self.denied_side = Some(side);
        self
    }

    /// Facts about it, as JSON. Security: never a secret; arguments go through [`super::redact()`] first.
    #[must_use]
    pub fn with_metadata(mut self, metadata: &serde_json::Value) -> Self {
        self.metadata = Some(metadata.to_string());
        self
    }

    /// What the tool call used; the row then also counts against the grant's daily limit.
    #[must_use]
    pub fn with_tool_use(mut self, tool_use: ToolUse) -> Self {
        self.tool_use = Some(tool_use);
        self.counts_against_limits = true;
        self
    }
}
