//! Inserts of the demo's data. Nothing else writes this way: a workspace comes in whole.

use super::db::Value;
use super::{Query, StoreError, Tx, bulk, sql};
use crate::clock::Timestamp;

/// A workspace with all that is in it.
pub(crate) struct Dataset {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) slug: &'static str,
    pub(crate) plan: &'static str,
    pub(crate) created_at: Timestamp,
    pub(crate) members: Vec<Member>,
    pub(crate) installations: Vec<Installation>,
    pub(crate) repositories: Vec<Repository>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) runs: Vec<Run>,
    pub(crate) status_changes: Vec<StatusChange>,
    pub(crate) locks: Vec<Lock>,
}

/// A new user with a role.
pub(crate) struct Member {
    pub(crate) user_id: String,
    /// None for a person whom the demo signs in.
    pub(crate) github_id: Option<i64>,
    pub(crate) login: &'static str,
    pub(crate) name: &'static str,
    pub(crate) role: &'static str,
}

/// A GitHub App installation.
pub(crate) struct Installation {
    pub(crate) id: String,
    pub(crate) github_id: i64,
    pub(crate) account: &'static str,
    pub(crate) status: &'static str,
    pub(crate) status_since: Timestamp,
}

/// A repository.
pub(crate) struct Repository {
    pub(crate) id: String,
    pub(crate) installation_id: String,
    pub(crate) owner: &'static str,
    pub(crate) name: &'static str,
    pub(crate) status: &'static str,
    pub(crate) default_branch: &'static str,
    pub(crate) last_activity_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
}

/// An instance.
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) repository_id: String,
    pub(crate) component: &'static str,
    pub(crate) stack: &'static str,
    pub(crate) component_type: &'static str,
    pub(crate) status: &'static str,
    pub(crate) drift_status: &'static str,
    pub(crate) drift_enabled: bool,
    pub(crate) disabled_at: Option<Timestamp>,
    pub(crate) settings: String,
    /// Id and time.
    pub(crate) last_run: Option<(String, Timestamp)>,
    /// Id and time.
    pub(crate) last_drift_run: Option<(String, Timestamp)>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// A workflow run.
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) repository_id: String,
    pub(crate) instance_id: String,
    pub(crate) command: &'static str,
    pub(crate) trigger: &'static str,
    pub(crate) conclusion: Option<&'static str>,
    pub(crate) plan_exit_code: Option<i64>,
    pub(crate) created_at: Timestamp,
    pub(crate) started_at: Timestamp,
    /// None while it runs.
    pub(crate) finished_at: Option<Timestamp>,
}

/// A change of an instance's status.
pub(crate) struct StatusChange {
    pub(crate) id: String,
    pub(crate) instance_id: String,
    pub(crate) from: Option<&'static str>,
    pub(crate) to: &'static str,
    pub(crate) at: Timestamp,
    pub(crate) run_id: Option<String>,
}

