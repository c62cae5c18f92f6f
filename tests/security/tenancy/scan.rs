//! All that the tools tell an agent: every page of every list, and details of what the lists name.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::{Value, json};
use tests::harness::{Agent, text};

use crate::catalog::{STATUSES, all_rows};

/// What one agent was told.
pub(super) struct Scan<'a> {
    agent: &'a Agent,
    /// Rows of one kind whose details are read, at most.
    details: usize,
    said: String,
    answered: BTreeSet<&'static str>,
}

impl<'a> Scan<'a> {
    /// Calls every tool of the catalog; for the details of at most so many rows of a kind.
    pub(super) async fn run(agent: &'a Agent, details: usize) -> Result<Self> {
        let said = agent.request("tools/list", json!({})).await?.body.to_string();
        let mut scan = Self { agent, details, said, answered: BTreeSet::new() };
        // First, because every call that follows leaves an entry.
        scan.people().await?;
        scan.workspace().await?;
        scan.topology().await?;
        scan.runs().await?;
        scan.pull_requests().await?;
        Ok(scan)
    }

    /// The tools that gave an answer, in alphabetical order.
    pub(super) fn answered(&self) -> Vec<&str> {
        self.answered.iter().copied().collect()
    }

    /// All answers and errors.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    /// Where a word was said.
    pub(super) fn around(&self, word: &str) -> &str {
        let Some(at) = self.said.find(word) else { return "" };
        let start = self.said.floor_char_boundary(at.saturating_sub(200));
        let end = self.said.floor_char_boundary(at.saturating_add(200));
        self.said.get(start..end).unwrap_or_default()
    }

    async fn workspace(&mut self) -> Result<()> {
        for tool in ["get_workspace", "get_setup_checklist", "list_my_permissions"] {
            self.call(tool, json!({})).await?;
        }
        self.call("get_workspace_insights", json!({ "days": 365 })).await?;
        for tool in [
            "list_badge_types",
            "list_egress_ips",
            "list_entitlements",
            "list_recommendations",
            "list_repair_connections",
            "list_repairs",
        ] {
            self.list(tool, json!({})).await?;
        }
        Ok(())
    }

    async fn topology(&mut self) -> Result<()> {
        self.list("list_badge_tokens", json!({})).await?;
        let repos = self.list("list_repos", json!({ "limit": 2 })).await?;
        for repo in self.some(repos) {
            let (owner, name) = (text(&repo, "/owner"), text(&repo, "/name"));
            self.call("get_repo", json!({ "owner": owner, "repo": name })).await?;
            self.call("get_repo_analytics", json!({ "owner": owner, "repo": name, "days": 365 })).await?;
            let badge = json!({ "type": "drift_status", "owner": owner, "repo": name });
            self.call("render_badge", badge).await?;
            self.list("list_badge_tokens", json!({ "repo": format!("{owner}/{name}") })).await?;
        }
        let stacks = self.list("list_stacks", json!({ "limit": 100 })).await?;
        for stack in self.some(stacks) {
            self.call("get_stack", json!({ "stack": stack["stack"] })).await?;
        }
        let components = self.list("list_components", json!({ "limit": 100 })).await?;
        for component in self.some(components) {
            self.call("get_component", json!({ "component": component["component"] })).await?;
            self.list("list_commits", json!({ "component": component["component"] })).await?;
        }
        let instances = self.list("list_instances", json!({ "statusFilter": STATUSES, "limit": 100 })).await?;
        for instance in self.some(instances) {
            self.call("get_instance", json!({ "id": instance["id"] })).await?;
        }
        Ok(())
    }

    async fn runs(&mut self) -> Result<()> {
        let runs = self.list("list_workflow_runs", json!({ "limit": 100 })).await?;
        let failed: Vec<Value> = runs.iter().filter(|run| run["conclusion"] == "failure").cloned().collect();
        let waiting: Vec<Value> = runs.iter().filter(|run| run["approvalState"] == "pending").cloned().collect();
        let chosen = [self.some(runs), self.some(failed), self.some(waiting)].concat();
        let ids: BTreeSet<&str> = chosen.iter().map(|run| text(run, "/id")).collect();
        for id in ids {
            self.call("get_workflow_run", json!({ "id": id })).await?;
            self.call("explain_workflow_failure", json!({ "runId": id })).await?;
            self.call("get_workflow_run_logs", json!({ "runId": id, "failedOnly": false, "tailLines": 50 })).await?;
            self.list("list_jobs", json!({ "runId": id })).await?;
            self.list("list_job_summaries", json!({ "runId": id })).await?;
        }
        let deployments = self.list("list_deployments", json!({ "limit": 100 })).await?;
        for deployment in self.some(deployments) {
            self.call("get_deployment", json!({ "id": deployment["id"] })).await?;
        }
        Ok(())
    }

    async fn pull_requests(&mut self) -> Result<()> {
        let pull_requests = self.list("list_pull_requests", json!({ "limit": 100 })).await?;
        for pull_request in self.some(pull_requests) {
            let (owner, repo) = text(&pull_request, "/repo").split_once('/').unwrap_or_default();
            let key = json!({ "owner": owner, "repo": repo, "number": pull_request["number"] });
            self.call("get_pull_request", key).await?;
        }
        Ok(())
    }

    async fn people(&mut self) -> Result<()> {
        let permissions = self.list("list_permissions", json!({})).await?;
        for permission in self.some(permissions) {
            self.call("get_permission", json!({ "key": permission["key"] })).await?;
        }
        self.list("list_permission_errors", json!({ "limit": 100 })).await?;
        let entries = self.list("list_audit_log_entries", json!({ "limit": 100 })).await?;
        for entry in self.some(entries) {
            self.call("get_audit_log_entry", json!({ "id": entry["id"] })).await?;
        }
        Ok(())
    }

    /// The rows whose details are read.
    fn some(&self, mut rows: Vec<Value>) -> Vec<Value> {
        rows.truncate(self.details);
        rows
    }

    /// Calls a tool. A tool error is something said too, but no answer.
    async fn call(&mut self, tool: &'static str, arguments: Value) -> Result<()> {
        let reply = self.agent.call(tool, arguments).await?;
        if reply.result()?["isError"] == json!(false) {
            reply.structured()?;
            self.answered.insert(tool);
        }
        self.said += &reply.body.to_string();
        Ok(())
    }

    /// Reads all pages of a list.
    async fn list(&mut self, tool: &'static str, arguments: Value) -> Result<Vec<Value>> {
        let rows = all_rows(self.agent, tool, arguments).await?;
        for row in &rows {
            self.said += &row.to_string();
        }
        self.answered.insert(tool);
        Ok(rows)
    }
}
