//! Instances: components deployed to stacks.

use super::keyset::{Index, List, Table, hidden};
use super::page::Page;
use super::repositories::find_repository_id;
use super::words::ORPHANED;
use super::{Reader, StoreError, sql};
use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;

/// Changes of status that [`find_instance`] gives at most.
const RECENT_CHANGES: i64 = 10;

/// One instance.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct InstanceRow {
    pub(crate) id: String,
    pub(crate) component: String,
    pub(crate) stack: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) component_type: Option<String>,
    pub(crate) status: String,
    pub(crate) drift_status: String,
    pub(crate) drift_enabled: bool,
    pub(crate) enabled: bool,
    pub(crate) last_run_at: Option<i64>,
    pub(crate) last_drift_run_at: Option<i64>,
    pub(crate) last_run_id: Option<String>,
    pub(crate) last_drift_run_id: Option<String>,
}

/// One instance with its last runs and its lock.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct InstanceDetailsRow {
    #[sqlx(flatten)]
    pub(crate) instance: InstanceRow,
    pub(crate) run_command: Option<String>,
    pub(crate) run_status: Option<String>,
    pub(crate) run_conclusion: Option<String>,
    pub(crate) run_plan_exit_code: Option<i64>,
    pub(crate) run_finished_at: Option<i64>,
    pub(crate) drift_run_command: Option<String>,
    pub(crate) drift_run_status: Option<String>,
    pub(crate) drift_run_conclusion: Option<String>,
    pub(crate) drift_run_plan_exit_code: Option<i64>,
    pub(crate) drift_run_finished_at: Option<i64>,
    pub(crate) lock_key: Option<String>,
    pub(crate) lock_message: Option<String>,
    pub(crate) lock_created_at: Option<i64>,
    pub(crate) lock_expires_at: Option<i64>,
    /// See [`InstanceDetailsRow::status_changes`].
    status_changes: Option<String>,
}

/// A change of status.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StatusChange {
    pub(crate) from_status: Option<String>,
    pub(crate) to_status: String,
    pub(crate) at: i64,
    pub(crate) run_id: Option<String>,
}

/// Which instances are wanted; an empty field does not restrict.
#[derive(Debug, Default)]
pub(crate) struct InstanceFilter<'a> {
    pub(crate) statuses: Vec<&'static str>,
    pub(crate) stack: Option<&'a str>,
    pub(crate) component: Option<&'a str>,
    /// Owner and name.
    pub(crate) repo: Option<(&'a str, &'a str)>,
    pub(crate) drift_enabled: Option<bool>,
}

/// Migrations 0002, 0018 and 0026 make these.
static INSTANCES: Table = Table {
    name: "instances",
    prefix: "inst",
    indexes: &[
        Index::of(&["component", "status"]),
        Index::of(&["stack"]),
        Index::of(&["component"]),
        Index::without_workspace(&["repository_id", "status"]),
        Index::without_workspace(&["repository_id"]),
        Index::of(&["status"]),
    ],
};

const COLUMNS: &str = "i.id, i.component, i.stack, r.owner, r.name, i.component_type, i.status, i.drift_status, \
     i.drift_enabled, i.enabled, i.last_run_at, i.last_drift_run_at, i.last_run_id, i.last_drift_run_id";

const FROM: &str = "FROM instances i JOIN repositories r ON r.id = i.repository_id";

/// Instances of the workspace, newest first; without a status filter, orphaned ones are left out.
pub(crate) async fn list_instances(
    reader: &Reader,
    scope: &WorkspaceScope,
    filter: &InstanceFilter<'_>,
    page: &Page,
) -> Result<Vec<InstanceRow>, StoreError> {
    let mut list = List::new(&INSTANCES, scope);
    if filter.statuses.is_empty() {
        list.require(format!("{} <> '{ORPHANED}'", hidden("t.status")));
    }
    list.one_of("status", &filter.statuses, status_share);
    list.equal("stack", filter.stack, 1);
    list.equal("component", filter.component, 20);
    if let Some(repo) = filter.repo {
        let Some(id) = find_repository_id(reader, scope, repo).await? else { return Ok(Vec::new()) };
        list.equal("repository_id", Some(&id), 200);
    }
    if let Some(drift_enabled) = filter.drift_enabled {
        let value = list.bind(drift_enabled);
        list.require(format!("{} = {value}", hidden("t.drift_enabled")));
    }
    let from = "instances i CROSS JOIN repositories r WHERE i.id = k.id AND r.id = i.repository_id";
    reader.fetch_all(list.query(page, COLUMNS, from)).await
}

