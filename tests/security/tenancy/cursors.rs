//! A cursor is good for the workspace, the list and the filter that it was given for, and for nothing else.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, TestApp, text};

use super::{acme_agent, fixture, rival_agent, tools};
use crate::catalog::{FOREIGN_CURSOR, all_rows};

/// Nothing is configured to list.
const EMPTY: [&str; 1] = ["list_egress_ips"];

/// Their rows are worked out from counts, and a cursor is a digest of the list, the filter and the public word of the
/// last row shown: it says nothing of any workspace.
const WORDS: [&str; 2] = ["list_recommendations", "list_repairs"];

/// Rows that the demo may not have: a second job and a second summary of a run, and two denied calls.
async fn prepare(app: &TestApp) -> Result<()> {
    for sql in [
        "INSERT INTO jobs (id, workspace_id, run_id, github_job_id, run_attempt, name, status, conclusion, steps, \
         state_rank) SELECT 'job_zsecond', j.workspace_id, j.run_id, 424242, j.run_attempt, 'second', j.status, \
         j.conclusion, j.steps, j.state_rank FROM jobs j WHERE j.id = (SELECT MAX(x.id) FROM jobs x \
         JOIN workspaces w ON w.id = x.workspace_id WHERE w.slug = 'acme')",
        "INSERT INTO job_summaries (id, workspace_id, run_id, job_name, markdown, bytes, created_at) \
         SELECT 'sum_zsecond', s.workspace_id, s.run_id, 'second', s.markdown, s.bytes, s.created_at \
         FROM job_summaries s WHERE s.id = (SELECT MAX(x.id) FROM job_summaries x \
         JOIN workspaces w ON w.id = x.workspace_id WHERE w.slug = 'acme')",
    ] {
        app.db_execute(sql).await?;
    }
    let member = app.agent("mia").await?;
    for _ in 0..2 {
        member.call("list_audit_log_entries", json!({})).await?.tool_error()?;
    }
    Ok(())
}

/// Every list tool, with arguments of which Acme has at least two rows unless the tool is in [`EMPTY`].
async fn lists(app: &TestApp, agent: &Agent) -> Result<Vec<(String, Value)>> {
    let run = async |sql: &'static str| app.db_text(sql).await?.pop().context("a run");
    let run_of_jobs = run("SELECT run_id FROM jobs WHERE id = 'job_zsecond'").await?;
    let run_of_summaries = run("SELECT run_id FROM job_summaries WHERE id = 'sum_zsecond'").await?;
    let mut lists = Vec::new();
    for tool in tools(agent).await? {
        let arguments = match tool.as_str() {
            "list_my_permissions" => continue,
            "list_jobs" => json!({ "runId": run_of_jobs }),
            "list_job_summaries" => json!({ "runId": run_of_summaries }),
            "list_commits" => json!({ "component": component_with_commits(agent).await? }),
            list if list.starts_with("list_") => json!({}),
            _ => continue,
        };
        lists.push((tool, arguments));
    }
    ensure!(lists.len() == 20, "the lists of the catalog: {lists:?}");
    Ok(lists)
}

/// A component with two commits.
async fn component_with_commits(agent: &Agent) -> Result<String> {
    for row in all_rows(agent, "list_components", json!({ "limit": 100 })).await? {
        let component = text(&row, "/component");
        let page = agent.call("list_commits", json!({ "component": component, "limit": 1 })).await?;
        if page.structured()?["nextCursor"].is_string() {
            return Ok(component.to_owned());
        }
    }
    anyhow::bail!("no component has two commits")
}

/// `arguments`, and these too.
fn with(arguments: &Value, more: &Value) -> Value {
    let mut all = arguments.clone();
    for (name, value) in more.as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    all
}

/// The cursor of a list's first page of one row.
async fn cursor(agent: &Agent, tool: &str, arguments: &Value) -> Result<String> {
    let reply = agent.call(tool, with(arguments, &json!({ "limit": 1 }))).await?;
    let cursor = reply.structured()?["nextCursor"].as_str();
    Ok(cursor.with_context(|| format!("no second page of {tool} {arguments}"))?.to_owned())
}

/// The refusal of a list that is given this cursor.
async fn refusal(agent: &Agent, tool: &str, arguments: &Value, cursor: &str) -> Result<String> {
    let reply = agent.call(tool, with(arguments, &json!({ "cursor": cursor }))).await?;
    Ok(reply.tool_error().with_context(|| format!("{tool} {arguments}"))?.to_owned())
}

