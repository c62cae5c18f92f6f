//! One test per tool, named after it, and its refusals.

mod analytics;
mod audit_events;
mod audit_log;
mod badges;
mod commits;
mod components;
mod deployments;
mod documents;
mod entitlements;
mod explain;
mod instances;
mod job_rows;
mod job_summaries;
mod jobs;
mod permissions;
mod pull_requests;
mod questions;
mod repairs;
mod repos;
mod run_logs;
mod setup;
mod stacks;
mod workflow_runs;
mod workspace;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests::harness::Agent;

/// What a list says of a cursor that it did not give.
pub(crate) const FOREIGN_CURSOR: &str = "Invalid arguments: `cursor` is not one that this list gave for these filters; \
     call again without `cursor` to start from the first page";

/// Every status of an instance.
pub(crate) const STATUSES: [&str; 8] =
    ["unknown", "in_sync", "drifted", "remediating", "remediated", "error", "disabled", "orphaned"];

/// All rows of a list, page by page.
pub(crate) async fn all_rows(agent: &Agent, tool: &str, mut arguments: Value) -> Result<Vec<Value>> {
    let mut rows = Vec::new();
    loop {
        let reply = agent.call(tool, arguments.clone()).await?;
        let page = reply.structured()?;
        let items = page["items"].as_array().context("`items` of a page")?;
        rows.extend(items.iter().cloned());
        if page["nextCursor"].is_null() {
            return Ok(rows);
        }
        ensure!(!items.is_empty(), "an empty page has a cursor: {page}");
        arguments["cursor"] = page["nextCursor"].clone();
    }
}

/// The names of an object's fields, in alphabetical order.
fn fields(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

/// Calls a tool with each of these arguments, and compares the text of its refusal.
async fn refuses(agent: &Agent, tool: &str, cases: &[(Value, &str)]) -> Result<()> {
    for (arguments, text) in cases {
        let reply = agent.call(tool, arguments.clone()).await?;
        ensure!(reply.tool_error()? == *text, "{tool} {arguments}: {}", reply.body);
    }
    Ok(())
}
