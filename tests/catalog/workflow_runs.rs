//! `list_workflow_runs`, `get_workflow_run`.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, text};

use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

/// What a row of `list_workflow_runs` has, and `get_workflow_run` too.
pub(crate) const FIELDS: [&str; 20] = [
    "approvalState",
    "branch",
    "command",
    "component",
    "conclusion",
    "createdAt",
    "dashboardUrl",
    "dispatchError",
    "durationSeconds",
    "finishedAt",
    "githubRunId",
    "id",
    "instanceId",
    "planExitCode",
    "repo",
    "sha",
    "stack",
    "startedAt",
    "status",
    "trigger",
];

/// What `get_workflow_run` has beside them.
pub(crate) const MORE_FIELDS: [&str; 11] = [
    "actor",
    "approval",
    "changeRequest",
    "failedJobs",
    "githubUrl",
    "parentConclusion",
    "parentRunId",
    "ref",
    "runAttempt",
    "workflowFile",
    "workflowName",
];

const REPO: &str = "acme/platform-services";

/// The ids of these rows.
pub(crate) fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| text(row, "/id")).collect()
}

/// What `get_workflow_run` says of a run.
async fn details(agent: &Agent, id: &str) -> Result<Value> {
    Ok(agent.call("get_workflow_run", json!({ "id": id })).await?.structured()?.clone())
}

/// The one text that a statement gives first.
async fn one(app: &TestApp, sql: &'static str) -> Result<String> {
    app.db_text(sql).await?.into_iter().next().context("a row")
}

/// Whether a row passes a filter of `list_workflow_runs`, as its description has it.
pub(crate) fn passes(filter: &Value, row: &Value) -> bool {
    filter.as_object().into_iter().flatten().all(|(name, wanted)| match (name.as_str(), wanted) {
        ("limit", _) => true,
        ("since", wanted) => text(row, "/createdAt") >= wanted.as_str().unwrap_or_default(),
        // A date at the end is included.
        ("until", wanted) => text(row, "/createdAt").split('T').next() <= wanted.as_str(),
        (name, Value::Array(several)) => several.contains(&row[name]),
        (name, one) => row[name] == *one,
    })
}

/// Filters that the row passes: alone, in pairs, and with other values beside its own.
fn filters(row: &Value) -> Vec<Value> {
    let of = |names: &[&str]| names.iter().map(|name| (*name, row[*name].clone())).collect::<Value>();
    let mut filters: Vec<Value> = [
        &["status"][..],
        &["conclusion"],
        &["command"],
        &["trigger"],
        &["approvalState"],
        &["component"],
        &["stack"],
        &["branch"],
        &["sha"],
        &["instanceId"],
        &["command", "status"],
        &["command", "conclusion"],
        &["command", "trigger"],
        &["component", "command"],
        &["component", "conclusion"],
        &["component", "stack"],
        &["stack", "trigger", "status"],
        &["branch", "component"],
        &["instanceId", "trigger"],
        &["approvalState", "command", "stack"],
    ]
    .into_iter()
    .map(of)
    .collect();
    let beside = |name: &str, other: &str| json!([other, row[name], other]);
    let day = text(row, "/createdAt").split('T').next().unwrap_or_default();
    filters.extend([
        json!({ "command": beside("command", "remediate") }),
        json!({ "status": beside("status", "waiting"), "command": beside("command", "apply") }),
        json!({ "conclusion": beside("conclusion", "failure"), "component": row["component"] }),
        json!({ "trigger": beside("trigger", "drift_detection"), "stack": row["stack"] }),
        json!({ "approvalState": beside("approvalState", "rejected"), "since": day, "until": "2026-08-22" }),
        json!({ "since": day, "command": row["command"] }),
        json!({ "until": "2026-08-01" }),
    ]);
    // A conclusion that is not there yet cannot be asked for.
    filters.retain(|filter| filter.as_object().is_some_and(|filter| filter.values().all(|value| !value.is_null())));
    filters.retain(|filter| filter["conclusion"].as_array().is_none_or(|words| !words.contains(&Value::Null)));
    filters
}