on_both_engines! {
    async fn a_cursor_of_another_workspace_is_refused(engine: Engine) {
        let app = fixture(engine).start().await?;
        let (rival, agent) = (rival_agent(&app).await?, acme_agent(&app, "dana").await?);
        prepare(&app).await?;
        for (tool, arguments) in lists(&app, &agent).await? {
            if EMPTY.contains(&tool.as_str()) || WORDS.contains(&tool.as_str()) {
                continue;
            }
            let cursor = cursor(&agent, &tool, &arguments).await?;
            let refusal = refusal(&rival, &tool, &arguments, &cursor).await?;
            // Where the list is of a run or component, it may be this that is not found.
            assert!(refusal == FOREIGN_CURSOR || arguments != json!({}), "{tool}: {refusal}");
            // It is a good one where it was given.
            agent.call(&tool, with(&arguments, &json!({ "limit": 1, "cursor": cursor }))).await?.structured()?;
        }
    }

    async fn a_cursor_of_another_list_is_refused(engine: Engine) {
        let app = fixture(engine).start().await?;
        let agent = acme_agent(&app, "dana").await?;
        prepare(&app).await?;
        let lists = lists(&app, &agent).await?;
        let of_instances = cursor(&agent, "list_instances", &json!({})).await?;
        for (tool, arguments) in lists.iter().filter(|(tool, _)| tool != "list_instances") {
            assert_eq!(refusal(&agent, tool, arguments, &of_instances).await?, FOREIGN_CURSOR, "{tool}");
            if !EMPTY.contains(&tool.as_str()) {
                let theirs = cursor(&agent, tool, arguments).await?;
                let refused = refusal(&agent, "list_instances", &json!({}), &theirs).await?;
                assert_eq!(refused, FOREIGN_CURSOR, "of {tool}");
            }
        }
    }

    async fn a_cursor_of_another_filter_is_refused(engine: Engine) {
        let app = fixture(engine).start().await?;
        let agent = acme_agent(&app, "dana").await?;
        prepare(&app).await?;
        let repo = json!("acme/infrastructure");
        let filters = [
            ("list_audit_log_entries", json!({ "category": "mcp" })),
            ("list_badge_tokens", json!({ "repo": repo })),
            ("list_commits", json!({ "since": "2026-01-01" })),
            ("list_components", json!({ "repo": repo })),
            ("list_deployments", json!({ "conclusion": "failure" })),
            ("list_instances", json!({ "stack": "plat-use2-prod" })),
            ("list_instances", json!({ "statusFilter": ["drifted"] })),
            ("list_job_summaries", json!({ "jobName": "second" })),
            ("list_jobs", json!({ "conclusion": "failure" })),
            ("list_permission_errors", json!({ "since": "2026-01-01" })),
            ("list_permissions", json!({ "resource": "instances" })),
            ("list_pull_requests", json!({ "state": "merged" })),
            ("list_repairs", json!({ "category": "drift" })),
            ("list_repos", json!({ "status": "active" })),
            ("list_stacks", json!({ "repo": repo })),
            ("list_workflow_runs", json!({ "command": "plan" })),
        ];
        let lists = lists(&app, &agent).await?;
        for (tool, filter) in filters {
            let (_, arguments) = lists.iter().find(|(name, _)| name == tool).context(tool)?;
            let unfiltered = cursor(&agent, tool, arguments).await?;
            let refused = refusal(&agent, tool, &with(arguments, &filter), &unfiltered).await?;
            assert_eq!(refused, FOREIGN_CURSOR, "{tool} {filter}");
        }
    }

    async fn a_cursor_that_was_changed_is_refused(engine: Engine) {
        let app = fixture(engine).start().await?;
        let agent = acme_agent(&app, "dana").await?;
        let given = cursor(&agent, "list_instances", &json!({})).await?;
        let (head, last) = given.split_at(given.len() - 1);
        let other = if last == "A" { "Q" } else { "A" };
        for changed in [format!("{head}{other}"), head.to_owned(), format!("{given}{given}")] {
            assert_eq!(refusal(&agent, "list_instances", &json!({}), &changed).await?, FOREIGN_CURSOR, "{changed}");
        }
    }
}
