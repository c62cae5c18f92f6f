//! Rival Corp: another tenant. Every name holds the canary `canary-rival`, so that a test sees at a glance
//! if a word of it reaches Acme.

use super::spec::{ChangeSpec, Deploy, Fate, InstallationSpec, LockSpec, RepositorySpec, Workflow, WorkspaceSpec};
use crate::authz::Role;

/// The workspace that nobody of Acme may see.
pub(super) static RIVAL: WorkspaceSpec = WorkspaceSpec {
    name: "Rival Corp",
    slug: "rival",
    plan: "enterprise",
    members: &[("canary-rival-rosa", "Rosa Vale (canary-rival)", Role::Owner)],
    github_ids: Some(77_001),
    mark: "canary-rival-",
    app: "canary-rival-atmos-pro[bot]",
    bot: "canary-rival-renovate[bot]",
    plan_workflow: Workflow { name: "canary-rival plan", file: "canary-rival-terraform-plan.yaml" },
    apply_workflow: Workflow { name: "canary-rival apply", file: "canary-rival-terraform-apply.yaml" },
    installations: &[InstallationSpec {
        github_id: 54_661_003,
        account: "canary-rival",
        status: "active",
        days: 200,
        repositories: &[RepositorySpec {
            name: "canary-rival-infrastructure",
            branch: "canary-rival-main",
            days: 198,
            pull_requests: 4,
            badge_tokens: 1,
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
    changes: &[
        ChangeSpec {
            repository: "canary-rival-infrastructure",
            title: "Rotate the key (canary-rival)",
            author: "canary-rival-rosa",
            opened: 420,
            merged: 95,
            parts: &[("canary-rival-use2-prod", "canary-rival-kms", Deploy::Waits)],
        },
        ChangeSpec {
            repository: "canary-rival-infrastructure",
            title: "Widen the subnets (canary-rival)",
            author: "canary-rival-rosa",
            opened: 6_480,
            merged: 6_060,
            parts: &[
                ("canary-rival-use2-dev", "canary-rival-vpc", Deploy::Fails("F028")),
                ("canary-rival-use2-dev", "canary-rival-eks/cluster", Deploy::Blocked),
            ],
        },
    ],
    has_every_failure: false,
    locks: &[LockSpec {
        key: "canary-rival/canary-rival-infrastructure/canary-rival-use2-prod/canary-rival-vpc",
        message: "canary-rival",
        taken: 2,
        expires: 22,
    }],
    overrides: &[("sts", "canary-rival")],
};
