//! What workflows of a repository may upload.

use crate::authz::WorkspaceScope;
use crate::store::{Reader, StoreError, sql};

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
#[derive(Debug, sqlx::FromRow)]
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
