//! Who belongs to a workspace, and what is deployed where.

use super::dataset::Dataset;
use crate::clock::Timestamp;
use crate::store::db::Value;
use crate::store::{Query, StoreError, Tx, bulk, sql};

/// A new user with a role.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) user_id: String,
    /// None for a person whom the demo signs in.
    pub(crate) github_id: Option<i64>,
    pub(crate) login: &'static str,
    pub(crate) name: &'static str,
    pub(crate) role: &'static str,
}

/// A GitHub App installation.
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) id: String,
    pub(crate) github_id: i64,
    pub(crate) account: &'static str,
    pub(crate) status: &'static str,
    pub(crate) status_since: Timestamp,
}

/// A repository.
#[derive(Debug)]
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
#[derive(Debug)]
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

/// A lock.
#[derive(Debug)]
pub(crate) struct Lock {
    pub(crate) id: String,
    pub(crate) key: &'static str,
    pub(crate) message: &'static str,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

pub(super) async fn insert_members(tx: &mut Tx, dataset: &Dataset) -> Result<(), StoreError> {
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

pub(super) const INSTALLATIONS: &str = "INSERT INTO github_installations \
     (id, github_id, account, status, status_since, workspace_id) VALUES ";

pub(super) fn installation_row(row: Installation) -> [Value; 5] {
    [row.id.into(), row.github_id.into(), row.account.into(), row.status.into(), row.status_since.into()]
}

pub(super) const REPOSITORIES: &str = "INSERT INTO repositories \
     (id, installation_id, host, owner, name, status, default_branch, last_activity_at, created_at, workspace_id) \
     VALUES ";

pub(super) fn repository_row(row: Repository) -> [Value; 9] {
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

pub(super) const INSTANCES: &str = "INSERT INTO instances \
     (id, repository_id, component, stack, component_type, status, drift_status, enabled, drift_enabled, disabled_at, \
     settings, last_run_id, last_run_at, last_drift_run_id, last_drift_run_at, created_at, updated_at, workspace_id) \
     VALUES ";

pub(super) fn instance_row(row: Instance) -> [Value; 17] {
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

pub(super) const LOCKS: &str = "INSERT INTO locks (id, key, message, created_at, expires_at, workspace_id) VALUES ";

pub(super) fn lock_row(row: Lock) -> [Value; 5] {
    [row.id.into(), row.key.into(), row.message.into(), row.created_at.into(), row.expires_at.into()]
}
