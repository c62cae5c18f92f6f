//! Pull requests of Acme that a visitor of the demo asks about: what failed yesterday, what waits for an
//! approval, whose parent failed.

use super::spec::{ChangeSpec, Deploy};

/// Minutes of an hour and of a day.
const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;

/// Newest first.
pub(super) const ACME_CHANGES: &[ChangeSpec] = &[
    ChangeSpec {
        repository: "platform-services",
        title: "Raise the visibility timeout to two minutes",
        author: "mia",
        opened: 5 * HOUR,
        merged: 6,
        parts: &[("plat-use2-staging", "sqs/orders", Deploy::Runs)],
    },
    ChangeSpec {
        repository: "platform-services",
        title: "Raise max_connections to 500",
        author: "dana",
        opened: 7 * HOUR,
        merged: 26,
        parts: &[("plat-euw1-prod", "rds/postgres", Deploy::Waits)],
    },
    ChangeSpec {
        repository: "platform-eks",
        title: "Allow spot capacity for batch nodes",
        author: "mia",
        opened: 9 * HOUR,
        merged: 50,
        parts: &[("plat-usw2-prod", "eks/karpenter-node-pool", Deploy::Waits)],
    },
    ChangeSpec {
        repository: "infrastructure",
        title: "Rotate the default key every year",
        author: "amir",
        opened: 6 * HOUR,
        merged: 130,
        parts: &[("plat-use2-prod", "kms/default", Deploy::Waits), ("plat-usw2-prod", "kms/default", Deploy::Waits)],
    },
    // The role's trust policy does not know the environment: all that is newer is still not applied.
    ChangeSpec {
        repository: "infrastructure",
        title: "Add a third NAT gateway in plat-use2-prod",
        author: "mia",
        opened: 23 * HOUR,
        merged: 19 * HOUR,
        parts: &[("plat-use2-prod", "vpc", Deploy::FailsForGood("F001"))],
    },
    ChangeSpec {
        repository: "platform-eks",
        title: "Upgrade to Kubernetes 1.34 in plat-use2-staging",
        author: "amir",
        opened: 4 * DAY,
        merged: 3 * DAY,
        parts: &[
            ("plat-use2-staging", "eks/cluster", Deploy::Fails("F102")),
            ("plat-use2-staging", "eks/karpenter", Deploy::Blocked),
            ("plat-use2-staging", "eks/alb-controller", Deploy::FailsAfterParent("F084")),
        ],
    },
    ChangeSpec {
        repository: "platform-services",
        title: "Switch to provisioned capacity",
        author: "mia",
        opened: 6 * DAY,
        merged: 6 * DAY - 5 * HOUR,
        parts: &[("plat-use2-prod", "dynamodb/sessions", Deploy::Rejected)],
    },
    ChangeSpec {
        repository: "data-platform",
        title: "Widen the private subnets to /19",
        author: "dana",
        opened: 11 * DAY,
        merged: 10 * DAY,
        parts: &[
            ("data-use2-staging", "vpc", Deploy::Fails("F028")),
            ("data-use2-staging", "msk/events", Deploy::Blocked),
            ("data-use2-staging", "rds/postgres", Deploy::FailsAfterParent("F086")),
        ],
    },
    ChangeSpec {
        repository: "infrastructure",
        title: "Serve stale content for an hour",
        author: "amir",
        opened: 18 * DAY,
        merged: 17 * DAY,
        parts: &[("edge-gbl-prod", "cloudfront/web", Deploy::Rejected)],
    },
    ChangeSpec {
        repository: "infrastructure",
        title: "Attach the new availability zone",
        author: "mia",
        opened: 31 * DAY,
        merged: 30 * DAY,
        parts: &[
            ("plat-use2-dev", "vpc", Deploy::Fails("F103")),
            ("plat-use2-dev", "tgw/spoke", Deploy::Blocked),
            ("plat-use2-dev", "vpc-flow-logs", Deploy::FailsAfterParent("F086")),
        ],
    },
];
