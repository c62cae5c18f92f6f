//! The questions that users are told they can ask (`domain.md` §2.2), each as the calls that an agent would make.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, CATALOG_SCOPES, Engine, Fixture, TestApp, text};

use super::all_rows;

async fn agent(app: &TestApp) -> Result<Agent> {
    app.authorize("dana").scope(CATALOG_SCOPES).connect().await
}

async fn ask(agent: &Agent, tool: &str, arguments: Value) -> Result<Value> {
    let reply = agent.call(tool, arguments.clone()).await?;
    Ok(reply.structured().with_context(|| format!("{tool} {arguments}"))?.clone())
}

/// The first row of a list.
async fn first(agent: &Agent, tool: &str, arguments: Value) -> Result<Value> {
    let page = ask(agent, tool, arguments).await?;
    page.pointer("/items/0").cloned().with_context(|| format!("{tool} found nothing: {page}"))
}

on_both_engines! {
    /// "Which workspaces have drift right now?"
    async fn which_instances_have_drift_right_now(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = agent(&app).await?;
        let stacks = all_rows(&agent, "list_stacks", json!({ "statusFilter": ["drifted"] })).await?;
        assert!(!stacks.is_empty());
        let mut drifted = 0;
        for stack in &stacks {
            let rows = all_rows(&agent, "list_instances", json!({ "stack": stack["stack"], "statusFilter": ["drifted"] })).await?;
            assert_eq!(json!(rows.len()), stack["statusCounts"]["drifted"], "{stack}");
            assert!(rows.iter().all(|row| row["status"] == "drifted" && row["dashboardUrl"].is_string()));
            drifted += rows.len();
        }
        assert_eq!(drifted, all_rows(&agent, "list_instances", json!({ "statusFilter": "drifted" })).await?.len());
    }

    /// "Why did the last deploy of vpc in prod fail? Show me the failed job."
    async fn why_did_the_last_deploy_of_vpc_in_prod_fail(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = agent(&app).await?;
        let filter = json!({ "component": "vpc", "stack": "plat-use2-prod", "limit": 1 });
        let deployment = first(&agent, "list_deployments", filter).await?;
        assert_eq!(text(&deployment, "/conclusion"), "failure", "{deployment}");
        let run = json!({ "runId": deployment["id"] });
        let answer = ask(&agent, "explain_workflow_failure", run.clone()).await?;
        assert_eq!(text(&answer, "/category"), "oidc_assume_role", "{answer}");
        assert_eq!(text(&answer, "/suggestedAction/type"), "fix_credentials", "{answer}");
        assert!(text(&answer, "/suggestedAction/target").starts_with("arn:aws:iam::"), "{answer}");
        let evidence = answer.pointer("/evidence/0").context("evidence")?;
        let mut failed = run.clone();
        failed["conclusion"] = "failure".into();
        let job = first(&agent, "list_jobs", failed).await?;
        assert_eq!(job["name"], evidence["jobName"]);
        let logs = ask(&agent, "get_workflow_run_logs", run).await?;
        let lines = text(&logs, "/jobs/0/lines");
        assert!(lines.contains("AssumeRoleWithWebIdentity"), "{lines}");
        assert!(!lines.contains('\u{1b}') && lines.len() <= 12_000, "{} bytes", lines.len());
    }

    /// "Has this stack been flapping over the past week?"
    async fn has_this_stack_been_flapping_over_the_past_week(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = agent(&app).await?;
        let insights = ask(&agent, "get_workspace_insights", json!({ "days": 7 })).await?;
        let flapping = insights["flappingInstances"].as_array().context("a list")?;
        let here = flapping.iter().find(|instance| instance["stack"] == "plat-use2-prod").context("one in the stack")?;
        let details = ask(&agent, "get_instance", json!({ "id": here["instanceId"] })).await?;
        let changes = details["statusChanges"].as_array().context("changes")?;
        assert!(changes.iter().filter(|change| text(change, "/at") > "2026-08-14").count() >= 4, "{changes:?}");
        // The runs behind them.
        let filter = json!({ "instanceId": here["instanceId"], "trigger": "drift_detection", "since": "2026-08-14" });
        let runs = all_rows(&agent, "list_workflow_runs", filter).await?;
        assert!(runs.iter().any(|run| run["planExitCode"] == 2) && runs.iter().any(|run| run["planExitCode"] == 0));
    }

    /// "Show me the audit log for changes to the dev stack this month."
    async fn show_me_the_audit_log_for_changes_to_the_dev_stack_this_month(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = agent(&app).await?;
        let stacks = all_rows(&agent, "list_stacks", json!({ "limit": 100 })).await?;
        let dev = stacks.iter().map(|stack| text(stack, "/stack")).find(|stack| stack.ends_with("-dev")).context("a dev stack")?;
        // An agent that looked at the stack changed nothing.
        ask(&agent, "list_instances", json!({ "stack": dev })).await?;
        let filter = json!({ "query": dev, "since": "2026-08-01", "limit": 100 });
        let entries = all_rows(&agent, "list_audit_log_entries", filter).await?;
        assert!(!entries.is_empty(), "nothing about {dev}");
        for entry in &entries {
            assert!(entry.to_string().contains(dev), "{entry}");
            assert!(text(entry, "/time") >= "2026-08-01", "{entry}");
            assert_ne!(text(entry, "/category"), "mcp", "{entry}");
        }
        let calls = json!({ "query": dev, "category": "mcp" });
        assert!(!all_rows(&agent, "list_audit_log_entries", calls).await?.is_empty());
        let entry = ask(&agent, "get_audit_log_entry", json!({ "id": entries[0]["id"] })).await?;
        assert_eq!(entry["action"], entries[0]["action"]);
    }

    /// "Why did our vpc deploy fail yesterday — what changed in the stack config, what does Atmos Pro show for
    /// that run, and which AWS resource is now out of sync?"
    async fn what_changed_before_the_vpc_deploy_failed(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = agent(&app).await?;
        let filter = json!({ "component": "vpc", "command": ["apply", "remediate"], "conclusion": "failure", "limit": 1 });
        let run = first(&agent, "list_workflow_runs", filter).await?;
        let details = ask(&agent, "get_workflow_run", json!({ "id": run["id"] })).await?;
        assert_eq!((&details["component"], &details["sha"]), (&run["component"], &run["sha"]));
        assert!(!details["failedJobs"].as_array().context("jobs")?.is_empty(), "{details}");
        let commits = all_rows(&agent, "list_commits", json!({ "component": "vpc", "stack": run["stack"] })).await?;
        assert!(!commits.is_empty(), "no commit touched vpc in {}", run["stack"]);
        let shas: Vec<&str> = commits.iter().map(|commit| text(commit, "/sha")).collect();
        let mut once = shas.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), shas.len(), "each commit once");
        let instances = all_rows(&agent, "list_instances", json!({ "stack": run["stack"], "statusFilter": ["drifted", "error"] })).await?;
        assert!(instances.iter().any(|instance| instance["component"] == "vpc"), "{instances:?}");
    }
}
