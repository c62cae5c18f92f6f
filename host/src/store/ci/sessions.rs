//! Sessions of workflows: short-lived tokens that they get for their OIDC token.

use super::permissions::CiPermission;
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::store::{Reader, StoreError, Tx, sql};

/// A live session with its repository. The columns that come from the OIDC token are as GitHub signed them.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct CiSession {
    pub(crate) workspace_id: String,
    pub(crate) repository_id: String,
    pub(crate) host: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    /// Names of [`CiPermission`], space-separated.
    pub(crate) permissions: String,
    pub(crate) github_run_id: Option<i64>,
    pub(crate) run_attempt: Option<i64>,
    pub(crate) sha: Option<String>,
    /// For example `refs/heads/main` or `refs/pull/7/merge`.
    pub(crate) git_ref: Option<String>,
    /// File name in `.github/workflows/`.
    pub(crate) workflow_file: Option<String>,
    pub(crate) actor: Option<String>,
    /// Microseconds since the Unix epoch.
    pub(crate) created_at: i64,
}

impl CiSession {
    /// Whether the session was opened with this permission.
    pub(crate) fn allows(&self, permission: CiPermission) -> bool {
        self.permissions.split(' ').any(|name| name == permission.name())
    }

    /// Whether this is the session's repository. GitHub's names do not differ by case.
    pub(crate) fn is_of(&self, owner: &str, name: &str) -> bool {
        self.owner.eq_ignore_ascii_case(owner) && self.name.eq_ignore_ascii_case(name)
    }

    /// Where people see the workflow run.
    pub(crate) fn run_url(&self) -> Option<String> {
        self.github_run_id.map(|id| format!("https://{}/{}/{}/actions/runs/{id}", self.host, self.owner, self.name))
    }
}

/// A session to open.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) token_hash: &'a [u8; 32],
    pub(crate) repository_id: &'a str,
    pub(crate) permissions: &'a str,
    pub(crate) github_run_id: Option<i64>,
    pub(crate) run_attempt: Option<i64>,
    pub(crate) sha: Option<&'a str>,
    pub(crate) git_ref: Option<&'a str>,
    pub(crate) workflow_file: Option<&'a str>,
    pub(crate) environment: Option<&'a str>,
    pub(crate) actor: Option<&'a str>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Opens a session, and forgets those that have expired.
pub(crate) async fn insert_session(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    session: &NewSession<'_>,
) -> Result<(), StoreError> {
    tx.execute(sql("DELETE FROM ci_sessions WHERE expires_at <= $1").bind(session.created_at)).await?;
    tx.execute(
        sql("INSERT INTO ci_sessions (token_hash, workspace_id, repository_id, permissions, github_run_id, \
             run_attempt, sha, ref, workflow_file, environment, actor, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
        .bind(session.token_hash)
        .bind(scope.workspace_id())
        .bind(session.repository_id)
        .bind(session.permissions)
        .bind(session.github_run_id)
        .bind(session.run_attempt)
        .bind(session.sha)
        .bind(session.git_ref)
        .bind(session.workflow_file)
        .bind(session.environment)
        .bind(session.actor)
        .bind(session.created_at)
        .bind(session.expires_at),
    )
    .await?;
    note_workflow(tx, scope, session).await
}

/// Remembers that the workflow uploads: that is how one with a name of its own is known to be of Atmos.
async fn note_workflow(tx: &mut Tx, scope: &WorkspaceScope, session: &NewSession<'_>) -> Result<(), StoreError> {
    let Some(file) = session.workflow_file else { return Ok(()) };
    tx.execute(
        sql("INSERT INTO uploading_workflows (repository_id, workflow_file, workspace_id) VALUES ($1, $2, $3) \
             ON CONFLICT (repository_id, workflow_file) DO NOTHING")
        .bind(session.repository_id)
        .bind(file)
        .bind(scope.workspace_id()),
    )
    .await?;
    Ok(())
}

/// The session with this hash, unless it has expired, its repository is no longer connected, or its workspace is not
/// active.
pub(crate) async fn find_live_session(
    reader: &Reader,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<CiSession>, StoreError> {
    reader
        .fetch_optional(
            sql("SELECT s.workspace_id, s.repository_id, r.host, r.owner, r.name, s.permissions, s.github_run_id, \
                 s.run_attempt, s.sha, s.ref AS git_ref, s.workflow_file, s.actor, s.created_at \
                 FROM ci_sessions s JOIN repositories r ON r.id = s.repository_id \
                 JOIN workspaces w ON w.id = s.workspace_id \
                 WHERE s.token_hash = $1 AND s.expires_at > $2 AND r.status = 'active' AND w.status = 'active'")
            .bind(hash)
            .bind(now),
        )
        .await
}
