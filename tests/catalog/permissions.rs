//! `list_my_permissions`. What narrowing and a change of role do to it is in `security/authz_matrix.rs`.

use serde_json::{Value, json};
use tests::harness::{Engine, Fixture};

use super::refuses;

/// What every member's role can read.
const MEMBER_READS: [&str; 14] = [
    "ws:badges:read",
    "ws:deployments:read",
    "ws:entitlements:read",
    "ws:insights:read",
    "ws:instances:read",
    "ws:locks:read",
    "ws:mcp_clients:read",
    "ws:pull_requests:read",
    "ws:repositories:read",
    "ws:repository_permissions:read",
    "ws:schedules:read",
    "ws:team_members:read",
    "ws:workflow_runs:read",
    "ws:workspace:read",
];

/// What admins and owners can read beyond that.
const ADMIN_READS: [&str; 3] = ["ws:audit_log:read", "ws:billing:read", "ws:webhooks:read"];

fn contains(list: &Value, key: &str) -> bool {
    list.as_array().is_some_and(|keys| keys.iter().any(|found| found == key))
}

on_both_engines! {
    async fn list_my_permissions(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let mut admin_reads = [&MEMBER_READS[..], &ADMIN_READS[..]].concat();
        admin_reads.sort_unstable();
        let member_reads = MEMBER_READS.to_vec();
        for (login, role, reads) in
            [("mia", "member", &member_reads), ("amir", "admin", &admin_reads), ("dana", "owner", &admin_reads)]
        {
            let reply = app.agent(login).await?.call("list_my_permissions", json!({})).await?;
            let permissions = reply.structured()?;
            assert_eq!(permissions["role"], role);
            assert_eq!(permissions["grantedScopes"], json!(reads), "{login}");
            assert_eq!(permissions["effective"], json!(reads), "{login}");
            assert_eq!(permissions["beyond"], json!([]), "{login}");
        }
    }

    async fn list_my_permissions_leaves_out_of_missing_what_no_client_can_get(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let reply = app.agent("dana").await?.call("list_my_permissions", json!({})).await?;
        let missing = &reply.structured()?["missing"];
        assert!(contains(missing, "ws:workspace:update_settings"), "{missing}");
        let unreachable = ["ws:workspace:delete", "ws:repositories:remove", "ws:webhooks:manage", "ws:billing:manage"];
        for unreachable in unreachable {
            assert!(!contains(missing, unreachable), "{missing}");
        }
    }

    async fn list_my_permissions_takes_no_user(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let text = "Invalid arguments: unknown field `user`, there are no fields";
        refuses(&agent, "list_my_permissions", &[(json!({ "user": "dana" }), text)]).await?;
    }
}
