//! `list_my_permissions`, `list_permissions`, `get_permission`, `list_permission_errors`. What narrowing and a
//! change of role do is in `security/authz_matrix.rs`.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, root, text};

use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

/// When the tests play; what the demo tells of is older.
const START: &str = "2026-08-21T10:00:00Z";

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

/// The vocabulary as `docs/permissions.md` has it.
fn documented() -> Result<Vec<Value>> {
    let document = std::fs::read_to_string(root().join("docs/permissions.md"))?;
    let rows = document.lines().filter(|line| line.starts_with("| `ws:"));
    let read = |row: &str| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [key, allows, _, member, admin, owner, client] = cells.as_slice() else { return None };
        let key = key.trim_matches('`');
        let mut parts = key.splitn(3, ':');
        let roles = [("member", member), ("admin", admin), ("owner", owner)].into_iter();
        let roles: Vec<&str> = roles.filter(|(_, has)| **has == "yes").map(|(role, _)| role).collect();
        Some(json!({
            "key": key, "scope": parts.next(), "group": parts.next(), "action": parts.next(),
            "description": allows, "mcpReachable": *client != "never", "roles": roles,
        }))
    };
    rows.map(|row| read(row).with_context(|| row.to_owned())).collect()
}

/// Two denied calls from [`START`] on, with a second between them: of `mia`, whose role does not allow it, and of `dana`, whose client
/// was not granted it.
async fn two_denials(app: &TestApp) -> Result<()> {
    let mia = app.agent("mia").await?;
    let narrow = app.authorize("dana").scope("ws:workspace:read").connect().await?;
    mia.call("list_audit_log_entries", json!({})).await?.tool_error()?;
    app.advance(Duration::from_secs(1));
    assert_eq!(narrow.call("list_permission_errors", json!({})).await?.status, 403);
    app.advance(Duration::from_secs(1));
    Ok(())
}

