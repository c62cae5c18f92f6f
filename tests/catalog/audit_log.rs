//! `list_audit_log_entries`, `get_audit_log_entry`.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, root, text};

use super::audit_events::{STACK, START, start, tell_of_mia, tell_of_stack};
use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

/// What a row of `list_audit_log_entries` has, and `get_audit_log_entry` too.
const FIELDS: [&str; 12] = [
    "action",
    "actor",
    "category",
    "description",
    "durationMs",
    "id",
    "metadata",
    "outcome",
    "requestId",
    "target",
    "time",
    "tool",
];

/// Whether a filter wants a row.
type Wanted = fn(&Value) -> bool;

async fn list(agent: &Agent, arguments: Value) -> Result<Vec<Value>> {
    all_rows(agent, "list_audit_log_entries", arguments).await
}

/// `category.action` of each row, in alphabetical order.
fn actions(rows: &[Value]) -> Vec<String> {
    let mut actions: Vec<String> =
        rows.iter().map(|row| format!("{}.{}", text(row, "/category"), text(row, "/action"))).collect();
    actions.sort_unstable();
    actions
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| text(row, "/id")).collect()
}

on_both_engines! {
    async fn list_audit_log_entries(engine: Engine) {
        let app = start(engine).await?;
        tell_of_mia(&app).await?;
        let dana = app.agent("dana").await?;
        let rows = list(&dana, json!({ "actorId": "mia", "action": "tool_called", "since": START })).await?;
        let tools: Vec<&str> = rows.iter().map(|row| text(row, "/tool")).collect();
        assert_eq!(tools, ["list_audit_log_entries", "get_instance", "list_repos"], "newest first");
        let outcomes: Vec<&str> = rows.iter().map(|row| text(row, "/outcome")).collect();
        assert_eq!(outcomes, ["denied", "tool_error", "ok"]);
        let mut row = rows.last().context("list_repos")?.clone();
        assert_eq!(fields(&row), FIELDS);
        assert!(text(&row, "/id").starts_with("aud_") && text(&row, "/requestId").len() > 8, "{row}");
        assert!(row["durationMs"].is_u64(), "{row}");
        assert!(text(&row, "/actor/id").starts_with("usr_") && !text(&row, "/actor/clientId").is_empty(), "{row}");
        for (object, names) in [("", &["id", "requestId", "durationMs"][..]), ("/actor", &["id", "clientId"][..])] {
            let object = row.pointer_mut(object).and_then(Value::as_object_mut).context("an object")?;
            object.retain(|name, _| !names.contains(&name.as_str()));
        }
        let expected = json!({
            "time": "2026-08-21T10:01:01Z",
            "category": "mcp",
            "action": "tool_called",
            "actor": { "type": "mcp_client", "login": "mia", "clientName": "Test agent" },
            "target": { "type": "tool", "id": "list_repos" },
            "outcome": "ok",
            "description": null,
            "tool": "list_repos",
            "metadata": { "limit": 3 },
        });
        assert_eq!(row, expected);
    }

    async fn list_audit_log_entries_tells_what_happened_to_a_stack(engine: Engine) {
        let app = start(engine).await?;
        tell_of_stack(&app).await?;
        let dana = app.agent("dana").await?;
        let rows = list(&dana, json!({ "query": STACK.to_uppercase(), "since": START, "limit": 3 })).await?;
        assert_eq!(actions(&rows), [
            "instance.affected_uploaded",
            "instance.drift_status_updated",
            "instance.drift_status_updated",
            "instance.inventory_uploaded",
            "lock.created",
            "lock.deleted",
            "workflow.dispatched",
            "workflow.failed",
        ]);
        let of_instance = json!({ "query": STACK, "targetType": "instance", "since": START });
        let rows = list(&dana, of_instance).await?;
        let [by_webhook, by_cli] = rows.as_slice() else { anyhow::bail!("not two: {rows:?}") };
        assert_eq!((text(by_cli, "/metadata/from"), text(by_cli, "/metadata/status")), ("unknown", "drifted"));
        assert_eq!(text(by_cli, "/metadata/repository"), "acme/audited");
        assert_eq!((text(by_webhook, "/metadata/from"), text(by_webhook, "/metadata/status")), ("drifted", "error"));
        let history = list(&dana, json!({ "targetId": by_cli["target"]["id"] })).await?;
        assert_eq!(ids(&history), ids(&rows));
    }

    async fn list_audit_log_entries_filters_combine(engine: Engine) {
        let app = start(engine).await?;
        tell_of_stack(&app).await?;
        tell_of_mia(&app).await?;
        let now = "2026-08-21T10:01:11Z";
        let dana = app.agent("dana").await?;
        let window = json!({ "since": START, "until": now, "limit": 100 });
        let all = list(&dana, window.clone()).await?;
        assert!(all.iter().all(|row| (START..now).contains(&text(row, "/time"))), "{all:?}");
        let mia = all.iter().find(|row| text(row, "/actor/login") == "mia").context("a row of mia")?;
        let cases: [(Value, Wanted); 16] = [
            (json!({ "category": "lock" }), |row| row["category"] == "lock"),
            (json!({ "category": "mcp" }), |row| row["category"] == "mcp"),
            (json!({ "category": ["workflow", "lock"] }), |row| row["category"] == "workflow" || row["category"] == "lock"),
            (json!({ "action": "created" }), |row| row["action"] == "created"),
            (json!({ "action": "lock.deleted" }), |row| row["category"] == "lock" && row["action"] == "deleted"),
            (json!({ "actorType": "github_action" }), |row| row["actor"]["type"] == "github_action"),
            (json!({ "actorType": "github_app" }), |row| row["actor"]["type"] == "github_app"),
            (json!({ "actorType": "mcp_client" }), |row| row["actor"]["type"] == "mcp_client"),
            (json!({ "actorId": "webhook" }), |row| row["actor"]["id"] == "webhook"),
            (json!({ "actorId": "MIA" }), |row| row["actor"]["login"] == "mia"),
            (json!({ "actorId": mia["actor"]["id"] }), |row| row["actor"]["login"] == "mia"),
            (json!({ "targetType": "repository" }), |row| row["target"]["type"] == "repository"),
            (json!({ "targetType": "tool", "targetId": "get_instance" }), |row| row["tool"] == "get_instance"),
            (json!({ "outcome": "denied" }), |row| row["outcome"] == "denied"),
            (json!({ "outcome": ["denied", "tool_error"] }), |row| row["outcome"] != "ok"),
            (json!({ "query": "inst_nothing", "outcome": "tool_error", "actorId": "mia" }), |row| {
                row["metadata"]["id"] == "inst_nothing"
            }),
        ];
        for (filter, is_wanted) in cases {
            let mut arguments = window.clone();
            for (name, value) in filter.as_object().context("a filter")? {
                arguments[name] = value.clone();
            }
            let expected: Vec<Value> = all.iter().filter(|row| is_wanted(row)).cloned().collect();
            assert!(!expected.is_empty(), "nothing to find for {filter}");
            assert_eq!(ids(&list(&dana, arguments).await?), ids(&expected), "{filter}");
        }
    }

    async fn list_audit_log_entries_pages_visit_each_row_once(engine: Engine) {
        let app = start(engine).await?;
        tell_of_stack(&app).await?;
        tell_of_mia(&app).await?;
        let dana = app.agent("dana").await?;
        let page = |limit: u32| json!({ "since": START, "until": "2026-08-21T10:01:11Z", "limit": limit });
        let all = list(&dana, page(100)).await?;
        assert!(ids(&all).is_sorted_by(|newer, older| newer > older), "{:?}", ids(&all));
        assert!(all.len() > 10, "{}", all.len());
        assert_eq!(ids(&list(&dana, page(2)).await?), ids(&all));
    }

    async fn list_audit_log_entries_goes_by_the_fraction_of_a_second(engine: Engine) {
        let app = start(engine).await?;
        let dana = app.agent("dana").await?;
        for tool in ["get_workspace", "list_repos", "list_my_permissions"] {
            app.advance(Duration::from_millis(250));
            dana.call(tool, json!({})).await?.structured()?;
        }
        let window = json!({
            "since": "2026-08-21T10:01:00.5Z", "until": "2026-08-21T10:01:00.75Z", "action": "mcp.tool_called",
        });
        let rows = list(&dana, window).await?;
        let found: Vec<(&str, &str)> = rows.iter().map(|row| (text(row, "/tool"), text(row, "/time"))).collect();
        assert_eq!(found, [("list_repos", "2026-08-21T10:01:00.5Z")]);
    }

    async fn list_audit_log_entries_names_the_argument_that_is_wrong(engine: Engine) {
        let app = start(engine).await?;
        let dana = app.agent("dana").await?;
        let cases = [
            (
                json!({ "outcome": "gone" }),
                "Invalid arguments: `outcome`: must be one of `ok`, `tool_error`, `denied`, `rate_limited`, \
                 `sandbox_fault`, `cancelled`, `refused` (got `gone`)",
            ),
            (
                json!({ "actorType": "robot" }),
                "Invalid arguments: `actorType`: must be one of `mcp_client`, `user`, `github_action`, `github_app`, \
                 `operator`, `anonymous` (got `robot`)",
            ),
            (
                json!({ "since": "yesterday" }),
                "Invalid arguments: `since` must be a time in RFC 3339, such as 2026-08-21T10:00:00Z, or a date, such \
                 as 2026-08-21 (got `yesterday`)",
            ),
            (json!({ "query": "" }), "Invalid arguments: `query` must have 1 to 200 characters (got 0)"),
            (
                json!({ "outcome": [null] }),
                "Invalid arguments: `outcome`: must be one of `ok`, `tool_error`, `denied`, `rate_limited`, \
                 `sandbox_fault`, `cancelled`, `refused` (got null)",
            ),
            (
                json!({ "actorType": ["user"] }),
                "Invalid arguments: `actorType`: must be one of `mcp_client`, `user`, `github_action`, `github_app`, \
                 `operator`, `anonymous` (got a list)",
            ),
            (
                json!({ "action": "lock.created", "category": "auth" }),
                "Invalid arguments: `action` is of category `lock`, but `category` is `auth`; leave out one of them",
            ),
            (json!({ "cursor": "made-up" }), FOREIGN_CURSOR),
        ];
        refuses(&dana, "list_audit_log_entries", &cases).await?;
    }

    async fn list_audit_log_entries_binds_its_cursor_to_the_filter(engine: Engine) {
        let app = start(engine).await?;
        let dana = app.agent("dana").await?;
        let page = dana.call("list_audit_log_entries", json!({ "category": "mcp", "limit": 1 })).await?;
        let cursor = page.structured()?["nextCursor"].clone();
        assert!(cursor.is_string(), "{}", page.body);
        let other = json!({ "category": "lock", "cursor": cursor });
        refuses(&dana, "list_audit_log_entries", &[(other, FOREIGN_CURSOR)]).await?;
    }

    async fn list_audit_log_entries_says_what_there_is_when_nothing_matches(engine: Engine) {
        let app = start(engine).await?;
        let dana = app.agent("dana").await?;
        let page = dana.call("list_audit_log_entries", json!({ "category": "nothing" })).await?;
        let hint = text(page.structured()?, "/hint");
        assert!(hint.starts_with("no entry matches; categories are auth, badge_token, entitlement"), "{hint}");
    }

    async fn list_audit_log_entries_names_every_category(engine: Engine) {
        let app = start(engine).await?;
        let dana = app.agent("dana").await?;
        let page = dana.call("list_audit_log_entries", json!({ "category": "nothing" })).await?;
        let document = std::fs::read_to_string(root().join("docs/audit-log.md"))?;
        let actions = document.split("\n## ").find(|section| section.starts_with("Actions\n")).context("## Actions")?;
        let rows = actions.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let categories: Vec<&str> = rows.collect::<BTreeSet<_>>().into_iter().collect();
        let named = format!("categories are {};", categories.join(", "));
        assert!(text(page.structured()?, "/hint").contains(&named), "{named}: {}", page.body);
    }

    async fn the_audit_log_is_not_for_members(engine: Engine) {
        let app = start(engine).await?;
        let mia = app.agent("mia").await?;
        let refusal = "Permission `ws:audit_log:read` is required, and your role (member) does not have it. A \
                       workspace admin can change the role.";
        for tool in ["list_audit_log_entries", "get_audit_log_entry", "list_permission_errors"] {
            refuses(&mia, tool, &[(json!({}), refusal)]).await?;
        }
    }

    async fn texts_in_the_audit_log_are_cleaned(engine: Engine) {
        let app = start(engine).await?;
        let dana = app.agent("dana").await?;
        dana.call("list_instances", json!({ "stack": "dev\u{200b}\u{1b}[31m\u{202e}" })).await?.structured()?;
        let rows = list(&dana, json!({ "targetId": "list_instances", "since": START })).await?;
        assert_eq!(rows.first().map(|row| &row["metadata"]), Some(&json!({ "stack": "dev" })));
    }

    async fn get_audit_log_entry(engine: Engine) {
        let app = start(engine).await?;
        tell_of_mia(&app).await?;
        let dana = app.agent("dana").await?;
        let rows = list(&dana, json!({ "targetId": "list_repos", "since": START })).await?;
        let row = rows.first().context("a call of list_repos")?;
        let reply = dana.call("get_audit_log_entry", json!({ "id": row["id"] })).await?;
        let entry = reply.structured()?;
        let mut expected = FIELDS.to_vec();
        expected.extend(["componentDigest", "grantId", "used"]);
        expected.sort_unstable();
        assert_eq!(fields(entry), expected);
        for field in FIELDS {
            assert_eq!(entry[field], row[field], "{field}");
        }
        let tool = app.app().catalog.find("list_repos").context("list_repos")?;
        assert_eq!(text(entry, "/componentDigest"), tool.digest);
        assert_eq!((&entry["used"]["hostCalls"], &entry["used"]["rowsRead"]), (&json!(1), &json!(3)));
        assert!(entry["used"]["fuel"].as_u64() > Some(0), "{entry}");
    }

    async fn get_audit_log_entry_has_no_usage_of_what_is_no_call(engine: Engine) {
        let app = start(engine).await?;
        let dana = app.agent("dana").await?;
        let rows = list(&dana, json!({ "action": "mcp.consent_granted", "actorType": "user" })).await?;
        let id = rows.first().context("a consent")?["id"].clone();
        let reply = dana.call("get_audit_log_entry", json!({ "id": id })).await?;
        let entry = reply.structured()?;
        for field in ["used", "componentDigest", "tool", "durationMs"] {
            assert!(entry[field].is_null(), "{field}: {entry}");
        }
        assert_eq!(text(entry, "/metadata/client_name"), "Test agent");
    }

    async fn get_audit_log_entry_has_what_a_list_leaves_out(engine: Engine) {
        let app = start(engine).await?;
        let dana = app.agent("dana").await?;
        let many = vec!["drifted"; 1_000];
        dana.call("list_instances", json!({ "statusFilter": many })).await?.structured()?;
        let rows = list(&dana, json!({ "targetId": "list_instances", "since": START })).await?;
        let row = rows.first().context("the call")?;
        let whole = json!({ "statusFilter": many });
        assert_eq!(row["metadata"], json!({ "omittedBytes": whole.to_string().len() }));
        let reply = dana.call("get_audit_log_entry", json!({ "id": row["id"] })).await?;
        assert_eq!(reply.structured()?["metadata"], whole);
    }

    async fn get_audit_log_entry_says_how_to_find_one(engine: Engine) {
        let app = start(engine).await?;
        let dana = app.agent("dana").await?;
        let cases = [
            (
                json!({ "id": "aud_nothing" }),
                "no audit log entry aud_nothing in this workspace; list_audit_log_entries finds its id",
            ),
            (json!({}), "Invalid arguments: missing field `id`"),
        ];
        refuses(&dana, "get_audit_log_entry", &cases).await?;
    }
}
