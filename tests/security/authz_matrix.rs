//! Who may call what: role × scopes × tool, and how soon a change bites.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use reqwest::Client;
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, Reply, TestApp, text};

/// The whole truth. ✔ an answer, ✘ a tool error (the role lacks the permission), 403 a challenge (the token
/// lacks the scope), 401 no usable token.
///
/// Scopes: `default` is every read, `read` is `ws:workspace:read`, `setup` is `ws:workspace:update_settings`,
/// which is not granted by default.
const MATRIX: &str = "\
tool                               mia (Member)           amir (Admin)           dana (Owner)          nobody
                          default   read  setup  default   read  setup  default   read  setup  revoked   none
explain_workflow_failure        ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_audit_log_entry             ✘      ✘      ✘        ✔    403    403        ✔    403    403      401    401
get_component                   ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_deployment                  ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_instance                    ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_permission                  ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_pull_request                ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_repo                        ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_repo_analytics              ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_setup_checklist             ✘      ✘      ✘      403    403      ✔      403    403      ✔      401    401
get_stack                       ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_workflow_run                ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_workflow_run_logs           ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_workspace                   ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
get_workspace_insights          ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_audit_log_entries          ✘      ✘      ✘        ✔    403    403        ✔    403    403      401    401
list_badge_tokens               ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_badge_types                ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_commits                    ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_components                 ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_deployments                ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_egress_ips                 ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_entitlements               ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_instances                  ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_job_summaries              ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_jobs                       ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_my_permissions             ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_permission_errors          ✘      ✘      ✘        ✔    403    403        ✔    403    403      401    401
list_permissions                ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_pull_requests              ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_recommendations            ✘      ✘      ✘      403    403      ✔      403    403      ✔      401    401
list_repair_connections         ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_repairs                    ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_repos                      ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_stacks                     ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
list_workflow_runs              ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
render_badge                    ✔      ✔      ✔        ✔      ✔      ✔        ✔      ✔      ✔      401    401
";

const DEMOTE_DANA: &str =
    "UPDATE memberships SET role = 'member' WHERE user_id = (SELECT id FROM users WHERE login = 'dana')";

/// A good call of each tool, in alphabetical order.
async fn calls(app: &TestApp) -> Result<Vec<(&'static str, Value)>> {
    let agent = app.agent("dana").await?;
    let first = async |tool: &str, arguments: Value| {
        let reply = agent.call(tool, arguments).await?;
        reply.structured()?.pointer("/items/0").cloned().with_context(|| format!("a row of {tool}"))
    };
    let instance = first("list_instances", json!({})).await?["id"].clone();
    let run = first("list_workflow_runs", json!({ "conclusion": "failure" })).await?["id"].clone();
    let deployment = first("list_deployments", json!({})).await?["id"].clone();
    let entry = first("list_audit_log_entries", json!({})).await?["id"].clone();
    let pull_request = first("list_pull_requests", json!({})).await?;
    let (owner, repo) = text(&pull_request, "/repo").split_once('/').context("owner/name")?;
    let number = &pull_request["number"];
    Ok(vec![
        ("explain_workflow_failure", json!({ "runId": run })),
        ("get_audit_log_entry", json!({ "id": entry })),
        ("get_component", json!({ "component": "vpc" })),
        ("get_deployment", json!({ "id": deployment })),
        ("get_instance", json!({ "id": instance })),
        ("get_permission", json!({ "key": "ws:workspace:read" })),
        ("get_pull_request", json!({ "owner": owner, "repo": repo, "number": number })),
        ("get_repo", json!({ "owner": "acme", "repo": "infrastructure" })),
        ("get_repo_analytics", json!({ "owner": "acme", "repo": "infrastructure" })),
        ("get_setup_checklist", json!({})),
        ("get_stack", json!({ "stack": "plat-use2-prod" })),
        ("get_workflow_run", json!({ "id": run })),
        ("get_workflow_run_logs", json!({ "runId": run })),
        ("get_workspace", json!({})),
        ("get_workspace_insights", json!({})),
        ("list_audit_log_entries", json!({})),
        ("list_badge_tokens", json!({})),
        ("list_badge_types", json!({})),
        ("list_commits", json!({ "component": "vpc" })),
        ("list_components", json!({})),
        ("list_deployments", json!({})),
        ("list_egress_ips", json!({})),
        ("list_entitlements", json!({})),
        ("list_instances", json!({})),
        ("list_job_summaries", json!({ "runId": run })),
        ("list_jobs", json!({ "runId": run })),
        ("list_my_permissions", json!({})),
        ("list_permission_errors", json!({})),
        ("list_permissions", json!({})),
        ("list_pull_requests", json!({})),
        ("list_recommendations", json!({})),
        ("list_repair_connections", json!({})),
        ("list_repairs", json!({})),
        ("list_repos", json!({})),
        ("list_stacks", json!({})),
        ("list_workflow_runs", json!({})),
        ("render_badge", json!({ "type": "drift_status", "owner": "acme", "repo": "infrastructure" })),
    ])
}

/// What came of a call, in one word.
fn verdict(reply: &Reply) -> &str {
    match (reply.status.as_u16(), &reply.body["result"]["isError"]) {
        (200, Value::Bool(false)) => "✔",
        (200, Value::Bool(true)) => "✘",
        _ => reply.status.as_str(),
    }
}

/// The callers of the matrix, from left to right, as far as they have a live token.
async fn agents(app: &TestApp) -> Result<Vec<Agent>> {
    let mut agents = Vec::new();
    for login in ["mia", "amir", "dana"] {
        agents.push(app.agent(login).await?);
        for scope in ["ws:workspace:read", "ws:workspace:update_settings"] {
            agents.push(app.authorize(login).scope(scope).connect().await?);
        }
    }
    Ok(agents)
}

