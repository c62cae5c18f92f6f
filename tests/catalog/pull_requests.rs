//! `list_pull_requests`, `get_pull_request`.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, text};

use super::workflow_runs::{ids, passes};
use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

/// What a row of `list_pull_requests` has, and `get_pull_request` too.
const FIELDS: [&str; 13] = [
    "affectedInstanceCount",
    "author",
    "closedAt",
    "createdAt",
    "draft",
    "hoursToMerge",
    "id",
    "mergedAt",
    "number",
    "repo",
    "state",
    "title",
    "url",
];

async fn all(agent: &Agent) -> Result<Vec<Value>> {
    all_rows(agent, "list_pull_requests", json!({ "limit": 100 })).await
}

/// What `get_pull_request` says of a row.
async fn details(agent: &Agent, row: &Value) -> Result<Value> {
    let (owner, repo) = text(row, "/repo").split_once('/').context("owner and name")?;
    let arguments = json!({ "owner": owner, "repo": repo, "number": row["number"] });
    Ok(agent.call("get_pull_request", arguments).await?.structured()?.clone())
}

/// How many runs stand how.
fn tally(instances: &[Value]) -> Value {
    let runs: Vec<&Value> = instances.iter().flat_map(|instance| [&instance["plan"], &instance["apply"]]).collect();
    let count = |result: &str| runs.iter().filter(|run| run["result"] == result).count();
    json!({
        "pending": count("pending"), "waitingApproval": count("waiting_approval"),
        "succeeded": count("succeeded"), "failed": count("failed"),
    })
}

async fn db(app: &TestApp, sql: &'static str) -> Result<BTreeSet<String>> {
    Ok(app.db_text(sql).await?.into_iter().collect())
}

