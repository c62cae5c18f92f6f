//! Badge tokens, and what a badge shows.
//!
//! A repository has at most one token in force. A badge is one read: the token's row proves the workspace and the
//! repository, and everything else hangs on it.

use super::page::Page;
use super::repositories::push_id;
use super::words::STATUSES;
use super::{Query, Reader, StoreError, Tx, Writer, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::id::Entropy;

/// Which token a badge was asked for with: id and generation, as its signature proved them.
pub(crate) type TokenKey<'a> = (&'a str, i64);

/// Which part of the repository a badge shows; an absent field does not restrict.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part<'a> {
    pub(crate) stack: Option<&'a str>,
    pub(crate) component: Option<&'a str>,
}

/// The repository of a token in force.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TokenRepo {
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) last_used_at: Option<i64>,
}

/// Instances of a part by status.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct InstancesRow {
    #[sqlx(flatten)]
    pub(crate) repo: TokenRepo,
    pub(crate) unknown: i64,
    pub(crate) in_sync: i64,
    pub(crate) drifted: i64,
    pub(crate) remediating: i64,
    pub(crate) remediated: i64,
    pub(crate) error: i64,
    pub(crate) disabled: i64,
    pub(crate) orphaned: i64,
    /// Drift detections under way.
    pub(crate) detecting: i64,
}

impl InstancesRow {
    /// Whether the part has no instance, not even an orphaned one.
    pub(crate) const fn is_empty(&self) -> bool {
        self.unknown
            + self.in_sync
            + self.drifted
            + self.remediating
            + self.remediated
            + self.error
            + self.disabled
            + self.orphaned
            == 0
    }
}

/// The latest run of a part; without `status` there is none.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RunRow {
    #[sqlx(flatten)]
    pub(crate) repo: TokenRepo,
    pub(crate) status: Option<String>,
    pub(crate) conclusion: Option<String>,
    pub(crate) approval_state: Option<String>,
    pub(crate) dispatch_error: Option<String>,
}

/// A token with its repository. Times are microseconds since the Unix epoch.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TokenRow {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) generation: i64,
    pub(crate) created_at: i64,
    pub(crate) last_used_at: Option<i64>,
    pub(crate) revoked_at: Option<i64>,
}

/// The newest token of a repository, in force or not.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct NewestToken {
    pub(crate) id: String,
    pub(crate) generation: i64,
    pub(crate) revoked_at: Option<i64>,
}

/// Security: workspace and repository come from the token's row, never from the request.
const TOKEN: &str = "FROM badge_tokens t \
     JOIN workspaces o ON o.id = t.workspace_id AND o.status = 'active' \
     JOIN repositories r ON r.workspace_id = t.workspace_id AND r.id = t.repository_id";

const TOKEN_COLUMNS: &str = "r.owner, r.name, t.last_used_at";

/// The condition of the indexes of deployments, word by word.
const DEPLOYMENTS: &str = " AND w.command IN ('apply', 'remediate')";

/// Reads the instances of a part by status; none if the token is not in force. Drift detections that were created
/// before `since` are taken for lost.
pub(crate) async fn find_instances(
    reader: &Reader,
    token: TokenKey<'_>,
    part: Part<'_>,
    since: Timestamp,
) -> Result<Option<InstancesRow>, StoreError> {
    let counts: Vec<String> = STATUSES.iter().map(|status| count(part, status)).collect();
    let mut query = sql(format!("SELECT {TOKEN_COLUMNS}, {}, ", counts.join(", ")));
    query.push(
        "(SELECT COUNT(*) FROM workflow_runs w WHERE w.workspace_id = t.workspace_id \
         AND w.repository_id = t.repository_id AND w.trigger_kind = 'drift_detection' \
         AND w.status IN ('requested', 'queued', 'pending', 'waiting', 'in_progress') AND w.created_at > ",
    );
    query.push_bind(since);
    part.push(&mut query, "w");
    query.push(&format!(") AS detecting {TOKEN} LEFT JOIN "));
    match (part.stack, part.component) {
        (Some(_), Some(_)) => {
            query.push("instances c ON c.repository_id = t.repository_id");
            part.push(&mut query, "c");
        }
        (Some(stack), None) => push_rollup(&mut query, "stack", stack),
        (None, Some(component)) => push_rollup(&mut query, "component", component),
        (None, None) => push_rollup(&mut query, "repo", ""),
    }
    push_key(&mut query, token);
    reader.fetch_optional(query).await
}