async fn count_errors(agent: &Agent, filter: Value) -> Result<usize> {
    Ok(all_rows(agent, "list_permission_errors", filter).await?.len())
}

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

    async fn list_permissions(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = all_rows(&agent, "list_permissions", json!({ "limit": 100 })).await?;
        assert_eq!(rows, documented()?);
        assert_eq!(all_rows(&agent, "list_permissions", json!({ "limit": 7 })).await?, rows);
    }

    async fn list_permissions_of_one_resource(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = all_rows(&agent, "list_permissions", json!({ "resource": "instances", "limit": 2 })).await?;
        let keys: Vec<&str> = rows.iter().map(|row| text(row, "/key")).collect();
        assert_eq!(keys, ["ws:instances:read", "ws:instances:detect_drift", "ws:instances:remediate_drift"]);
    }

    async fn list_permissions_names_the_resources_there_are(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let reply = agent.call("list_permissions", json!({ "resource": "stacks" })).await?;
        let refusal = reply.tool_error()?;
        assert!(refusal.starts_with("Invalid arguments: `resource` must be one of `workspace`, `team_members`, "));
        assert!(refusal.ends_with("`mcp_clients` (got `stacks`)"), "{refusal}");
        refuses(&agent, "list_permissions", &[(json!({ "cursor": "made-up" }), FOREIGN_CURSOR)]).await?;
        let page = agent.call("list_permissions", json!({ "limit": 1 })).await?;
        let other = json!({ "resource": "instances", "cursor": page.structured()?["nextCursor"] });
        refuses(&agent, "list_permissions", &[(other, FOREIGN_CURSOR)]).await?;
    }

    async fn get_permission(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for mut expected in documented()? {
            let reply = agent.call("get_permission", json!({ "key": expected["key"] })).await?;
            expected["isRecognized"] = json!(true);
            assert_eq!(reply.structured()?, &expected);
        }
    }

    async fn get_permission_takes_a_key_apart_that_it_does_not_know(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let reply = app.agent("mia").await?.call("get_permission", json!({ "key": "ws:gh:action" })).await?;
        let expected = json!({
            "key": "ws:gh:action", "scope": "ws", "group": "gh", "action": "action", "isRecognized": false,
            "description": null, "mcpReachable": false, "roles": [],
        });
        assert_eq!(reply.structured()?, &expected);
    }

    async fn get_permission_names_the_grammar(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for key in ["", "audit_log", "ws:audit_log", "ws:AuditLog:read", "ws:a:b:c", "ws:audit-log:read"] {
            let reply = agent.call("get_permission", json!({ "key": key })).await?;
            let grammar = "Invalid arguments: `key` must be `ws:<resource>:<action>`, ";
            assert!(reply.tool_error()?.starts_with(grammar), "{}", reply.body);
        }
        refuses(&agent, "get_permission", &[(json!({}), "Invalid arguments: missing field `key`")]).await?;
    }

    async fn list_permission_errors(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        two_denials(&app).await?;
        let dana = app.agent("dana").await?;
        let rows = all_rows(&dana, "list_permission_errors", json!({ "since": START, "limit": 1 })).await?;
        let [scope, role] = rows.as_slice() else { anyhow::bail!("not two: {rows:?}") };
        assert_eq!(fields(role), [
            "clientId", "clientName", "hint", "id", "login", "permission", "requestId", "side", "time", "tool",
        ]);
        for (row, login, tool, side, time) in [
            (role, "mia", "list_audit_log_entries", "role", START),
            (scope, "dana", "list_permission_errors", "scope", "2026-08-21T10:00:01Z"),
        ] {
            assert_eq!((text(row, "/login"), text(row, "/tool"), text(row, "/side")), (login, tool, side), "{row}");
            assert_eq!((text(row, "/permission"), text(row, "/time")), ("ws:audit_log:read", time), "{row}");
            assert_eq!(text(row, "/clientName"), "Test agent", "{row}");
        }
        assert!(text(role, "/hint").ends_with("an admin can change the role"), "{role}");
        assert!(text(scope, "/hint").ends_with("dana can connect it again and tick this scope"), "{scope}");
    }

    async fn list_permission_errors_of_the_demo(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let dana = app.agent("dana").await?;
        let rows = all_rows(&dana, "list_permission_errors", json!({ "since": "2026-08-14", "until": START })).await?;
        let shown: Vec<_> = rows.iter().map(|row| (text(row, "/login"), text(row, "/side"))).collect();
        assert_eq!(shown, [("mia", "role"), ("mia", "role"), ("amir", "scope"), ("mia", "role")], "newest first");
    }

    async fn list_permission_errors_filters(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        two_denials(&app).await?;
        let dana = app.agent("dana").await?;
        let between = json!({ "since": START, "until": "2026-08-21T10:00:01Z" });
        assert_eq!(count_errors(&dana, between).await?, 1);
        assert_eq!(count_errors(&dana, json!({ "since": "2026-08-21T10:00:01Z" })).await?, 1);
        assert_eq!(count_errors(&dana, json!({ "since": "2026-08-22" })).await?, 0);
        let rows = all_rows(&dana, "list_permission_errors", json!({ "since": START })).await?;
        // Both agents are one client, which registered twice.
        let client = rows.first().context("a row")?["clientId"].clone();
        assert_eq!(count_errors(&dana, json!({ "clientId": client, "since": START })).await?, 2);
        assert_eq!(count_errors(&dana, json!({ "clientId": "nobody" })).await?, 0);
        // Calls were denied, so it must not say that none was.
        for filter in [json!({ "clientId": "nobody" }), json!({ "until": "2020-01-01" })] {
            let page = dana.call("list_permission_errors", filter).await?;
            let hint = text(page.structured()?, "/hint");
            assert_eq!(hint, "no denied call matches; drop `clientId`, `since` or `until`");
        }
        let page = dana.call("list_permission_errors", json!({ "limit": 1 })).await?;
        let other = json!({ "clientId": client, "cursor": page.structured()?["nextCursor"] });
        refuses(&dana, "list_permission_errors", &[(other, FOREIGN_CURSOR)]).await?;
    }

    async fn list_permission_errors_shows_what_the_audit_log_has(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        two_denials(&app).await?;
        let dana = app.agent("dana").await?;
        let errors = all_rows(&dana, "list_permission_errors", json!({})).await?;
        let entries = all_rows(&dana, "list_audit_log_entries", json!({ "outcome": "denied" })).await?;
        let ids = |rows: &[Value]| -> Vec<String> { rows.iter().map(|row| text(row, "/id").to_owned()).collect() };
        assert_eq!(ids(&errors), ids(&entries));
    }
}