/// A lock.
pub(crate) struct Lock {
    pub(crate) id: String,
    pub(crate) key: &'static str,
    pub(crate) message: &'static str,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Inserts a workspace whole; a conflict if its slug or one of its users exists.
pub(crate) async fn insert_dataset(tx: &mut Tx, dataset: Dataset) -> Result<(), StoreError> {
    insert_workspace(tx, &dataset).await?;
    insert_members(tx, &dataset).await?;
    let into = |text: &'static str| sql(text).bind(&dataset.id);
    let installations = dataset.installations.into_iter().map(installation_row).collect();
    bulk::insert_rows(tx, &into(INSTALLATIONS), "$1", "", installations).await?;
    let repositories = dataset.repositories.into_iter().map(repository_row).collect();
    bulk::insert_rows(tx, &into(REPOSITORIES), "$1", "", repositories).await?;
    let runs = dataset.runs.into_iter().map(run_row).collect();
    bulk::insert_rows(tx, &into(RUNS), "$1", "", runs).await?;
    let instances = dataset.instances.into_iter().map(instance_row).collect();
    bulk::insert_rows(tx, &into(INSTANCES), "$1", "", instances).await?;
    let changes = dataset.status_changes.into_iter().map(status_change_row).collect();
    bulk::insert_rows(tx, &into(STATUS_CHANGES), "$1", "", changes).await?;
    let locks = dataset.locks.into_iter().map(lock_row).collect();
    bulk::insert_rows(tx, &into(LOCKS), "$1", "", locks).await
}

async fn insert_workspace(tx: &mut Tx, dataset: &Dataset) -> Result<(), StoreError> {
    let query = sql("INSERT INTO workspaces (id, name, slug, plan, status, created_at) \
         VALUES ($1, $2, $3, $4, 'active', $5)")
    .bind(&dataset.id)
    .bind(dataset.name)
    .bind(dataset.slug)
    .bind(dataset.plan)
    .bind(dataset.created_at);
    tx.execute(query).await?;
    Ok(())
}

async fn insert_members(tx: &mut Tx, dataset: &Dataset) -> Result<(), StoreError> {
    let at = |text: &'static str| -> Query { sql(text).bind(dataset.created_at) };
    let user = |member: &Member| -> [Value; 4] {
        [member.user_id.as_str().into(), member.github_id.into(), member.login.into(), member.name.into()]
    };
    let users = dataset.members.iter().map(user).collect();
    bulk::insert_rows(tx, &at("INSERT INTO users (id, github_id, login, name, created_at) VALUES "), "$1", "", users)
        .await?;
    let membership = |member: &Member| -> [Value; 3] {
        [member.user_id.as_str().into(), dataset.id.as_str().into(), member.role.into()]
    };
    let memberships = dataset.members.iter().map(membership).collect();
    let head = at("INSERT INTO memberships (user_id, workspace_id, role, created_at) VALUES ");
    bulk::insert_rows(tx, &head, "$1", "", memberships).await
}

const INSTALLATIONS: &str = "INSERT INTO github_installations \
     (id, github_id, account, status, status_since, workspace_id) VALUES ";

fn installation_row(row: Installation) -> [Value; 5] {
    [row.id.into(), row.github_id.into(), row.account.into(), row.status.into(), row.status_since.into()]
}

const REPOSITORIES: &str = "INSERT INTO repositories \
     (id, installation_id, host, owner, name, status, default_branch, last_activity_at, created_at, workspace_id) VALUES ";

fn repository_row(row: Repository) -> [Value; 9] {
    [
        row.id.into(),
        row.installation_id.into(),
        "github.com".into(),
        row.owner.into(),
        row.name.into(),
        row.status.into(),
        row.default_branch.into(),
        row.last_activity_at.into(),
        row.created_at.into(),
    ]
}

const RUNS: &str = "INSERT INTO workflow_runs \
     (id, repository_id, instance_id, command, trigger_kind, status, conclusion, plan_exit_code, \
     created_at, started_at, finished_at, workspace_id) VALUES ";

fn run_row(row: Run) -> [Value; 11] {
    let status = if row.finished_at.is_some() { "completed" } else { "in_progress" };
    [
        row.id.into(),
        row.repository_id.into(),
        row.instance_id.into(),
        row.command.into(),
        row.trigger.into(),
        status.into(),
        row.conclusion.into(),
        row.plan_exit_code.into(),
        row.created_at.into(),
        row.started_at.into(),
        row.finished_at.into(),
    ]
}

const INSTANCES: &str = "INSERT INTO instances \
     (id, repository_id, component, stack, component_type, status, drift_status, enabled, drift_enabled, disabled_at, \
     settings, last_run_id, last_run_at, last_drift_run_id, last_drift_run_at, created_at, updated_at, workspace_id) VALUES ";

fn instance_row(row: Instance) -> [Value; 17] {
    let (last_run_id, last_run_at) = row.last_run.unzip();
    let (last_drift_run_id, last_drift_run_at) = row.last_drift_run.unzip();
    [
        row.id.into(),
        row.repository_id.into(),
        row.component.into(),
        row.stack.into(),
        row.component_type.into(),
        row.status.into(),
        row.drift_status.into(),
        row.disabled_at.is_none().into(),
        row.drift_enabled.into(),
        row.disabled_at.into(),
        row.settings.into(),
        last_run_id.into(),
        last_run_at.into(),
        last_drift_run_id.into(),
        last_drift_run_at.into(),
        row.created_at.into(),
        row.updated_at.into(),
    ]
}

const STATUS_CHANGES: &str = "INSERT INTO instance_status_changes \
     (id, instance_id, from_status, to_status, at, run_id, workspace_id) VALUES ";

fn status_change_row(row: StatusChange) -> [Value; 6] {
    [row.id.into(), row.instance_id.into(), row.from.into(), row.to.into(), row.at.into(), row.run_id.into()]
}

const LOCKS: &str = "INSERT INTO locks (id, key, message, created_at, expires_at, workspace_id) VALUES ";

fn lock_row(row: Lock) -> [Value; 5] {
    [row.id.into(), row.key.into(), row.message.into(), row.created_at.into(), row.expires_at.into()]
}