/// An agent whose grant was revoked.
async fn revoked_agent(app: &TestApp) -> Result<Agent> {
    let (client_id, tokens) = app.authorize("dana").tokens().await?;
    let agent = app.agent_with(tokens.clone());
    agent.call("get_workspace", json!({})).await?.structured()?;
    app.revoke(&client_id, &tokens.refresh_token).await?;
    Ok(agent)
}

/// Calls a tool without a token.
async fn call_unauthenticated(app: &TestApp, tool: &str, arguments: &Value) -> Result<Reply> {
    let params = json!({ "name": tool, "arguments": arguments });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    Reply::read(Client::new().post(app.url("/mcp")).json(&body)).await
}

/// The tools with a ✔ in this column of the matrix, in alphabetical order.
fn callable(column: usize) -> Vec<&'static str> {
    let rows = MATRIX.lines().skip(2).map(str::split_whitespace);
    let mut tools: Vec<&str> = rows
        .filter_map(|mut cells| {
            let tool = cells.next()?;
            (cells.nth(column)? == "✔").then_some(tool)
        })
        .collect();
    tools.sort_unstable();
    tools
}

on_both_engines! {
    async fn each_role_and_scope_can_call_what_the_matrix_says(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let mut agents = agents(&app).await?;
        agents.push(revoked_agent(&app).await?);
        let mut matrix: String = MATRIX.lines().take(2).flat_map(|line| [line, "\n"]).collect();
        for (tool, arguments) in calls(&app).await? {
            write!(matrix, "{tool:24}")?;
            for (column, agent) in agents.iter().enumerate() {
                let reply = agent.call(tool, arguments.clone()).await?;
                let width = if column % 3 == 0 { 9 } else { 7 };
                write!(matrix, "{:>width$}", verdict(&reply))?;
            }
            let reply = call_unauthenticated(&app, tool, &arguments).await?;
            writeln!(matrix, "{:>7}", verdict(&reply))?;
        }
        assert_eq!(matrix, MATRIX, "the matrix is now:\n{matrix}");
    }

    async fn tools_list_shows_what_can_be_called(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        for (column, agent) in agents(&app).await?.into_iter().enumerate() {
            let reply = agent.request("tools/list", json!({})).await?;
            let tools = reply.result()?["tools"].as_array().context("tools")?.clone();
            let listed: Vec<&str> = tools.iter().map(|tool| text(tool, "/name")).collect();
            assert_eq!(listed, callable(column), "column {column}");
        }
    }

    async fn a_missing_role_permission_is_explained(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let reply = app.agent("mia").await?.call("list_audit_log_entries", json!({})).await?;
        let expected = "Permission `ws:audit_log:read` is required, and your role (member) does not have it. \
                        A workspace admin can change the role.";
        assert_eq!(reply.tool_error()?, expected);
    }

    async fn a_missing_scope_is_challenged_with_all_that_is_needed(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.authorize("dana").scope("ws:workspace:read").connect().await?;
        let reply = agent.call("list_audit_log_entries", json!({})).await?;
        let challenge = reply.header("www-authenticate");
        assert_eq!(reply.status, 403);
        assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
        assert!(challenge.ends_with("scope=\"ws:audit_log:read ws:workspace:read\""), "{challenge}");
    }

    async fn narrow_scopes_show_in_list_my_permissions(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.authorize("dana").scope("ws:workspace:read ws:audit_log:read").connect().await?;
        let reply = agent.call("list_my_permissions", json!({})).await?;
        let permissions = reply.structured()?;
        let granted = json!(["ws:audit_log:read", "ws:workspace:read"]);
        assert_eq!((&permissions["grantedScopes"], &permissions["effective"]), (&granted, &granted));
        assert_eq!(permissions["beyond"], json!([]));
        let missing = permissions["missing"].as_array().context("missing")?;
        // The vocabulary has 44 keys; 4 are out of reach and 2 are granted.
        assert_eq!(missing.len(), 38, "{missing:?}");
        assert!(missing.contains(&json!("ws:instances:read")), "{missing:?}");
    }

    async fn a_change_of_role_bites_on_the_next_request(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        assert_eq!(verdict(&agent.call("list_audit_log_entries", json!({})).await?), "✔");
        app.db_execute(DEMOTE_DANA).await?;
        assert_eq!(verdict(&agent.call("list_audit_log_entries", json!({})).await?), "✘");
    }

    async fn a_change_of_role_shows_in_list_my_permissions(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        app.db_execute(DEMOTE_DANA).await?;
        let reply = agent.call("list_my_permissions", json!({})).await?;
        let permissions = reply.structured()?;
        assert_eq!(permissions["role"], "member");
        assert_eq!(permissions["beyond"], json!(["ws:audit_log:read", "ws:billing:read", "ws:webhooks:read"]));
        let effective = permissions["effective"].as_array().context("effective")?;
        assert_eq!(effective.len(), 14, "{effective:?}");
        assert_eq!(permissions["missing"], json!([]));
    }

    async fn who_leaves_the_workspace_is_shut_out_on_the_next_request(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        agent.call("get_workspace", json!({})).await?.structured()?;
        app.db_execute("DELETE FROM memberships WHERE user_id = (SELECT id FROM users WHERE login = 'mia')").await?;
        let reply = agent.call("get_workspace", json!({})).await?;
        assert_eq!(reply.status, 401);
    }
}