/// One instance is counted here; for more there are counters.
fn count(part: Part<'_>, status: &str) -> String {
    if part.stack.is_some() && part.component.is_some() {
        format!("CAST(CASE WHEN c.status = '{status}' THEN 1 ELSE 0 END AS BIGINT) AS {status}")
    } else {
        format!("COALESCE(c.{status}, 0) AS {status}")
    }
}

fn push_rollup(query: &mut Query, kind: &str, name: &str) {
    query.push(&format!(
        "instance_rollups c ON c.workspace_id = t.workspace_id AND c.repository_id = t.repository_id \
         AND c.kind = '{kind}' AND c.name = "
    ));
    query.push_bind(name);
}

/// Reads the latest run of a part, of any command or of those that deploy; none if the token is not in force.
pub(crate) async fn find_latest_run(
    reader: &Reader,
    token: TokenKey<'_>,
    part: Part<'_>,
    only_deployments: bool,
) -> Result<Option<RunRow>, StoreError> {
    let commands = if only_deployments { DEPLOYMENTS } else { "" };
    let mut query = sql(format!("WITH k AS MATERIALIZED (SELECT {TOKEN_COLUMNS}, ("));
    if part.stack.is_none() && part.component.is_none() {
        query.push(&format!(
            "SELECT w.id FROM workflow_runs w WHERE w.repository_id = t.repository_id{commands} \
             ORDER BY w.id DESC LIMIT 1"
        ));
    } else {
        // Instance by instance: its newest run is one step in an index, however many runs there are.
        query.push(&format!(
            "SELECT MAX((SELECT w.id FROM workflow_runs w WHERE w.instance_id = i.id{commands} \
             ORDER BY w.id DESC LIMIT 1)) FROM instances i \
             WHERE i.workspace_id = t.workspace_id AND i.repository_id = t.repository_id"
        ));
        part.push(&mut query, "i");
    }
    query.push(&format!(") AS run_id {TOKEN}"));
    push_key(&mut query, token);
    query.push(
        ") SELECT k.owner, k.name, k.last_used_at, w.status, w.conclusion, w.approval_state, w.dispatch_error \
         FROM k LEFT JOIN workflow_runs w ON w.id = k.run_id",
    );
    reader.fetch_optional(query).await
}

fn push_key(query: &mut Query, (id, generation): TokenKey<'_>) {
    query.push(" WHERE t.revoked_at IS NULL AND t.id = ");
    query.push_bind(id);
    query.push(" AND t.generation = ");
    query.push_bind(generation);
}

impl Part<'_> {
    /// Restricts the columns `stack` and `component` of a table.
    fn push(self, query: &mut Query, table: &str) {
        for (column, value) in [("stack", self.stack), ("component", self.component)] {
            if let Some(value) = value {
                query.push(&format!(" AND {table}.{column} = "));
                query.push_bind(value);
            }
        }
    }
}

/// Notes that a token was used, unless that was noted after `before`.
pub(crate) async fn note_use(writer: &Writer, id: &str, now: Timestamp, before: Timestamp) -> Result<(), StoreError> {
    let query = sql("UPDATE badge_tokens SET last_used_at = $2 \
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)")
    .bind(id)
    .bind(now)
    .bind(before);
    writer.execute(query).await?;
    Ok(())
}

const SELECT: &str = "SELECT t.id, r.owner, r.name, t.generation, t.created_at, t.last_used_at, t.revoked_at \
     FROM badge_tokens t JOIN repositories r ON r.workspace_id = t.workspace_id AND r.id = t.repository_id \
     WHERE t.workspace_id = $1";

