//! What agents ask of a large workspace.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::agent::Agent;

/// Calls of the tools with their usual filters, in a workspace that [`super::TestApp::generate`] filled.
pub async fn fleet_calls(agent: &Agent) -> Result<Vec<(&'static str, Value)>> {
    let first = |tool: &'static str, arguments: Value| async move {
        let reply = agent.call(tool, arguments).await?;
        reply.structured()?.pointer("/items/0").cloned().with_context(|| format!("a row of {tool}"))
    };
    let repo = "scale/repo-1000000001";
    let stack = "scale-1000000007";
    let instance = first("list_instances", json!({ "stack": stack })).await?["id"].clone();
    let failed = first("list_workflow_runs", json!({ "conclusion": "failure", "repo": repo })).await?["id"].clone();
    Ok(vec![
        ("get_workspace", json!({})),
        ("list_repos", json!({})),
        ("get_repo", json!({ "owner": "scale", "repo": "repo-1000000001" })),
        ("list_stacks", json!({})),
        ("list_stacks", json!({ "statusFilter": ["drifted", "error"] })),
        ("list_stacks", json!({ "repo": repo })),
        ("get_stack", json!({ "stack": stack })),
        ("list_components", json!({})),
        ("list_components", json!({ "stack": stack })),
        ("get_component", json!({ "component": "component-7" })),
        ("list_commits", json!({ "component": "component-7" })),
        ("list_instances", json!({})),
        ("list_instances", json!({ "statusFilter": ["drifted", "error"] })),
        ("list_instances", json!({ "statusFilter": ["error"], "component": "component-7" })),
        ("list_instances", json!({ "repo": repo, "driftEnabled": true })),
        ("get_instance", json!({ "id": instance })),
        ("list_workflow_runs", json!({})),
        ("list_workflow_runs", json!({ "approvalState": "pending" })),
        ("list_workflow_runs", json!({ "trigger": "drift_detection" })),
        ("list_workflow_runs", json!({ "command": "apply", "status": ["in_progress"] })),
        ("list_workflow_runs", json!({ "conclusion": "failure", "component": "component-7" })),
        ("list_workflow_runs", json!({ "repo": repo, "conclusion": "failure" })),
        ("list_workflow_runs", json!({ "stack": stack, "since": "2026-08-01" })),
        ("list_workflow_runs", json!({ "instanceId": instance })),
        ("get_workflow_run", json!({ "id": failed })),
        ("list_jobs", json!({ "runId": failed })),
        ("explain_workflow_failure", json!({ "runId": failed })),
        ("list_deployments", json!({})),
        ("list_deployments", json!({ "component": "component-7", "limit": 1 })),
        ("list_deployments", json!({ "conclusion": "failure" })),
        ("list_pull_requests", json!({})),
        ("list_pull_requests", json!({ "state": "open" })),
        ("list_pull_requests", json!({ "author": "author-3" })),
        ("list_pull_requests", json!({ "component": "component-7" })),
        ("list_pull_requests", json!({ "stack": stack })),
        ("list_audit_log_entries", json!({})),
        ("list_audit_log_entries", json!({ "action": "tool_denied" })),
        ("list_permission_errors", json!({})),
        ("list_repairs", json!({})),
        ("list_repair_connections", json!({})),
        ("get_setup_checklist", json!({})),
        ("list_recommendations", json!({})),
        ("get_repo_analytics", json!({ "owner": "scale", "repo": "repo-1000000001" })),
        ("get_workspace_insights", json!({})),
    ])
}
