//! Rival Corp: another tenant. Every name holds the canary `canary-rival`, so that a test sees at a glance
//! if a word of it reaches Acme.

use super::spec::{Fate, InstallationSpec, LockSpec, RepositorySpec, WorkspaceSpec};
use crate::authz::Role;

/// The workspace that nobody of Acme may see.
pub(super) static RIVAL: WorkspaceSpec = WorkspaceSpec {
    name: "Rival Corp",
    slug: "rival",
    plan: "enterprise",
    members: &[("canary-rival-rosa", "Rosa Vale (canary-rival)", Role::Owner)],
    github_ids: Some(77_001),
    installations: &[InstallationSpec {
        github_id: 54_661_003,
        account: "canary-rival",
        status: "active",
        days: 200,
        repositories: &[RepositorySpec {
            name: "canary-rival-infrastructure",
            branch: "main",
            days: 198,
            groups: &[(
                &["canary-rival-use2-dev", "canary-rival-use2-prod"],
                &[
                    "canary-rival-vpc",
                    "canary-rival-eks/cluster",
                    "canary-rival-rds/postgres",
                    "canary-rival-s3-bucket/logs",
                    "canary-rival-waf",
                    "canary-rival-kms",
                ],
            )],
        }],
    }],
    fates: &[
        ("canary-rival-use2-prod", "canary-rival-eks/cluster", Fate::Drifted),
        ("canary-rival-use2-prod", "canary-rival-rds/postgres", Fate::ApplyFailed),
    ],
    locks: &[LockSpec {
        key: "canary-rival/canary-rival-infrastructure/canary-rival-use2-prod/canary-rival-vpc",
        message: "canary-rival",
        taken: 2,
        expires: 22,
    }],
};