on_both_engines! {
    async fn list_workflow_runs(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let rows = all_rows(&agent, "list_workflow_runs", json!({ "repo": REPO, "limit": 40 })).await?;
        let expected = app.db_text(
            "SELECT w.id FROM workflow_runs w JOIN repositories r ON r.id = w.repository_id \
             WHERE r.owner = 'acme' AND r.name = 'platform-services' ORDER BY w.id DESC",
        );
        assert_eq!(ids(&rows), expected.await?);
        for row in &rows {
            assert_eq!(fields(row), FIELDS);
            assert_eq!(text(row, "/repo"), REPO);
            assert_eq!(text(row, "/dashboardUrl"), app.url(&format!("/runs/{}", text(row, "/id"))));
            assert_eq!(row["durationSeconds"].is_null(), row["finishedAt"].is_null() || row["startedAt"].is_null());
            assert_eq!(row["conclusion"].is_null(), row["status"] != "completed", "{row}");
        }
    }

    async fn list_workflow_runs_filters_alone_and_together(engine: Engine) {
        let app = Fixture::new(engine).limits(100_000, 100_000).start().await?;
        let agent = app.agent("mia").await?;
        let all = all_rows(&agent, "list_workflow_runs", json!({ "repo": REPO, "limit": 50 })).await?;
        let sample = |command: &str, conclusion: Value| {
            all.iter().find(|row| row["command"] == command && row["conclusion"] == conclusion).context("a sample")
        };
        let (plan, apply) = (sample("plan", json!("success"))?, sample("apply", json!("success"))?);
        let samples = [plan, apply, sample("apply", Value::Null)?];
        for mut filter in samples.into_iter().flat_map(filters) {
            filter["repo"] = REPO.into();
            filter["limit"] = 50.into();
            let expected: Vec<&str> =
                all.iter().filter(|row| passes(&filter, row)).map(|row| text(row, "/id")).collect();
            let rows = all_rows(&agent, "list_workflow_runs", filter.clone()).await?;
            ensure!(!expected.is_empty(), "nothing passes {filter}");
            ensure!(ids(&rows) == expected, "{filter}: {} rows, not {}", rows.len(), expected.len());
        }
    }

    async fn list_workflow_runs_awaiting_approval(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = all_rows(&agent, "list_workflow_runs", json!({ "approvalState": "pending" })).await?;
        let expected = app.db_text(
            "SELECT w.id FROM workflow_runs w JOIN workspaces s ON s.id = w.workspace_id \
             WHERE s.slug = 'acme' AND w.approval_state = 'pending' ORDER BY w.id DESC",
        );
        assert_eq!(ids(&rows), expected.await?);
        assert!(rows.len() >= 3, "{rows:?}");
        assert!(rows.iter().all(|row| row["status"] == "waiting" && row["command"] == "apply"), "{rows:?}");
    }

    async fn list_workflow_runs_of_drift_detection(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let reply = agent.call("list_workflow_runs", json!({ "trigger": "drift_detection" })).await?;
        let page = reply.structured()?;
        let rows = page["items"].as_array().context("items")?;
        assert_eq!(rows.len(), 25);
        assert!(rows.iter().all(|row| row["trigger"] == "drift_detection" && row["command"] == "plan"), "{rows:?}");
        assert!(page["nextCursor"].is_string());
    }

    async fn list_workflow_runs_in_flight(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let filter = json!({ "command": "apply", "status": ["in_progress"] });
        let rows = all_rows(&agent, "list_workflow_runs", filter).await?;
        let expected = app.db_text(
            "SELECT w.id FROM workflow_runs w JOIN workspaces s ON s.id = w.workspace_id \
             WHERE s.slug = 'acme' AND w.command = 'apply' AND w.status = 'in_progress' ORDER BY w.id DESC",
        );
        assert_eq!(ids(&rows), expected.await?);
        assert!(!rows.is_empty());
    }

    async fn list_workflow_runs_of_one_instance(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let target = json!({ "stack": "plat-use2-prod", "component": "eks/cluster" });
        let instances = all_rows(&agent, "list_instances", target.clone()).await?;
        let instance = instances.first().context("an instance")?["id"].clone();
        let rows = all_rows(&agent, "list_workflow_runs", json!({ "instanceId": instance })).await?;
        assert!(rows.len() > 20, "it flaps: {}", rows.len());
        assert_eq!(rows, all_rows(&agent, "list_workflow_runs", target).await?);
    }

    async fn list_workflow_runs_pages_visit_each_row_once(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        // Two walks in one list, and one.
        for command in [json!(["remediate", "apply"]), json!("plan")] {
            let filter = |limit: u32| json!({ "repo": REPO, "command": command, "limit": limit });
            let rows = all_rows(&agent, "list_workflow_runs", filter(7)).await?;
            let unique: BTreeSet<&str> = ids(&rows).into_iter().collect();
            assert_eq!(unique.len(), rows.len());
            assert_eq!(rows, all_rows(&agent, "list_workflow_runs", filter(50)).await?);
        }
    }

    async fn list_workflow_runs_names_the_argument_that_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let reply = agent.call("list_workflow_runs", json!({ "command": "apply", "limit": 1 })).await?;
        let cursor = reply.structured()?["nextCursor"].clone();
        let cases = [
            (
                json!({ "status": ["completed", "running"] }),
                "Invalid arguments: `status`: must be one of `requested`, `queued`, `pending`, `waiting`, \
                 `in_progress`, `completed` (got `running`)",
            ),
            (
                json!({ "command": "deploy" }),
                "Invalid arguments: `command`: must be one of `plan`, `apply`, `remediate` (got `deploy`)",
            ),
            (
                json!({ "since": "yesterday" }),
                "Invalid arguments: `since` must be a time in RFC 3339, such as 2026-08-21T10:00:00Z, or a date, such \
                 as 2026-08-21 (got `yesterday`)",
            ),
            (json!({ "repo": "acme" }), "Invalid arguments: `repo` must be owner/name (got `acme`)"),
            (json!({ "command": "plan", "cursor": cursor }), FOREIGN_CURSOR),
        ];
        refuses(&agent, "list_workflow_runs", &cases).await?;
    }

    async fn list_workflow_runs_takes_a_hash_in_any_case(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = all_rows(&agent, "list_workflow_runs", json!({ "repo": REPO, "limit": 40 })).await?;
        let sha = rows.iter().map(|row| text(row, "/sha")).find(|sha| !sha.is_empty()).context("a hash")?;
        let found = all_rows(&agent, "list_workflow_runs", json!({ "sha": sha.to_uppercase() })).await?;
        assert!(!found.is_empty() && found.iter().all(|row| row["sha"] == sha), "{found:?}");
    }

    async fn list_workflow_runs_says_what_to_try(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for (filter, hint) in [
            (json!({ "instanceId": "inst_nothing" }), "list_instances"),
            (json!({ "repo": "acme/nothing" }), "list_repos"),
            (json!({ "sha": "5779607" }), "all 40 digits"),
            (json!({ "until": "2001-01-01" }), "drop a filter"),
            (json!({ "approvalState": "pending", "until": "2001-01-01" }), "drop a filter"),
        ] {
            let reply = agent.call("list_workflow_runs", filter.clone()).await?;
            let page = reply.structured()?;
            assert_eq!(page["items"], json!([]), "{filter}");
            assert!(text(page, "/hint").contains(hint), "{page}");
        }
    }

    async fn get_workflow_run_repeats_little_of_what_was_asked_for(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let answer = |id: &str| {
            format!("no workflow run {id} in this workspace; list_workflow_runs has the ids, which begin with `run_`")
        };
        let (long, cut) = ("x".repeat(5_000), answer(&format!("{}…", "x".repeat(100))));
        let visible = answer("run_ab");
        let hidden = "run_\u{202e}a\u{200b}b";
        let cases = [(json!({ "id": long }), cut.as_str()), (json!({ "id": hidden }), visible.as_str())];
        refuses(&agent, "get_workflow_run", &cases).await?;
        let page = agent.call("list_workflow_runs", json!({ "instanceId": long })).await?;
        assert!(text(page.structured()?, "/hint").chars().count() < 300, "{}", page.body);
    }

    async fn get_workflow_run(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let filter = json!({ "component": "vpc", "stack": "plat-use2-prod", "command": "apply", "limit": 1 });
        let reply = agent.call("list_workflow_runs", filter).await?;
        let row = &reply.structured()?["items"][0];
        let run = details(&agent, text(row, "/id")).await?;
        let mut expected = [FIELDS.as_slice(), &MORE_FIELDS].concat();
        expected.sort_unstable();
        assert_eq!(fields(&run), expected);
        for field in FIELDS {
            assert_eq!(run[field], row[field], "{field}");
        }
        // It failed for want of credentials.
        assert_eq!(text(&run, "/conclusion"), "failure");
        let jobs = run["failedJobs"].as_array().context("failedJobs")?;
        let job = jobs.first().context("a failed job")?;
        assert_eq!(fields(job), ["conclusion", "failedStep", "id", "name"]);
        assert_eq!(text(job, "/conclusion"), "failure");
        assert!(job["failedStep"].is_string(), "{job}");
        assert!(text(&run, "/githubUrl").ends_with(&format!("/actions/runs/{}", run["githubRunId"])), "{run}");
    }

    async fn get_workflow_run_shows_the_pull_request(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let known = one(
            &app,
            "SELECT w.id || '|' || CAST(p.number AS TEXT) || '|' || p.state || '|' || p.author || '|' || p.url \
             FROM workflow_runs w JOIN pull_requests p ON p.repository_id = w.repository_id \
             AND p.number = w.pull_request_number JOIN workspaces s ON s.id = w.workspace_id \
             WHERE s.slug = 'acme' AND p.state = 'merged' ORDER BY w.id DESC",
        );
        let known = known.await?;
        let run = details(&agent, known.split('|').next().context("an id")?).await?;
        let request = &run["changeRequest"];
        assert_eq!(fields(request), ["author", "mergedAt", "number", "state", "title", "url"]);
        let shown = format!(
            "{}|{}|{}|{}|{}",
            text(&run, "/id"),
            request["number"],
            text(request, "/state"),
            text(request, "/author"),
            text(request, "/url")
        );
        assert_eq!(shown, known);
        assert!(request["mergedAt"].is_string() && !text(request, "/title").is_empty(), "{request}");
    }

    async fn get_workflow_run_shows_who_may_approve(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let waiting = all_rows(&agent, "list_workflow_runs", json!({ "approvalState": "pending" })).await?;
        for row in waiting {
            let run = details(&agent, text(&row, "/id")).await?;
            let approval = &run["approval"];
            assert_eq!(fields(approval), ["decidedAt", "environment", "reviewers", "state"]);
            assert_eq!(text(approval, "/state"), "pending");
            assert!(approval["environment"].is_string() && approval["decidedAt"].is_null(), "{approval}");
            assert!(!approval["reviewers"].as_array().context("reviewers")?.is_empty(), "{approval}");
        }
        let filter = json!({ "approvalState": "approved", "limit": 1 });
        let reply = agent.call("list_workflow_runs", filter).await?;
        let run = details(&agent, text(reply.structured()?, "/items/0/id")).await?;
        assert!(run["approval"]["decidedAt"].is_string(), "{run}");
    }

    async fn get_workflow_run_shows_the_run_that_blocks_it(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let blocked = one(
            &app,
            "SELECT w.id || '|' || a.id FROM workflow_runs w JOIN workflow_runs a ON a.id = w.parent_run_id \
             JOIN workspaces s ON s.id = w.workspace_id \
             WHERE s.slug = 'acme' AND a.conclusion = 'failure' ORDER BY w.id DESC",
        );
        let blocked = blocked.await?;
        let (id, parent) = blocked.split_once('|').context("two ids")?;
        let run = details(&agent, id).await?;
        assert_eq!((text(&run, "/parentRunId"), text(&run, "/parentConclusion")), (parent, "failure"), "{run}");
    }

    async fn get_workflow_run_says_how_to_find_one(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rival = one(
            &app,
            "SELECT w.id FROM workflow_runs w JOIN workspaces s ON s.id = w.workspace_id WHERE s.slug = 'rival'",
        );
        let rival = rival.await?;
        let no_run = |id: &str| {
            format!("no workflow run {id} in this workspace; list_workflow_runs has the ids, which begin with `run_`")
        };
        let (unknown, theirs) = (no_run("17205438210"), no_run(&rival));
        let cases = [
            (json!({ "id": "17205438210" }), unknown.as_str()),
            (json!({ "id": rival }), theirs.as_str()),
            (json!({}), "Invalid arguments: missing field `id`"),
        ];
        refuses(&agent, "get_workflow_run", &cases).await?;
    }
}
