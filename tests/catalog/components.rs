//! `list_components`, `get_component`.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, text};

use super::stacks::{expected_parts, expected_rows, instances, is_failing, parts, shown, shown_rows, tally, upload};
use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

/// What a row of `list_components` has, and `get_component` too.
const FIELDS: [&str; 6] = ["component", "instanceCount", "lastRunAt", "repos", "stackCount", "statusCounts"];

async fn components(agent: &Agent, filter: Value) -> Result<Vec<Value>> {
    all_rows(agent, "list_components", filter).await
}

/// The names of the components that pass a filter, in their order.
async fn names(agent: &Agent, filter: Value) -> Result<Vec<String>> {
    Ok(components(agent, filter).await?.iter().map(|row| text(row, "/component").to_owned()).collect())
}

async fn get(agent: &Agent, arguments: Value) -> Result<Value> {
    Ok(agent.call("get_component", arguments).await?.structured()?.clone())
}

on_both_engines! {
    async fn list_components(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let all = instances(&agent, json!({})).await?;
        let rows = components(&agent, json!({ "limit": 100 })).await?;
        let expected = expected_rows(&all, "component");
        assert!(expected.len() > 30, "{}", expected.len());
        assert_eq!(shown_rows(&rows, "component"), expected);
        for row in &rows {
            assert_eq!(fields(row), FIELDS);
            let stacks = all.iter().filter(|instance| {
                instance["component"] == row["component"] && instance["status"] != "orphaned"
            });
            let stacks: BTreeSet<&str> = stacks.map(|instance| text(instance, "/stack")).collect();
            // No stack of the demo has a component twice.
            assert_eq!(row["stackCount"], stacks.len(), "{row}");
        }
    }

    async fn list_components_of_a_stack_and_of_a_repository(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for filter in [
            json!({ "stack": "plat-use2-prod" }),
            json!({ "repo": "acme/data-platform" }),
            json!({ "stack": "plat-use2-prod", "repo": "acme/platform-services" }),
        ] {
            let here = instances(&agent, filter.clone()).await?;
            let rows = components(&agent, filter.clone()).await?;
            assert!(!rows.is_empty(), "{filter}");
            assert_eq!(shown_rows(&rows, "component"), expected_rows(&here, "component"), "{filter}");
            // Filters combine.
            let mut both = filter.clone();
            both["statusFilter"] = json!(["drifted", "error"]);
            let failing = here.iter().filter(|instance| is_failing(instance));
            let failing: BTreeSet<&str> = failing.map(|instance| text(instance, "/component")).collect();
            assert_eq!(names(&agent, both).await?, Vec::from_iter(failing), "{filter}");
        }
    }

    async fn list_components_shows_orphans_only_if_they_are_named(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let token = app.workspace_token("acme").await?;
        let part = |component: &str| ("one".to_owned(), component.to_owned());
        upload(&app, &token, &[part("kept"), part("gone")]).await?;
        upload(&app, &token, &[part("kept")]).await?;
        for filter in [json!({ "repo": "org/repo" }), json!({ "stack": "one" })] {
            assert_eq!(names(&agent, filter.clone()).await?, ["kept"], "{filter}");
            let mut orphaned = filter.clone();
            orphaned["statusFilter"] = json!("orphaned");
            let rows = components(&agent, orphaned).await?;
            let [row] = rows.as_slice() else { anyhow::bail!("not one row: {rows:?}") };
            assert_eq!((&row["component"], &row["instanceCount"]), (&json!("gone"), &json!(0)));
            assert_eq!((&row["statusCounts"]["orphaned"], &row["repos"]), (&json!(1), &json!(["org/repo"])));
        }
    }

    async fn list_components_gives_the_same_rows_in_pages_of_any_size(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for filter in [json!({}), json!({ "stack": "plat-use2-prod" }), json!({ "statusFilter": ["in_sync"] })] {
            let page = |limit: u32| {
                let mut page = filter.clone();
                page["limit"] = json!(limit);
                page
            };
            let whole = components(&agent, page(100)).await?;
            assert!(whole.len() > 10, "{filter}");
            for limit in [1, 4, 9] {
                assert_eq!(components(&agent, page(limit)).await?, whole, "{filter} {limit}");
            }
        }
    }

    async fn list_components_sorts_by_the_bytes_of_the_names(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let token = app.workspace_token("acme").await?;
        let sorted = ["A", "B", "_", "a", "a-b", "a/b", "a_b", "b", "é"];
        let part = |name: &&str| ("one".to_owned(), (*name).to_owned());
        let unsorted: Vec<(String, String)> = sorted.iter().rev().map(part).collect();
        upload(&app, &token, &unsorted).await?;
        for filter in [json!({ "repo": "org/repo", "limit": 2 }), json!({ "stack": "one", "limit": 2 })] {
            assert_eq!(names(&agent, filter.clone()).await?, sorted, "{filter}");
        }
        let stack = agent.call("get_stack", json!({ "stack": "one" })).await?;
        let expected: Vec<String> = sorted.iter().map(|name| format!("{name} unknown")).collect();
        assert_eq!(parts(stack.structured()?, "components", "component"), expected);
    }

    async fn list_components_says_what_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "statusFilter": "gone" }),
                "Invalid arguments: `statusFilter`: must be one of `unknown`, `in_sync`, `drifted`, `remediating`, \
                 `remediated`, `error`, `disabled`, `orphaned` (got `gone`)",
            ),
            (json!({ "repo": "acme/" }), "Invalid arguments: `repo` must be owner/name (got `acme/`)"),
            (json!({ "limit": 0 }), "Invalid arguments: `limit`: must be between 1 and 100 (got 0)"),
            (json!({ "cursor": "made-up" }), FOREIGN_CURSOR),
        ];
        refuses(&agent, "list_components", &cases).await?;
        for filter in [json!({ "stack": "canary-rival-use2-prod" }), json!({ "stack": "nowhere" })] {
            let reply = agent.call("list_components", filter).await?;
            let expected = json!({
                "items": [], "nextCursor": null,
                "hint": "no component matches; list_stacks and list_repos show the names to filter by",
            });
            assert_eq!(reply.structured()?, &expected);
        }
    }

    async fn get_component(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let component = json!({ "component": "vpc" });
        let details = get(&agent, component.clone()).await?;
        let mut expected = FIELDS.to_vec();
        expected.extend(["lastFailedRun", "stacks", "stacksTruncated"]);
        expected.sort_unstable();
        assert_eq!(fields(&details), expected);
        let here = instances(&agent, component).await?;
        let here: Vec<&Value> = here.iter().collect();
        assert_eq!(shown(&details), tally(&here));
        assert_eq!(parts(&details, "stacks", "stack"), expected_parts(&here, "stack"));
        assert!(details["repos"].as_array().context("repos")?.len() > 1, "{details}");
        let first = &details["stacks"][0];
        assert_eq!(fields(first), ["driftStatus", "instanceId", "lastRunAt", "repo", "stack", "status"]);
        let instance = here.iter().find(|row| row["id"] == first["instanceId"]).context("the instance")?;
        assert!(is_failing(instance), "{first}");
        let last = app.db_text(
            "SELECT w.id FROM workflow_runs w JOIN workspaces s ON s.id = w.workspace_id WHERE s.slug = 'acme' \
             AND w.component = 'vpc' AND w.conclusion IN ('failure', 'timed_out', 'startup_failure') \
             ORDER BY w.id DESC LIMIT 1",
        );
        assert_eq!(vec![text(&details, "/lastFailedRun/id").to_owned()], last.await?);
    }

    async fn get_component_of_one_repository(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let filter = json!({ "component": "vpc", "repo": "acme/data-platform" });
        let details = get(&agent, filter.clone()).await?;
        let here = instances(&agent, filter).await?;
        let here: Vec<&Value> = here.iter().collect();
        assert_eq!(shown(&details), tally(&here));
        assert_eq!(parts(&details, "stacks", "stack"), expected_parts(&here, "stack"));
        let stack = text(&details, "/lastFailedRun/stack");
        assert!(stack.is_empty() || stack.starts_with("data-"), "{details}");
    }

    async fn get_component_says_how_to_find_one(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "component": "canary-rival-vpc" }),
                "no component canary-rival-vpc in this workspace; list_components shows those there are",
            ),
            (
                json!({ "component": "vpc", "repo": "acme/platform-eks" }),
                "no component vpc in acme/platform-eks of this workspace; list_components shows those there are",
            ),
            (json!({ "name": "vpc" }), "Invalid arguments: unknown field `name`, expected `component` or `repo`"),
        ];
        refuses(&agent, "get_component", &cases).await?;
    }
}
