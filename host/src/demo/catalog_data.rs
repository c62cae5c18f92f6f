//! Acme Platform: accounts, repositories, stacks and components.

use super::script::ACME_CHANGES;
use super::spec::{DenialSpec, Fate, InstallationSpec, LockSpec, RepositorySpec, Workflow, WorkspaceSpec};
use crate::audit::DeniedSide;
use crate::authz::Role;

/// The demo's workspace.
pub(super) static ACME: WorkspaceSpec = WorkspaceSpec {
    name: "Acme Platform",
    slug: "acme",
    plan: "enterprise",
    members: &[
        ("dana", "Dana Okafor", Role::Owner),
        ("amir", "Amir Haddad", Role::Admin),
        ("mia", "Mia Lindqvist", Role::Member),
    ],
    github_ids: None,
    mark: "",
    app: "atmos-pro[bot]",
    bot: "renovate[bot]",
    plan_workflow: Workflow { name: "Atmos Pro Terraform Plan", file: "atmos-pro-terraform-plan.yaml" },
    apply_workflow: Workflow { name: "Atmos Pro Terraform Apply", file: "atmos-pro-terraform-apply.yaml" },
    installations: &[
        InstallationSpec {
            github_id: 51_804_417,
            account: "acme",
            status: "active",
            days: 412,
            repositories: &[INFRASTRUCTURE, PLATFORM_EKS, PLATFORM_SERVICES, DATA_PLATFORM],
        },
        InstallationSpec {
            github_id: 52_377_980,
            account: "acme-billing",
            status: "suspended",
            days: 9,
            repositories: &[BILLING_LEGACY],
        },
        InstallationSpec {
            github_id: 53_019_266,
            account: "northwind-labs",
            status: "uninstalled",
            days: 26,
            repositories: &[ANALYTICS],
        },
    ],
    fates: &[
        ("plat-use2-prod", "eks/cluster", Fate::Flapping),
        ("plat-use2-prod", "rds/postgres", Fate::Drifted),
        ("data-use2-prod", "redshift/warehouse", Fate::Locked),
        ("plat-use2-staging", "vpc", Fate::DetectionFailed),
        ("plat-use2-prod", "vpc", Fate::ApplyFailed),
        ("core-use2-network", "network-firewall", Fate::Remediating),
        ("edge-gbl-prod", "waf/web-acl", Fate::Remediated),
        ("plat-use2-sandbox", "eks/datadog-agent", Fate::Disabled),
        ("plat-euw1-prod", "elasticache/redis", Fate::Orphaned),
        ("data-use2-dev", "airflow/mwaa", Fate::Unknown),
    ],
    changes: ACME_CHANGES,
    has_every_failure: true,
    locks: &[
        LockSpec {
            key: "acme/infrastructure/plat-use2-prod/vpc",
            message: "Peering change in progress, ask Amir before you apply",
            taken: 3,
            expires: 45,
        },
        LockSpec {
            key: "acme/data-platform/data-use2-prod/redshift/warehouse",
            message: "Locked by Atmos",
            taken: 1,
            expires: 23,
        },
    ],
    overrides: &[("audit_retention_days", "730"), ("sts", "true")],
};

/// What agents asked for in vain.
pub(super) const DENIALS: &[DenialSpec] = &[
    DenialSpec {
        login: "mia",
        tool: "list_audit_log_entries",
        arguments: r#"{"query":"[redacted]"}"#,
        side: DeniedSide::Role,
        hours: 26,
        minutes: 14,
    },
    DenialSpec {
        login: "mia",
        tool: "list_permission_errors",
        arguments: "{}",
        side: DeniedSide::Role,
        hours: 26,
        minutes: 12,
    },
    DenialSpec {
        login: "amir",
        tool: "list_audit_log_entries",
        arguments: r#"{"category":"lock"}"#,
        side: DeniedSide::Scope,
        hours: 75,
        minutes: 40,
    },
    DenialSpec {
        login: "mia",
        tool: "list_audit_log_entries",
        arguments: r#"{"targetType":"instance"}"#,
        side: DeniedSide::Role,
        hours: 141,
        minutes: 3,
    },
];

const PLATFORM_STACKS: &[&str] =
    &["plat-use2-sandbox", "plat-use2-dev", "plat-use2-staging", "plat-use2-prod", "plat-usw2-prod", "plat-euw1-prod"];

