//! `list_stacks`, `get_stack`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use atmos_mcp::clock::Timestamp;
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, text};

use super::{FOREIGN_CURSOR, STATUSES, all_rows, fields, refuses};

/// What a row of `list_stacks` has, and `get_stack` too.
const FIELDS: [&str; 5] = ["instanceCount", "lastRunAt", "repos", "stack", "statusCounts"];

/// Every instance that passes a filter, orphaned ones included.
pub(super) async fn instances(agent: &Agent, mut filter: Value) -> Result<Vec<Value>> {
    filter["statusFilter"] = json!(STATUSES);
    filter["limit"] = json!(100);
    all_rows(agent, "list_instances", filter).await
}

/// Instances by the name in this field.
pub(super) fn by_name<'v>(instances: &'v [Value], field: &str) -> BTreeMap<&'v str, Vec<&'v Value>> {
    let mut groups: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for instance in instances {
        groups.entry(instance[field].as_str().unwrap_or_default()).or_default().push(instance);
    }
    groups
}

pub(super) fn is_live(instance: &Value) -> bool {
    instance["status"] != "orphaned"
}

/// Whether an instance is what a triage looks for.
pub(super) fn is_failing(instance: &Value) -> bool {
    ["drifted", "error"].contains(&text(instance, "/status"))
}

/// What these instances come to: the fields that stacks and components have in common.
pub(super) fn tally(instances: &[&Value]) -> Value {
    let count = |status: &str| instances.iter().filter(|instance| instance["status"] == status).count();
    let counts: BTreeMap<&str, usize> = STATUSES.into_iter().map(|status| (status, count(status))).collect();
    let last = instances.iter().filter_map(|instance| instance["lastRunAt"].as_str());
    let live: Vec<&&Value> = instances.iter().filter(|instance| is_live(instance)).collect();
    json!({
        "instanceCount": live.len(),
        "statusCounts": counts,
        "lastRunAt": last.max_by_key(|at| Timestamp::parse_rfc3339(at)),
        "repos": live.iter().map(|instance| text(instance, "/repo")).collect::<BTreeSet<_>>(),
    })
}

/// The same fields of a row.
pub(super) fn shown(row: &Value) -> Value {
    let repos: BTreeSet<&str> = row["repos"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    json!({
        "instanceCount": row["instanceCount"], "statusCounts": row["statusCounts"], "lastRunAt": row["lastRunAt"],
        "repos": repos,
    })
}

/// `name status` of the parts of a details row, in their order.
pub(super) fn parts(details: &Value, list: &str, name: &str) -> Vec<String> {
    let parts = details[list].as_array().into_iter().flatten();
    parts.map(|part| format!("{} {}", part[name].as_str().unwrap_or_default(), text(part, "/status"))).collect()
}

/// The same of instances, as they should be ordered.
pub(super) fn expected_parts(instances: &[&Value], name: &str) -> Vec<String> {
    let mut live: Vec<(bool, String)> = instances
        .iter()
        .filter(|instance| is_live(instance))
        .map(|instance| {
            let name = instance[name].as_str().unwrap_or_default();
            (!is_failing(instance), format!("{name} {}", text(instance, "/status")))
        })
        .collect();
    live.sort();
    live.into_iter().map(|(_, line)| line).collect()
}

/// Names with what their live instances come to, as lists show them.
pub(super) fn expected_rows<'v>(instances: &'v [Value], field: &str) -> Vec<(&'v str, Value)> {
    let groups = by_name(instances, field).into_iter();
    let live = groups.filter(|(_, instances)| instances.iter().any(|instance| is_live(instance)));
    live.map(|(name, instances)| (name, tally(&instances))).collect()
}

/// The same of the rows of a list.
pub(super) fn shown_rows<'v>(rows: &'v [Value], field: &str) -> Vec<(&'v str, Value)> {
    rows.iter().map(|row| (row[field].as_str().unwrap_or_default(), shown(row))).collect()
}

/// Uploads these instances, as `stack component`, as all that `org/repo` has.
pub(super) async fn upload(app: &TestApp, token: &str, instances: &[(String, String)]) -> Result<()> {
    let instances: Vec<Value> =
        instances.iter().map(|(stack, component)| json!({ "stack": stack, "component": component })).collect();
    let body = json!({
        "repo_url": "https://github.com/org/repo", "repo_name": "repo", "repo_owner": "org", "repo_host": "github.com",
        "instances": instances,
    });
    let reply = app.upload(token, &body).await?;
    anyhow::ensure!(reply.status == 200, "{}", reply.body);
    Ok(())
}

async fn stacks(agent: &Agent, filter: Value) -> Result<Vec<Value>> {
    all_rows(agent, "list_stacks", filter).await
}

/// The names of the stacks that pass a filter, in their order.
async fn names(agent: &Agent, filter: Value) -> Result<Vec<String>> {
    Ok(stacks(agent, filter).await?.iter().map(|row| text(row, "/stack").to_owned()).collect())
}

