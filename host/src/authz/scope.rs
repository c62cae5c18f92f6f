//! Which workspace a read or write concerns.

/// One workspace, proven by authentication.
///
/// Every workspace-scoped function of the store takes it first. It has no public constructor from text:
/// a [`super::Caller`] makes it from a token's record, the upload endpoint from a workspace token's
/// record, and the operator's commands from the database row they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceScope {
    workspace_id: String,
}

impl WorkspaceScope {
    /// Security: only from a row that authentication or the operator's command line has just read.
    pub(crate) fn from_record(workspace_id: impl Into<String>) -> Self {
        Self { workspace_id: workspace_id.into() }
    }

    /// The workspace's id, `ws_…`.
    pub fn workspace_id(&self) -> &str {
        &self.workspace_id
    }
}