on_both_engines! {
    async fn list_pull_requests(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let rows = all(&agent).await?;
        let expected = app.db_text(
            "SELECT p.id FROM pull_requests p JOIN workspaces s ON s.id = p.workspace_id \
             WHERE s.slug = 'acme' ORDER BY p.id DESC",
        );
        assert_eq!(ids(&rows), expected.await?);
        assert!(rows.len() >= 60, "{}", rows.len());
        for row in &rows {
            assert_eq!(fields(row), FIELDS);
            assert_eq!(row["mergedAt"].is_null(), row["state"] != "merged", "{row}");
            assert_eq!(row["hoursToMerge"].is_null(), row["mergedAt"].is_null(), "{row}");
            assert!(text(row, "/url").ends_with(&format!("/{}/pull/{}", text(row, "/repo"), row["number"])), "{row}");
        }
    }

    async fn list_pull_requests_counts_what_they_affect(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let shown: BTreeSet<String> = all(&agent)
            .await?
            .iter()
            .map(|row| format!("{}|{}", text(row, "/id"), row["affectedInstanceCount"]))
            .collect();
        let expected = db(
            &app,
            "SELECT p.id || '|' || CAST((SELECT COUNT(*) FROM affected_instances a WHERE a.repository_id = \
             p.repository_id AND a.head_sha = p.head_sha) AS TEXT) \
             FROM pull_requests p JOIN workspaces s ON s.id = p.workspace_id WHERE s.slug = 'acme'",
        );
        assert_eq!(shown, expected.await?);
        assert!(shown.iter().any(|row| !row.ends_with("|0")), "none affects anything");
    }

    async fn list_pull_requests_tells_the_hours_to_merge(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = all_rows(&agent, "list_pull_requests", json!({ "state": "merged", "limit": 100 })).await?;
        let shown: BTreeSet<String> = rows
            .iter()
            .map(|row| format!("{}|{:.0}", text(row, "/id"), row["hoursToMerge"].as_f64().unwrap_or(-1.0) * 10.0))
            .collect();
        // Tenths of an hour, rounded.
        let expected = db(
            &app,
            "SELECT p.id || '|' || CAST(((p.merged_at - p.created_at) / 1000000 + 180) / 360 AS TEXT) \
             FROM pull_requests p JOIN workspaces s ON s.id = p.workspace_id \
             WHERE s.slug = 'acme' AND p.merged_at IS NOT NULL",
        );
        assert_eq!(shown, expected.await?);
    }

    async fn list_pull_requests_filters_combine(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let all = all(&agent).await?;
        let merged = all.iter().find(|row| row["state"] == "merged").context("one that is merged")?;
        let open = all.iter().find(|row| row["state"] == "open").context("an open one")?;
        for mut filter in [
            json!({ "state": "open" }),
            json!({ "state": ["open", "closed"] }),
            json!({ "author": "renovate[bot]" }),
            json!({ "repo": merged["repo"] }),
            json!({ "repo": merged["repo"], "author": merged["author"], "state": ["merged"] }),
            json!({ "author": open["author"], "state": "open" }),
            json!({ "since": "2026-07-10", "until": "2026-08-10" }),
            json!({ "repo": merged["repo"], "since": "2026-07-10" }),
        ] {
            filter["limit"] = 100.into();
            let expected: Vec<&str> =
                all.iter().filter(|row| passes(&filter, row)).map(|row| text(row, "/id")).collect();
            assert!(!expected.is_empty(), "nothing passes {filter}");
            assert_eq!(ids(&all_rows(&agent, "list_pull_requests", filter.clone()).await?), expected, "{filter}");
        }
    }

    async fn list_pull_requests_of_one_day(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let all = all(&agent).await?;
        let day = all.first().and_then(|row| text(row, "/createdAt").split('T').next()).context("a day")?;
        let expected: Vec<&str> =
            all.iter().filter(|row| text(row, "/createdAt").starts_with(day)).map(|row| text(row, "/id")).collect();
        let rows = all_rows(&agent, "list_pull_requests", json!({ "since": day, "until": day })).await?;
        assert_eq!(ids(&rows), expected, "{day}");
    }

    async fn list_pull_requests_by_what_their_runs_touched(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let touched = [
            (
                json!({ "component": "kms/default" }),
                "SELECT p.id FROM workflow_runs t JOIN pull_requests p ON p.repository_id = t.repository_id \
                 AND p.number = t.pull_request_number JOIN workspaces s ON s.id = t.workspace_id \
                 WHERE s.slug = 'acme' AND t.component = 'kms/default' \
                 UNION SELECT p.id FROM affected_instances t JOIN pull_requests p ON p.repository_id = t.repository_id \
                 AND p.head_sha = t.head_sha JOIN workspaces s ON s.id = t.workspace_id \
                 WHERE s.slug = 'acme' AND t.component = 'kms/default'",
            ),
            (
                json!({ "stack": "plat-use2-prod" }),
                "SELECT p.id FROM workflow_runs t JOIN pull_requests p ON p.repository_id = t.repository_id \
                 AND p.number = t.pull_request_number JOIN workspaces s ON s.id = t.workspace_id \
                 WHERE s.slug = 'acme' AND t.stack = 'plat-use2-prod' \
                 UNION SELECT p.id FROM affected_instances t JOIN pull_requests p ON p.repository_id = t.repository_id \
                 AND p.head_sha = t.head_sha JOIN workspaces s ON s.id = t.workspace_id \
                 WHERE s.slug = 'acme' AND t.stack = 'plat-use2-prod'",
            ),
            (
                json!({ "component": "vpc", "stack": "plat-use2-prod" }),
                "SELECT p.id FROM workflow_runs t JOIN pull_requests p ON p.repository_id = t.repository_id \
                 AND p.number = t.pull_request_number JOIN workspaces s ON s.id = t.workspace_id \
                 WHERE s.slug = 'acme' AND t.component = 'vpc' AND t.stack = 'plat-use2-prod' \
                 UNION SELECT p.id FROM affected_instances t JOIN pull_requests p ON p.repository_id = t.repository_id \
                 AND p.head_sha = t.head_sha JOIN workspaces s ON s.id = t.workspace_id \
                 WHERE s.slug = 'acme' AND t.component = 'vpc' AND t.stack = 'plat-use2-prod'",
            ),
        ];
        for (filter, sql) in touched {
            let rows = all_rows(&agent, "list_pull_requests", filter.clone()).await?;
            let shown: BTreeSet<String> = ids(&rows).into_iter().map(ToOwned::to_owned).collect();
            assert!(!shown.is_empty(), "{filter}");
            assert_eq!(shown.len(), rows.len(), "{filter}: each once");
            assert_eq!(shown, db(&app, sql).await?, "{filter}");
        }
    }

    async fn list_pull_requests_by_what_their_heads_affect(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let newest = all(&agent).await?.first().context("a pull request")?.clone();
        let upload = |component: &'static str, stack: &'static str, is_head: bool| {
            let sha = if is_head { "p.head_sha" } else { "'of-before'" };
            format!(
                "INSERT INTO affected_instances \
                 (repository_id, workspace_id, head_sha, stack, component, base_sha, is_dependent, uploaded_at) \
                 SELECT p.repository_id, p.workspace_id, {sha}, '{stack}', '{component}', 'base', FALSE, 0 \
                 FROM pull_requests p WHERE p.id = '{}'",
                text(&newest, "/id")
            )
        };
        app.db_execute(&upload("new/vpc", "new-dev", true)).await?;
        app.db_execute(&upload("new/vpc", "new-prod", true)).await?;
        app.db_execute(&upload("new/dns", "new-dev", false)).await?;
        for (filter, is_found) in [
            (json!({ "component": "new/vpc" }), true),
            (json!({ "stack": "new-prod" }), true),
            (json!({ "component": "new/vpc", "stack": "new-dev" }), true),
            (json!({ "component": "new/vpc", "repo": newest["repo"], "state": newest["state"] }), true),
            // Of an earlier head.
            (json!({ "component": "new/dns" }), false),
            (json!({ "component": "new/dns", "stack": "new-prod" }), false),
        ] {
            let rows = all_rows(&agent, "list_pull_requests", filter.clone()).await?;
            let expected = if is_found { vec![text(&newest, "/id")] } else { vec![] };
            assert_eq!(ids(&rows), expected, "{filter}");
        }
    }

    async fn list_pull_requests_pages_visit_each_row_once(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for filter in [json!({}), json!({ "state": ["open", "merged"] }), json!({ "stack": "plat-use2-prod" })] {
            let pages = |limit: u32| {
                let mut filter = filter.clone();
                filter["limit"] = limit.into();
                all_rows(&agent, "list_pull_requests", filter)
            };
            assert_eq!(pages(7).await?, pages(100).await?, "{filter}");
        }
    }

    async fn list_pull_requests_names_the_argument_that_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "state": "draft" }),
                "Invalid arguments: `state`: must be one of `open`, `closed`, `merged` (got `draft`)",
            ),
            (
                json!({ "since": "2026-08-02", "until": "2026-08-01T10:00:00Z" }),
                "Invalid arguments: `since` must not be after `until` (got `2026-08-02` and `2026-08-01T10:00:00Z`)",
            ),
            (
                json!({ "until": "soon" }),
                "Invalid arguments: `until` must be a time in RFC 3339, such as 2026-08-21T10:00:00Z, or a date, such \
                 as 2026-08-21 (got `soon`)",
            ),
            (json!({ "cursor": "made-up" }), FOREIGN_CURSOR),
        ];
        refuses(&agent, "list_pull_requests", &cases).await?;
        for (filter, hint) in [
            (json!({ "component": "nothing" }), "list_components"),
            (json!({ "author": "nobody" }), "exact GitHub login"),
            (json!({ "repo": "acme/nothing" }), "list_repos"),
        ] {
            let reply = agent.call("list_pull_requests", filter).await?;
            assert!(text(reply.structured()?, "/hint").contains(hint), "{}", reply.body);
        }
    }

    async fn get_pull_request(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        // Its apply in two stacks waits for an approval.
        let filter = json!({ "component": "kms/default", "stack": "plat-usw2-prod", "state": "merged", "limit": 1 });
        let reply = agent.call("list_pull_requests", filter).await?;
        let row = &reply.structured()?["items"][0];
        let request = details(&agent, row).await?;
        let mut expected = FIELDS.to_vec();
        expected.extend(["baseRef", "checks", "headRef", "headSha", "instances", "truncated"]);
        expected.sort_unstable();
        assert_eq!(fields(&request), expected);
        for field in FIELDS {
            assert_eq!(request[field], row[field], "{field}");
        }
        assert_eq!((text(&request, "/baseRef"), &request["truncated"]), ("main", &json!(false)));
        let instances = request["instances"].as_array().context("instances")?;
        let is_waiting = |stack: &str| {
            instances.iter().any(|instance| {
                (text(instance, "/stack"), text(instance, "/component")) == (stack, "kms/default")
                    && instance["apply"]["result"] == "waiting_approval"
                    && instance["plan"]["id"].is_string()
            })
        };
        assert!(is_waiting("plat-use2-prod") && is_waiting("plat-usw2-prod"), "{request}");
        assert_eq!(request["checks"], tally(instances));
    }

    async fn get_pull_request_has_the_latest_runs_of_each_instance(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let mut shown = BTreeSet::new();
        for row in all(&agent).await? {
            let request = details(&agent, &row).await?;
            assert_eq!(request["truncated"], false);
            let instances = request["instances"].as_array().context("instances")?;
            assert_eq!(request["checks"], tally(instances), "{request}");
            let names: Vec<_> =
                instances.iter().map(|instance| (text(instance, "/stack"), text(instance, "/component"))).collect();
            assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
            let runs = instances.iter().flat_map(|instance| [&instance["plan"], &instance["apply"]]);
            shown.extend(runs.filter(|run| !run.is_null()).map(|run| text(run, "/id").to_owned()));
        }
        let expected = db(
            &app,
            "SELECT MAX(w.id) FROM workflow_runs w JOIN pull_requests p ON p.repository_id = w.repository_id \
             AND p.number = w.pull_request_number JOIN workspaces s ON s.id = w.workspace_id WHERE s.slug = 'acme' \
             GROUP BY p.id, w.stack, w.component, CASE WHEN w.command = 'plan' THEN 1 ELSE 0 END",
        );
        assert_eq!(shown, expected.await?);
    }

    async fn get_pull_request_says_how_to_find_one(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "owner": "acme", "repo": "infrastructure", "number": 999_999 }),
                "no pull request acme/infrastructure#999999 in this workspace; list_pull_requests with `repo` shows \
                 those there are",
            ),
            (
                json!({ "owner": "acme", "repo": "infrastructure", "number": -1 }),
                "Invalid arguments: `number`: must be a whole number, 0 or more (got -1)",
            ),
            (json!({ "owner": "acme", "number": 1 }), "Invalid arguments: missing field `repo`"),
        ];
        refuses(&agent, "get_pull_request", &cases).await?;
    }
}