async fn get(agent: &Agent, arguments: Value) -> Result<Value> {
    Ok(agent.call("get_stack", arguments).await?.structured()?.clone())
}

on_both_engines! {
    async fn list_stacks(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let all = instances(&agent, json!({})).await?;
        let rows = stacks(&agent, json!({ "limit": 100 })).await?;
        let expected = expected_rows(&all, "stack");
        assert!(expected.len() > 20, "{}", expected.len());
        // By name: a map has them in this order.
        assert_eq!(shown_rows(&rows, "stack"), expected);
        for row in &rows {
            assert_eq!(fields(row), FIELDS);
        }
    }

    async fn list_stacks_that_have_an_instance_in_any_of_these_statuses(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let all = instances(&agent, json!({})).await?;
        for statuses in [&["drifted", "error"][..], &["disabled"], &["orphaned", "orphaned"], &["unknown"]] {
            let wanted = all.iter().filter(|instance| statuses.contains(&text(instance, "/status")));
            let expected: BTreeSet<&str> = wanted.map(|instance| text(instance, "/stack")).collect();
            assert!(!expected.is_empty(), "{statuses:?}");
            let found = names(&agent, json!({ "statusFilter": statuses, "limit": 100 })).await?;
            assert_eq!(found, Vec::from_iter(expected), "{statuses:?}");
        }
        // One value stands for a list of one.
        let one = names(&agent, json!({ "statusFilter": "drifted" })).await?;
        assert_eq!(one, names(&agent, json!({ "statusFilter": ["drifted"] })).await?);
    }

    async fn list_stacks_of_one_repository_counts_that_one(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let filter = json!({ "repo": "acme/platform-eks" });
        let here = instances(&agent, filter.clone()).await?;
        let rows = stacks(&agent, filter).await?;
        assert_eq!(shown_rows(&rows, "stack"), expected_rows(&here, "stack"));
        // Filters combine.
        let both = json!({ "repo": "acme/platform-eks", "statusFilter": ["drifted", "error"] });
        let failing = here.iter().filter(|instance| is_failing(instance)).map(|instance| text(instance, "/stack"));
        assert_eq!(names(&agent, both).await?, Vec::from_iter(failing.collect::<BTreeSet<_>>()));
    }

    async fn list_stacks_gives_the_same_rows_in_pages_of_any_size(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for filter in [json!({}), json!({ "statusFilter": ["drifted", "error"] })] {
            let page = |limit: u32| {
                let mut page = filter.clone();
                page["limit"] = json!(limit);
                page
            };
            let whole = stacks(&agent, page(100)).await?;
            for limit in [1, 3, 7] {
                assert_eq!(stacks(&agent, page(limit)).await?, whole, "{filter} {limit}");
            }
        }
    }

    async fn list_stacks_says_what_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "statusFilter": ["gone"] }),
                "Invalid arguments: `statusFilter`: must be one of `unknown`, `in_sync`, `drifted`, `remediating`, \
                 `remediated`, `error`, `disabled`, `orphaned` (got `gone`)",
            ),
            (json!({ "repo": "acme" }), "Invalid arguments: `repo` must be owner/name (got `acme`)"),
            (
                json!({ "stack": "dev" }),
                "Invalid arguments: unknown field `stack`, expected one of `statusFilter`, `repo`, `limit`, `cursor`",
            ),
            (json!({ "cursor": "made-up" }), FOREIGN_CURSOR),
        ];
        refuses(&agent, "list_stacks", &cases).await?;
        let nothing = agent.call("list_stacks", json!({ "repo": "canary-rival/canary-rival-infrastructure" })).await?;
        let nothing = nothing.structured()?;
        assert_eq!(nothing["items"], json!([]));
        assert_eq!(
            text(nothing, "/hint"),
            "no stack matches; without arguments all are listed, and list_repos shows the repositories"
        );
    }

    async fn list_stacks_takes_no_cursor_of_another_filter_or_list(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let filter = json!({ "repo": "acme/infrastructure", "limit": 1 });
        for tool in ["list_stacks", "list_components"] {
            let reply = agent.call(tool, filter.clone()).await?;
            let cursor = reply.structured()?["nextCursor"].clone();
            assert!(cursor.is_string(), "{tool}");
            refuses(&agent, "list_stacks", &[(json!({ "cursor": cursor }), FOREIGN_CURSOR)]).await?;
        }
    }

    async fn get_stack(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let stack = json!({ "stack": "plat-use2-prod" });
        let details = get(&agent, stack.clone()).await?;
        let mut expected = FIELDS.to_vec();
        expected.extend(["components", "componentsTruncated", "lastFailedRun"]);
        expected.sort_unstable();
        assert_eq!(fields(&details), expected);
        let here = instances(&agent, stack).await?;
        let here: Vec<&Value> = here.iter().collect();
        assert_eq!(shown(&details), tally(&here));
        assert_eq!(parts(&details, "components", "component"), expected_parts(&here, "component"));
        assert_eq!(details["componentsTruncated"], false);
        // The first is an instance as list_instances shows it.
        let first = &details["components"][0];
        let instance = here.iter().find(|row| row["id"] == first["instanceId"]).context("the instance")?;
        assert!(is_failing(instance), "{first}");
        for field in ["component", "repo", "status", "driftStatus", "lastRunAt"] {
            assert_eq!(first[field], instance[field], "{field}");
        }
        assert_eq!(fields(first), ["component", "driftStatus", "instanceId", "lastRunAt", "repo", "status"]);
    }

    async fn get_stack_shows_the_last_run_that_failed(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = get(&agent, json!({ "stack": "plat-use2-prod" })).await?["lastFailedRun"].clone();
        let last = app.db_text(
            "SELECT w.id FROM workflow_runs w JOIN workspaces s ON s.id = w.workspace_id WHERE s.slug = 'acme' \
             AND w.stack = 'plat-use2-prod' AND w.conclusion IN ('failure', 'timed_out', 'startup_failure') \
             ORDER BY w.id DESC LIMIT 1",
        );
        assert_eq!(vec![text(&run, "/id").to_owned()], last.await?);
        assert_eq!(run["stack"], "plat-use2-prod");
        assert_eq!(text(&run, "/dashboardUrl"), app.url(&format!("/runs/{}", text(&run, "/id"))));
        assert_eq!(
            fields(&run),
            ["command", "component", "conclusion", "dashboardUrl", "finishedAt", "id", "stack"]
        );
        // In one repository, the last of that one.
        let eks = get(&agent, json!({ "stack": "plat-use2-prod", "repo": "acme/platform-eks" })).await?;
        assert_eq!(eks["repos"], json!(["acme/platform-eks"]));
        let shown = parts(&eks, "components", "component");
        assert!(!shown.is_empty() && shown.iter().all(|part| part.starts_with("eks/")), "{shown:?}");
        let component = text(&eks, "/lastFailedRun/component");
        assert!(component.is_empty() || component.starts_with("eks/"), "{eks}");
    }

    async fn get_stack_keeps_what_is_gone_and_what_does_not_fit_apart(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let token = app.workspace_token("acme").await?;
        let part = |number: u32| ("wide".to_owned(), format!("c-{number:03}"));
        let wide: Vec<(String, String)> = (0..120).map(part).collect();
        let mut whole = wide.clone();
        whole.push(("gone".to_owned(), "vpc".to_owned()));
        upload(&app, &token, &whole).await?;
        upload(&app, &token, &wide).await?;
        app.db_execute("UPDATE instances SET status = 'error' WHERE stack = 'wide' AND component = 'c-119'").await?;
        let details = get(&agent, json!({ "stack": "wide" })).await?;
        let shown = parts(&details, "components", "component");
        assert_eq!((shown.len(), &details["componentsTruncated"]), (100, &json!(true)));
        assert_eq!([&shown[0], &shown[1], &shown[99]], ["c-119 error", "c-000 unknown", "c-098 unknown"]);
        assert_eq!((&details["instanceCount"], &details["statusCounts"]["error"]), (&json!(120), &json!(1)));
        // What is orphaned shows if it is named.
        assert_eq!(names(&agent, json!({ "repo": "org/repo" })).await?, ["wide"]);
        assert_eq!(names(&agent, json!({ "repo": "org/repo", "statusFilter": "orphaned" })).await?, ["gone"]);
        let gone = get(&agent, json!({ "stack": "gone" })).await?;
        assert_eq!((&gone["instanceCount"], &gone["statusCounts"]["orphaned"]), (&json!(0), &json!(1)));
        assert_eq!((&gone["components"], &gone["lastFailedRun"]), (&json!([]), &Value::Null));
    }

    async fn get_stack_says_how_to_find_one(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "stack": "canary-rival-use2-prod" }),
                "no stack canary-rival-use2-prod in this workspace; list_stacks shows those there are",
            ),
            (
                json!({ "stack": "plat-use2-prod", "repo": "acme/data-platform" }),
                "no stack plat-use2-prod in acme/data-platform of this workspace; list_stacks shows those there are",
            ),
            (
                json!({ "stack": "plat-use2-prod", "repo": "acme/nothing" }),
                "no stack plat-use2-prod in acme/nothing of this workspace; list_stacks shows those there are",
            ),
            (json!({}), "Invalid arguments: missing field `stack`"),
            (
                json!({ "stack": "plat-use2-prod", "repo": "acme" }),
                "Invalid arguments: `repo` must be owner/name (got `acme`)",
            ),
        ];
        refuses(&agent, "get_stack", &cases).await?;
    }
}