/// How many instances of a thousand have a status.
fn status_share(word: &str) -> u32 {
    match word {
        "in_sync" => 850,
        "drifted" | "error" | "unknown" => 50,
        "disabled" | "orphaned" => 20,
        _ => 2,
    }
}

/// One instance with its last runs and the lock that stops its dispatches, unless it has expired. One query:
/// on SQLite each one costs two switches between threads.
pub(crate) async fn find_instance(
    reader: &Reader,
    scope: &WorkspaceScope,
    id: &str,
    now: Timestamp,
) -> Result<Option<InstanceDetailsRow>, StoreError> {
    let query = sql(format!(
        "SELECT {COLUMNS}, \
         w.command AS run_command, w.status AS run_status, w.conclusion AS run_conclusion, \
         w.plan_exit_code AS run_plan_exit_code, w.finished_at AS run_finished_at, \
         d.command AS drift_run_command, d.status AS drift_run_status, d.conclusion AS drift_run_conclusion, \
         d.plan_exit_code AS drift_run_plan_exit_code, d.finished_at AS drift_run_finished_at, \
         l.key AS lock_key, l.message AS lock_message, l.created_at AS lock_created_at, \
         l.expires_at AS lock_expires_at, ({STATUS_CHANGES}) AS status_changes \
         {FROM} LEFT JOIN workflow_runs w ON w.id = i.last_run_id LEFT JOIN workflow_runs d ON d.id = i.last_drift_run_id \
         LEFT JOIN locks l ON l.workspace_id = i.workspace_id AND l.expires_at > $3 \
         AND l.key = r.owner || '/' || r.name || '/' || i.stack || '/' || i.component \
         WHERE i.workspace_id = $1 AND i.id = $2"
    ))
    .bind(scope.workspace_id())
    .bind(id)
    .bind(now)
    .bind(RECENT_CHANGES);
    reader.fetch_optional(query).await
}

/// The latest changes as one text, `from,to,at,run` joined by `;`: statuses, times and ids hold neither.
const STATUS_CHANGES: &str = "SELECT string_agg(COALESCE(c.from_status, '') || ',' || c.to_status || ',' || \
     CAST(c.at AS TEXT) || ',' || COALESCE(c.run_id, ''), ';' ORDER BY c.at DESC, c.id DESC) \
     FROM (SELECT * FROM instance_status_changes s WHERE s.instance_id = i.id ORDER BY s.at DESC, s.id DESC LIMIT $4) c";

impl InstanceDetailsRow {
    /// The latest changes of status, newest first.
    pub(crate) fn status_changes(&self) -> Result<Vec<StatusChange>, StoreError> {
        let changes = self.status_changes.as_deref().unwrap_or_default();
        let inconsistent = || StoreError::Inconsistent {
            table: "instance_status_changes",
            id: self.instance.id.clone(),
            what: "a change that cannot be read",
        };
        changes
            .split(';')
            .filter(|change| !change.is_empty())
            .map(|change| parse_change(change).ok_or_else(inconsistent))
            .collect()
    }
}

fn parse_change(change: &str) -> Option<StatusChange> {
    let mut fields = change.split(',');
    let (from, to, at, run) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let optional = |field: &str| (!field.is_empty()).then(|| field.to_owned());
    Some(StatusChange {
        from_status: optional(from),
        to_status: to.to_owned(),
        at: at.parse().ok()?,
        run_id: optional(run),
    })
}
