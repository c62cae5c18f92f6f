//! `docs/tools.md`: what the components say, and examples that work.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow};
use atmos_mcp::cli::Cli;
use clap::Parser as _;
use serde_json::{Value, json};
use tests::harness::{Agent, CATALOG_SCOPES, Engine, Fixture, root, text};

/// Number of tools that the product page lists.
const TOOLS: usize = 37;

/// Bytes that `tools/list` may have without its output schemas: an agent reads it whole.
const MAX_LIST: usize = 25_000;

fn examples() -> Result<BTreeMap<String, Value>> {
    Ok(serde_json::from_str(&std::fs::read_to_string(root().join("docs/tool-examples.json"))?)?)
}

/// An id for an example that leaves it out.
async fn id(agent: &Agent, tool: &str) -> Result<Value> {
    let (list, arguments) = match tool {
        "get_instance" => ("list_instances", json!({})),
        "get_audit_log_entry" => ("list_audit_log_entries", json!({})),
        "get_deployment" => ("list_deployments", json!({})),
        _ => ("list_workflow_runs", json!({ "conclusion": "failure" })),
    };
    let page = agent.call(list, arguments).await?;
    page.structured()?.pointer("/items/0/id").cloned().with_context(|| format!("a row of {list}"))
}

#[tokio::test]
async fn the_reference_is_what_the_components_say() -> Result<()> {
    let path = |name: &str| root().join(name).display().to_string();
    let (tools, examples, check) = (path("target/tools"), path("docs/tool-examples.json"), path("docs/tools.md"));
    let arguments = ["atmos-mcp", "tools", "docs", "--tools", &tools, "--examples", &examples, "--check", &check];
    Cli::try_parse_from(arguments)?.run(|_| None).await
}

on_both_engines! {
    async fn every_example_works(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.authorize("dana").scope(CATALOG_SCOPES).connect().await?;
        let examples = examples()?;
        assert_eq!(examples.len(), TOOLS);
        for (tool, mut arguments) in examples {
            for name in ["id", "runId"] {
                if arguments[name].as_str().is_some_and(|value| value.ends_with('…')) {
                    arguments[name] = id(&agent, &tool).await?;
                }
            }
            if tool == "get_pull_request" {
                let page = agent.call("list_pull_requests", json!({ "repo": "acme/infrastructure" })).await?;
                arguments["number"] = page.structured()?["items"][0]["number"].clone();
            }
            let reply = agent.call(&tool, arguments.clone()).await?;
            reply.structured().with_context(|| format!("{tool} {arguments}"))?;
        }
    }

    /// Clients may check a call before they send it.
    async fn the_schemas_allow_what_the_examples_and_the_product_page_call(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.authorize("dana").scope(CATALOG_SCOPES).connect().await?;
        let reply = agent.request("tools/list", json!({})).await?;
        let tools = reply.result()?["tools"].as_array().context("tools")?.clone();
        let page = [
            ("list_instances", json!({ "statusFilter": ["drifted", "error"] })),
            ("list_workflow_runs", json!({ "approvalState": "pending" })),
            ("list_workflow_runs", json!({ "trigger": "drift_detection" })),
            ("list_workflow_runs", json!({ "command": "apply", "status": ["in_progress"] })),
            ("get_workflow_run_logs", json!({ "runId": "run_1", "failedOnly": true, "tailLines": 200 })),
            ("list_deployments", json!({ "limit": 1, "component": "vpc" })),
            ("list_repos", json!({ "status": ["suspended", "uninstalled"] })),
            ("list_audit_log_entries", json!({ "category": ["instance", "lock"], "outcome": "ok" })),
        ];
        let refused = [
            ("list_workflow_runs", json!({ "approvalState": "soon" })),
            ("list_workflow_runs", json!({ "status": [1] })),
            ("list_instances", json!({ "statusFilter": 7 })),
        ];
        let examples = examples()?;
        let allowed = examples.iter().map(|(tool, arguments)| (tool.as_str(), arguments.clone())).chain(page);
        let calls = allowed.map(|call| (call, true)).chain(refused.map(|call| (call, false)));
        for ((tool, arguments), is_allowed) in calls {
            let listed = tools.iter().find(|listed| text(listed, "/name") == tool).context(tool.to_owned())?;
            let schema = jsonschema::validator_for(&listed["inputSchema"]).map_err(|error| anyhow!("{tool}: {error}"))?;
            assert_eq!(schema.is_valid(&arguments), is_allowed, "{tool} {arguments}");
        }
    }

    async fn the_catalog_is_complete_and_short_enough_to_read(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.authorize("dana").scope(CATALOG_SCOPES).connect().await?;
        let mut tools = agent.request("tools/list", json!({})).await?.result()?["tools"].clone();
        let tools = tools.as_array_mut().context("tools")?;
        assert_eq!(tools.len(), TOOLS);
        for tool in tools.iter_mut() {
            tool.as_object_mut().context("a tool")?.remove("outputSchema");
        }
        let sizes: BTreeMap<usize, &str> =
            tools.iter().map(|tool| (tool.to_string().len(), text(tool, "/name"))).collect();
        let whole = serde_json::to_string(&tools)?.len();
        assert!(whole <= MAX_LIST, "{whole} bytes: {sizes:?}");
    }
}
