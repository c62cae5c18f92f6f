//! `list_instances`, `get_instance`.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, text};

use super::{FOREIGN_CURSOR, STATUSES, all_rows, fields, refuses};

/// What a row of `list_instances` has, and `get_instance` too.
const FIELDS: [&str; 12] = [
    "component",
    "componentType",
    "dashboardUrl",
    "driftEnabled",
    "driftStatus",
    "enabled",
    "id",
    "lastDriftRunAt",
    "lastRunAt",
    "repo",
    "stack",
    "status",
];

/// The one instance of a component in a stack.
async fn find(agent: &Agent, stack: &str, component: &str) -> Result<Value> {
    let rows = all_rows(agent, "list_instances", json!({ "stack": stack, "component": component })).await?;
    anyhow::ensure!(rows.len() == 1, "{stack} {component}: {rows:?}");
    rows.into_iter().next().context("an instance")
}

/// What `get_instance` says of it.
async fn details(agent: &Agent, stack: &str, component: &str) -> Result<Value> {
    let id = find(agent, stack, component).await?["id"].clone();
    Ok(agent.call("get_instance", json!({ "id": id })).await?.structured()?.clone())
}

on_both_engines! {
    async fn list_instances(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let reply = agent.call("list_instances", json!({ "statusFilter": ["drifted", "error"], "limit": 5 })).await?;
        let items = reply.structured()?["items"].as_array().context("items")?.clone();
        assert_eq!(items.len(), 5);
        for item in &items {
            assert_eq!(fields(item), FIELDS);
            assert!(["drifted", "error"].contains(&text(item, "/status")), "{item}");
            assert_eq!(text(item, "/dashboardUrl"), app.url(&format!("/instances/{}", text(item, "/id"))));
        }
    }

    async fn list_instances_pages_visit_each_row_once(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = all_rows(&agent, "list_instances", json!({ "limit": 100 })).await?;
        let ids: BTreeSet<&str> = rows.iter().map(|row| text(row, "/id")).collect();
        assert_eq!(ids.len(), rows.len());
        assert!(rows.len() > 200, "{}", rows.len());
    }

    async fn list_instances_filters_combine(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let filter = |drift_enabled: Option<bool>| {
            let mut filter = json!({ "repo": "acme/platform-eks", "stack": "plat-use2-prod", "limit": 100 });
            if let Some(drift_enabled) = drift_enabled {
                filter["driftEnabled"] = drift_enabled.into();
            }
            filter
        };
        let rows = all_rows(&agent, "list_instances", filter(Some(true))).await?;
        assert!(!rows.is_empty());
        for row in &rows {
            assert_eq!((text(row, "/repo"), text(row, "/stack")), ("acme/platform-eks", "plat-use2-prod"), "{row}");
            assert_eq!(row["driftEnabled"], true, "{row}");
        }
        let others = all_rows(&agent, "list_instances", filter(Some(false))).await?;
        assert_eq!(rows.len() + others.len(), all_rows(&agent, "list_instances", filter(None)).await?.len());
    }

    async fn list_instances_shows_orphans_only_if_they_are_named(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let live = all_rows(&agent, "list_instances", json!({ "limit": 100 })).await?;
        assert!(live.iter().all(|row| row["status"] != "orphaned"));
        let orphans = all_rows(&agent, "list_instances", json!({ "statusFilter": ["orphaned"] })).await?;
        let is_removed = |row: &Value| row["stack"] == "plat-euw1-prod" && row["component"] == "elasticache/redis";
        assert!(orphans.iter().any(is_removed), "{orphans:?}");
        let all = all_rows(&agent, "list_instances", json!({ "statusFilter": STATUSES, "limit": 100 })).await?;
        assert_eq!(all.len(), live.len() + orphans.len());
    }

    async fn list_instances_takes_one_status_without_a_list(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let one = all_rows(&agent, "list_instances", json!({ "statusFilter": "drifted" })).await?;
        assert!(!one.is_empty());
        assert_eq!(one, all_rows(&agent, "list_instances", json!({ "statusFilter": ["drifted"] })).await?);
    }

    async fn list_instances_takes_a_whole_number_however_it_is_written(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let reply = agent.call("list_instances", json!({ "limit": 3.0 })).await?;
        assert_eq!(reply.structured()?["items"].as_array().map(Vec::len), Some(3), "{}", reply.body);
    }

    async fn list_instances_binds_its_cursor_to_what_the_filter_means(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let page = agent.call("list_instances", json!({ "statusFilter": ["drifted", "error"], "limit": 1 })).await?;
        let cursor = page.structured()?["nextCursor"].clone();
        let other_order = json!({ "statusFilter": ["error", "drifted", "error"], "limit": 1, "cursor": cursor });
        let next = agent.call("list_instances", other_order).await?;
        assert_ne!(next.structured()?["items"], page.structured()?["items"]);
        let other = json!({ "statusFilter": ["error"], "cursor": cursor });
        refuses(&agent, "list_instances", &[(other, FOREIGN_CURSOR)]).await?;
    }

    async fn list_instances_names_the_lists_of_names_when_nothing_matches(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for tool in ["list_instances", "list_deployments"] {
            let page = agent.call(tool, json!({ "repo": "acme/nothing" })).await?;
            assert!(text(page.structured()?, "/hint").contains("list_repos"), "{tool}: {}", page.body);
        }
    }

    async fn list_instances_names_the_argument_that_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "statusFilter": ["drifted", "gone"] }),
                "Invalid arguments: `statusFilter`: must be one of `unknown`, `in_sync`, `drifted`, `remediating`, \
                 `remediated`, `error`, `disabled`, `orphaned` (got `gone`)",
            ),
            (json!({ "repo": "acme" }), "Invalid arguments: `repo` must be owner/name (got `acme`)"),
            (json!({ "limit": 2.5 }), "Invalid arguments: `limit`: must be a whole number (got 2.5)"),
            (json!({ "stack": ["dev"] }), "Invalid arguments: `stack`: must be a string (got a list)"),
            (
                json!({ "statusFilter": [null] }),
                "Invalid arguments: `statusFilter`: must be one of `unknown`, `in_sync`, `drifted`, `remediating`, \
                 `remediated`, `error`, `disabled`, `orphaned` (got null)",
            ),
            (json!({ "limit": 500 }), "Invalid arguments: `limit`: must be between 1 and 100 (got 500)"),
            (json!({ "cursor": "" }), FOREIGN_CURSOR),
        ];
        refuses(&agent, "list_instances", &cases).await?;
    }

    async fn get_instance(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let row = find(&agent, "plat-use2-prod", "eks/cluster").await?;
        let details = details(&agent, "plat-use2-prod", "eks/cluster").await?;
        let mut expected = FIELDS.to_vec();
        expected.extend(["lastDriftRun", "lastRun", "lock", "statusChanges"]);
        expected.sort_unstable();
        assert_eq!(fields(&details), expected);
        for field in FIELDS {
            assert_eq!(details[field], row[field], "{field}");
        }
        // The newest drift detection saw changes.
        let run = &details["lastDriftRun"];
        assert_eq!((text(run, "/command"), text(run, "/conclusion")), ("plan", "success"), "{run}");
        assert_eq!(run["planExitCode"], 2, "{run}");
        assert_eq!(run["finishedAt"], details["lastDriftRunAt"]);
        assert!(details["lock"].is_null());
    }

    async fn get_instance_shows_flapping(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let details = details(&agent, "plat-use2-prod", "eks/cluster").await?;
        assert_eq!((text(&details, "/status"), text(&details, "/driftStatus")), ("drifted", "drifted"));
        let changes = details["statusChanges"].as_array().context("statusChanges")?;
        let statuses: Vec<&str> = changes.iter().map(|change| text(change, "/to")).collect();
        // Newest first: it drifts every morning and recovers every evening.
        assert_eq!(statuses, ["drifted", "in_sync"].repeat(5));
        let times: Vec<&str> = changes.iter().map(|change| text(change, "/at")).collect();
        assert!(times.iter().is_sorted_by(|newer, older| newer > older), "{times:?}");
        assert!(times.iter().all(|at| *at > "2026-08-14"), "ten changes in a week: {times:?}");
        assert!(changes.iter().all(|change| text(change, "/runId").starts_with("run_")), "{changes:?}");
    }

    async fn get_instance_shows_the_lock_until_it_expires(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let locked = details(&app.agent("mia").await?, "plat-use2-prod", "vpc").await?;
        let lock = json!({
            "key": "acme/infrastructure/plat-use2-prod/vpc",
            "message": "Peering change in progress, ask Amir before you apply",
            "createdAt": "2026-08-21T07:00:00Z",
            "expiresAt": "2026-08-23T07:00:00Z",
        });
        assert_eq!(locked["lock"], lock);
        app.advance(Duration::from_hours(46));
        // The token expired before the lock did.
        let unlocked = details(&app.agent("mia").await?, "plat-use2-prod", "vpc").await?;
        assert!(unlocked["lock"].is_null(), "{}", unlocked["lock"]);
    }

    async fn get_instance_says_how_to_find_one(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "id": "inst_nothing" }),
                "no instance inst_nothing in this workspace; list_instances with `stack` and `component` finds its id",
            ),
            (json!({}), "Invalid arguments: missing field `id`"),
            (json!({ "id": 7 }), "Invalid arguments: `id`: must be a string (got 7)"),
            (
                json!({ "id": "inst_nothing", "repo": "acme/infrastructure" }),
                "Invalid arguments: unknown field `repo`, expected `id`",
            ),
        ];
        refuses(&agent, "get_instance", &cases).await?;
    }
}
