//! An id, or a name, of another workspace gets the very words that one gets which nobody has.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, TestApp, text};

use super::{CANARY, acme_agent, fixture, rival_agent};

/// Three ids of a table that are the rival's.
macro_rules! rivals {
    ($table:literal $(, $condition:literal)?) => {
        concat!(
            "SELECT t.id FROM ",
            $table,
            " t JOIN workspaces w ON w.id = t.workspace_id WHERE w.slug = 'rival'",
            $(" AND ", $condition,)?
            " ORDER BY t.id LIMIT 3"
        )
    };
}

const INSTANCES: &str = rivals!("instances");
const RUNS: &str = rivals!("workflow_runs");
const FAILED_RUNS: &str = rivals!("workflow_runs", "t.conclusion = 'failure'");
const DEPLOYMENTS: &str = rivals!("workflow_runs", "t.command = 'apply'");
const ENTRIES: &str = rivals!("audit_log");
const GRANTS: &str = rivals!("oauth_grants");

/// Tool, argument, and the ids that it takes.
const BY_ID: [(&str, &str, &str); 12] = [
    ("get_instance", "id", INSTANCES),
    ("get_workflow_run", "id", RUNS),
    ("get_deployment", "id", DEPLOYMENTS),
    ("get_audit_log_entry", "id", ENTRIES),
    ("explain_workflow_failure", "runId", FAILED_RUNS),
    ("get_workflow_run_logs", "runId", FAILED_RUNS),
    ("list_jobs", "runId", FAILED_RUNS),
    ("list_job_summaries", "runId", RUNS),
    ("list_commits", "instanceId", INSTANCES),
    ("list_workflow_runs", "instanceId", INSTANCES),
    ("list_audit_log_entries", "targetId", INSTANCES),
    ("list_audit_log_entries", "targetId", GRANTS),
];

/// What a tool answers, whether it is an error or not.
async fn answer(agent: &Agent, tool: &str, arguments: &Value) -> Result<String> {
    Ok(agent.call(tool, arguments.clone()).await?.result()?.to_string())
}

/// Calls with the names of what the rival has. Each is answered there.
async fn by_name(rival: &Agent) -> Result<Vec<(&'static str, Value)>> {
    let first = async |tool: &str| {
        let reply = rival.call(tool, json!({})).await?;
        reply.structured()?.pointer("/items/0").cloned().with_context(|| format!("the rival's {tool}"))
    };
    let repo = first("list_repos").await?;
    let (owner, name) = (text(&repo, "/owner"), text(&repo, "/name"));
    let repo = format!("{owner}/{name}");
    let stack = first("list_stacks").await?["stack"].clone();
    let component = first("list_components").await?["component"].clone();
    let pull_request = first("list_pull_requests").await?;
    let (pull_owner, pull_repo) = text(&pull_request, "/repo").split_once('/').context("owner/name")?;
    let number = &pull_request["number"];
    Ok(vec![
        ("get_repo", json!({ "owner": owner, "repo": name })),
        ("get_repo_analytics", json!({ "owner": owner, "repo": name })),
        ("get_stack", json!({ "stack": stack })),
        ("get_component", json!({ "component": component })),
        ("get_pull_request", json!({ "owner": pull_owner, "repo": pull_repo, "number": number })),
        ("render_badge", json!({ "type": "drift_status", "owner": owner, "repo": name })),
        ("list_badge_tokens", json!({ "repo": repo })),
        ("list_stacks", json!({ "repo": repo })),
        ("list_components", json!({ "repo": repo })),
        ("list_components", json!({ "stack": stack })),
        ("list_commits", json!({ "component": component })),
        ("list_instances", json!({ "repo": repo })),
        ("list_instances", json!({ "stack": stack })),
        ("list_instances", json!({ "component": component })),
        ("list_workflow_runs", json!({ "repo": repo })),
        ("list_workflow_runs", json!({ "stack": stack })),
        ("list_workflow_runs", json!({ "component": component })),
        ("list_deployments", json!({ "repo": repo })),
        ("list_deployments", json!({ "stack": stack })),
        ("list_pull_requests", json!({ "repo": repo })),
        ("list_pull_requests", json!({ "component": component })),
    ])
}

/// The rival's ids; there must be some.
async fn ids(app: &TestApp, sql: &'static str) -> Result<Vec<String>> {
    let ids = app.db_text(sql).await?;
    ensure!(!ids.is_empty(), "the rival has none: {sql}");
    Ok(ids)
}

on_both_engines! {
    async fn an_id_of_another_workspace_is_as_good_as_none(engine: Engine) {
        let app = fixture(engine).start().await?;
        // Leaves a grant and audit entries in the rival's workspace.
        let rival = rival_agent(&app).await?;
        let agent = acme_agent(&app, "dana").await?;
        for (tool, argument, sql) in BY_ID {
            for id in ids(&app, sql).await? {
                let (prefix, _) = id.split_once('_').context("a prefix")?;
                let nobody = format!("{prefix}_nobody");
                let theirs = answer(&agent, tool, &json!({ argument: id })).await?;
                let nobodys = answer(&agent, tool, &json!({ argument: nobody })).await?;
                assert_eq!(theirs.replace(&id, &nobody), nobodys, "{tool} {argument}");
                // It is there for those whose it is.
                rival.call(tool, json!({ argument: id })).await?.structured()?;
            }
        }
    }

    async fn a_name_of_another_workspace_is_as_good_as_none(engine: Engine) {
        let app = fixture(engine).start().await?;
        let rival = rival_agent(&app).await?;
        let agent = acme_agent(&app, "dana").await?;
        for (tool, theirs) in by_name(&rival).await? {
            assert!(theirs.to_string().contains(CANARY), "{tool} {theirs}");
            rival.call(tool, theirs.clone()).await?.structured()?;
            let nobodys: Value = serde_json::from_str(&theirs.to_string().replace(CANARY, "nobody"))?;
            let found = answer(&agent, tool, &theirs).await?;
            assert_eq!(found.replace(CANARY, "nobody"), answer(&agent, tool, &nobodys).await?, "{tool} {theirs}");
        }
    }

    async fn a_user_of_another_workspace_has_done_nothing_here(engine: Engine) {
        let app = fixture(engine).start().await?;
        let rival = rival_agent(&app).await?;
        let done = rival.call("get_workspace", json!({})).await?;
        let request_id = done.header("x-request-id");
        let of_amir = json!({ "actorId": "amir", "since": "2026-08-21T10:00:00Z" });
        let theirs = rival.call("list_audit_log_entries", of_amir.clone()).await?;
        assert!(theirs.structured()?.to_string().contains(request_id), "{}", theirs.body);
        // Dana reads Acme's log; Amir is a member of both.
        let here = acme_agent(&app, "dana").await?.call("list_audit_log_entries", of_amir).await?;
        assert_eq!(here.structured()?["items"], json!([]));
    }
}
