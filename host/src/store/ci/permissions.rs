//! What workflows of a repository may upload.

use crate::authz::WorkspaceScope;
use crate::clock::Timestamp;
use crate::store::{Reader, StoreError, Tx, sql};

/// A permission of workflows; unlike [`crate::authz::Permission`], which people and agents have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CiPermission {
    /// Say which instances a commit affects.
    AffectedStacksCreate,
    /// Lock and unlock instances.
    DeploymentsCreate,
    /// Upload the inventory.
    InstancesCreate,
    /// Upload results of plans and applies.
    InstancesUpdate,
}

impl CiPermission {
    /// All of them, in the order of the documentation.
    pub(crate) const ALL: [Self; 4] =
        [Self::AffectedStacksCreate, Self::DeploymentsCreate, Self::InstancesCreate, Self::InstancesUpdate];

    /// The name in the database.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AffectedStacksCreate => "affected_stacks_create",
            Self::DeploymentsCreate => "deployments_create",
            Self::InstancesCreate => "instances_create",
            Self::InstancesUpdate => "instances_update",
        }
    }

    /// The name that people read, as Atmos Pro's documentation has it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::AffectedStacksCreate => "Affected Stacks Create",
            Self::DeploymentsCreate => "Deployments Create",
            Self::InstancesCreate => "Instances Create",
            Self::InstancesUpdate => "Instances Update",
        }
    }
}

/// One grant, with its patterns.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct PermissionRow {
    pub(crate) permission: String,
    pub(crate) workflow_pattern: String,
    pub(crate) branch_pattern: String,
    pub(crate) environment_pattern: String,
}

/// The grants of a repository. People write them, so they are few.
pub(crate) async fn list_permissions(
    reader: &Reader,
    scope: &WorkspaceScope,
    repository_id: &str,
) -> Result<Vec<PermissionRow>, StoreError> {
    reader
        .fetch_all(
            sql("SELECT p.permission, p.workflow_pattern, p.branch_pattern, p.environment_pattern \
                 FROM repository_permissions p WHERE p.workspace_id = $1 AND p.repository_id = $2")
            .bind(scope.workspace_id())
            .bind(repository_id),
        )
        .await
}

/// A grant and whose it is, for the operator's command line.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct GrantRow {
    pub(crate) id: String,
    pub(crate) repository_id: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    #[sqlx(flatten)]
    pub(crate) grant: PermissionRow,
}

impl GrantRow {
    /// The repository as `owner/name`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

const GRANTS: &str = "SELECT p.id, p.repository_id, r.owner, r.name, p.permission, p.workflow_pattern, \
     p.branch_pattern, p.environment_pattern FROM repository_permissions p \
     JOIN repositories r ON r.id = p.repository_id WHERE p.workspace_id = $1";

/// All grants of a workspace, by repository.
pub(crate) async fn list_all(reader: &Reader, scope: &WorkspaceScope) -> Result<Vec<GrantRow>, StoreError> {
    let query = sql(format!("{GRANTS} ORDER BY r.owner, r.name, p.id")).bind(scope.workspace_id());
    reader.fetch_all(query).await
}

/// The grants of a repository.
pub(crate) async fn list_of_repository(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    repository_id: &str,
) -> Result<Vec<GrantRow>, StoreError> {
    let query = sql(format!("{GRANTS} AND p.repository_id = $2")).bind(scope.workspace_id()).bind(repository_id);
    tx.fetch_all(query).await
}

/// One grant of the workspace.
pub(crate) async fn find(tx: &mut Tx, scope: &WorkspaceScope, id: &str) -> Result<Option<GrantRow>, StoreError> {
    let query = sql(format!("{GRANTS} AND p.id = $2")).bind(scope.workspace_id()).bind(id);
    tx.fetch_optional(query).await
}

/// Writes a grant.
pub(crate) async fn insert(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    (id, repository_id): (&str, &str),
    grant: &PermissionRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = sql("INSERT INTO repository_permissions (id, workspace_id, repository_id, permission, \
         workflow_pattern, branch_pattern, environment_pattern, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(id)
    .bind(scope.workspace_id())
    .bind(repository_id)
    .bind(&grant.permission)
    .bind(&grant.workflow_pattern)
    .bind(&grant.branch_pattern)
    .bind(&grant.environment_pattern)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Removes a grant; false if it is not there.
pub(crate) async fn delete(tx: &mut Tx, scope: &WorkspaceScope, id: &str) -> Result<bool, StoreError> {
    let query = sql("DELETE FROM repository_permissions WHERE workspace_id = $1 AND id = $2")
        .bind(scope.workspace_id())
        .bind(id);
    Ok(tx.execute(query).await? > 0)
}