/// Tokens in force, newest first.
pub(crate) async fn list_tokens(
    reader: &Reader,
    scope: &WorkspaceScope,
    repo: Option<(&str, &str)>,
    page: &Page,
) -> Result<Vec<TokenRow>, StoreError> {
    let mut query = sql(SELECT).bind(scope.workspace_id());
    query.push(" AND t.revoked_at IS NULL");
    if let Some(repo) = repo {
        query.push(" AND t.repository_id = ");
        push_id(&mut query, scope, repo);
    }
    if let Some(after) = page.after() {
        query.push(" AND t.id < ");
        query.push_bind(after);
    }
    query.push(" ORDER BY t.id DESC LIMIT ");
    query.push_bind(page.fetch_limit());
    reader.fetch_all(query).await
}

/// All tokens of the workspace, newest first, those that are no longer in force included.
pub(crate) async fn list_all_tokens(reader: &Reader, scope: &WorkspaceScope) -> Result<Vec<TokenRow>, StoreError> {
    let mut query = sql(SELECT).bind(scope.workspace_id());
    query.push(" ORDER BY t.id DESC");
    reader.fetch_all(query).await
}

/// A repository's token in force.
pub(crate) async fn find_token(
    reader: &Reader,
    scope: &WorkspaceScope,
    repo: (&str, &str),
) -> Result<Option<TokenRow>, StoreError> {
    let mut query = sql(SELECT).bind(scope.workspace_id());
    query.push(" AND t.revoked_at IS NULL AND t.repository_id = ");
    push_id(&mut query, scope, repo);
    reader.fetch_optional(query).await
}

/// Id of a repository, which is locked until the transaction ends.
pub(crate) async fn lock_repository(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    repo: (&str, &str),
) -> Result<Option<String>, StoreError> {
    let mut query =
        sql("SELECT r.id FROM repositories r WHERE r.workspace_id = $1 AND r.id = ").bind(scope.workspace_id());
    push_id(&mut query, scope, repo);
    let row: Option<(String,)> = tx.fetch_for_update(query).await?;
    Ok(row.map(|(id,)| id))
}

/// The newest token of a repository.
pub(crate) async fn find_newest_token(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    repository_id: &str,
) -> Result<Option<NewestToken>, StoreError> {
    let query = sql("SELECT t.id, t.generation, t.revoked_at FROM badge_tokens t \
         WHERE t.workspace_id = $1 AND t.repository_id = $2 ORDER BY t.generation DESC LIMIT 1")
    .bind(scope.workspace_id())
    .bind(repository_id);
    tx.fetch_optional(query).await
}

const INSERT: &str = "INSERT INTO badge_tokens (id, workspace_id, repository_id, generation, created_at) \
     VALUES ($1, $2, $3, $4, $5)";

/// Keeps a new token; gives its id. A conflict if the repository has one in force.
pub(crate) async fn insert_token(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    repository_id: &str,
    generation: i64,
    (entropy, now): (&Entropy, Timestamp),
) -> Result<String, StoreError> {
    let id = entropy.id("badge", now);
    let query = sql(INSERT).bind(&id).bind(scope.workspace_id()).bind(repository_id).bind(generation).bind(now);
    tx.execute(query).await?;
    Ok(id)
}

/// Gives a repository its first token; one that has or had a token is left alone.
pub(crate) async fn ensure_first_token(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    repository_id: &str,
    (entropy, now): (&Entropy, Timestamp),
) -> Result<(), StoreError> {
    let mut query =
        sql(INSERT).bind(entropy.id("badge", now)).bind(scope.workspace_id()).bind(repository_id).bind(1_i64).bind(now);
    query.push(" ON CONFLICT DO NOTHING");
    tx.execute(query).await?;
    Ok(())
}

/// Revokes a token.
pub(crate) async fn revoke_token(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = sql("UPDATE badge_tokens SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 \
         AND revoked_at IS NULL")
    .bind(scope.workspace_id())
    .bind(id)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}