const INFRASTRUCTURE: RepositorySpec = RepositorySpec {
    name: "infrastructure",
    branch: "main",
    days: 410,
    pull_requests: 44,
    badge_tokens: 2,
    groups: &[
        (
            &[
                "core-gbl-root",
                "core-gbl-audit",
                "core-gbl-identity",
                "core-gbl-dns",
                "core-use2-network",
                "core-use2-auto",
            ],
            &["account-settings", "cloudtrail", "aws-config", "guardduty", "budgets", "iam-role/terraform"],
        ),
        (&["core-gbl-root"], &["account", "account-map", "organization-policies", "aws-sso/permission-sets"]),
        (&["core-gbl-audit"], &["s3-bucket/cloudtrail", "s3-bucket/logs", "athena/logs"]),
        (&["core-gbl-identity"], &["aws-teams", "aws-saml"]),
        (&["core-gbl-dns"], &["dns-primary", "dns-delegated"]),
        (&["core-use2-network"], &["vpc", "tgw/hub", "route53-resolver", "network-firewall"]),
        (&["core-use2-auto"], &["vpc", "github-runners", "ecr", "github-oidc-provider"]),
        (
            PLATFORM_STACKS,
            &["vpc", "tgw/spoke", "s3-bucket/logs", "kms/default", "account-settings", "guardduty", "vpc-flow-logs"],
        ),
        (
            &["plat-gbl-dev", "plat-gbl-staging", "plat-gbl-prod"],
            &["dns-delegated", "iam-role/ci", "acm/regional", "ecr", "s3-bucket/artifacts"],
        ),
        (
            &["edge-gbl-staging", "edge-gbl-prod"],
            &["cloudfront/web", "cloudfront/api", "waf/web-acl", "acm/wildcard", "route53/zone", "s3-bucket/assets"],
        ),
    ],
};

const PLATFORM_EKS: RepositorySpec = RepositorySpec {
    name: "platform-eks",
    branch: "main",
    days: 355,
    pull_requests: 24,
    badge_tokens: 1,
    groups: &[(
        PLATFORM_STACKS,
        &[
            "eks/cluster",
            "eks/karpenter",
            "eks/karpenter-node-pool",
            "eks/alb-controller",
            "eks/cert-manager",
            "eks/external-dns",
            "eks/external-secrets-operator",
            "eks/metrics-server",
            "eks/argocd",
            "eks/datadog-agent",
        ],
    )],
};

const PLATFORM_SERVICES: RepositorySpec = RepositorySpec {
    name: "platform-services",
    branch: "main",
    days: 298,
    pull_requests: 16,
    badge_tokens: 1,
    groups: &[(
        PLATFORM_STACKS,
        &["rds/postgres", "elasticache/redis", "sqs/orders", "sns/events", "dynamodb/sessions", "s3-bucket/uploads"],
    )],
};

const DATA_PLATFORM: RepositorySpec = RepositorySpec {
    name: "data-platform",
    branch: "main",
    days: 221,
    pull_requests: 16,
    badge_tokens: 0,
    groups: &[(
        &["data-use2-dev", "data-use2-staging", "data-use2-prod"],
        &[
            "vpc",
            "rds/postgres",
            "rds/reporting-replica",
            "msk/events",
            "glue/catalog",
            "redshift/warehouse",
            "s3-bucket/raw",
            "s3-bucket/curated",
            "athena/workgroup",
            "lambda/ingest",
            "step-functions/etl",
            "airflow/mwaa",
        ],
    )],
};

const BILLING_LEGACY: RepositorySpec = RepositorySpec {
    name: "billing-legacy",
    branch: "master",
    days: 390,
    pull_requests: 6,
    badge_tokens: 1,
    groups: &[(
        &["bill-use1-staging", "bill-use1-prod"],
        &[
            "vpc",
            "ec2/app",
            "alb/app",
            "rds/mysql",
            "s3-bucket/invoices",
            "sqs/invoices",
            "lambda/pdf",
            "cloudwatch/alarms",
        ],
    )],
};

const ANALYTICS: RepositorySpec = RepositorySpec {
    name: "analytics",
    branch: "main",
    days: 160,
    pull_requests: 6,
    badge_tokens: 0,
    groups: &[(
        &["nwl-usw2-dev", "nwl-usw2-prod"],
        &[
            "vpc",
            "ecs/cluster",
            "ecs/collector",
            "ecs/query",
            "opensearch/main",
            "kinesis/events",
            "s3-bucket/events",
            "lambda/enrich",
        ],
    )],
};
