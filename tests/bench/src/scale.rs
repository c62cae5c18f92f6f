//! Latency of the catalog's tools in a small and in a large workspace, on both engines.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, CATALOG_SCOPES, Engine, Fixture, fleet_calls};

use crate::say;

/// Instances of the small workspace, which the large one is compared with.
const SMALL: u64 = 1_000;

/// Calls of each case that are measured, after ten that are not.
const CALLS: usize = 200;

/// Pages that are turned before a deep page is measured.
const DEEP: usize = 20;

/// Measures every case in a workspace of 1,000 and one of `large` instances.
pub(crate) async fn run(engine: Engine, large: u64) -> Result<()> {
    let small = measure_all(engine, SMALL).await?;
    let large_rows = measure_all(engine, large).await?;
    say(&format!("\n{engine:?}, one call at a time, through the whole stack: {SMALL} and {large} instances"))?;
    say(&format!("{:72} {:>9} {:>9} {:>9} {:>9} {:>6}", "call", "p50", "p99", "p50 large", "p99 large", "p99 ×"))?;
    for (before, after) in small.iter().zip(&large_rows) {
        let ratio = after.p99.as_secs_f64() / before.p99.as_secs_f64();
        say(&format!(
            "{:72} {:>9.1?} {:>9.1?} {:>9.1?} {:>9.1?} {ratio:>6.1}",
            before.name, before.p50, before.p99, after.p50, after.p99
        ))?;
    }
    Ok(())
}

struct Row {
    name: String,
    p50: Duration,
    p99: Duration,
}

async fn measure_all(engine: Engine, instances: u64) -> Result<Vec<Row>> {
    let app = Fixture::new(engine).limits(u32::MAX, u32::MAX).start().await?;
    let began = Instant::now();
    app.generate(instances).await?;
    say(&format!("{engine:?}: generated {instances} instances in {:.0?}", began.elapsed()))?;
    let agent = app.authorize("dana").scope(CATALOG_SCOPES).connect().await?;
    let mut rows = Vec::new();
    for (tool, arguments) in fleet_calls(&agent).await? {
        rows.push(measure(&agent, tool, &arguments).await?);
    }
    deep_pages(&agent, &mut rows).await?;
    Ok(rows)
}

/// A page far behind the first costs what the first does.
async fn deep_pages(agent: &Agent, rows: &mut Vec<Row>) -> Result<()> {
    for tool in ["list_instances", "list_workflow_runs", "list_audit_log_entries"] {
        let mut arguments = json!({ "limit": 25 });
        for _ in 0..DEEP {
            let page = agent.call(tool, arguments.clone()).await?.structured()?.clone();
            let cursor = page.get("nextCursor").cloned().context("a cursor")?;
            arguments = json!({ "limit": 25, "cursor": cursor });
        }
        let mut row = measure(agent, tool, &arguments).await?;
        row.name = format!("{tool} page {}", DEEP + 1);
        rows.push(row);
    }
    Ok(())
}

async fn measure(agent: &Agent, tool: &str, arguments: &Value) -> Result<Row> {
    let mut times = Vec::with_capacity(CALLS);
    for call in 0..CALLS + 10 {
        let began = Instant::now();
        let reply = agent.call(tool, arguments.clone()).await?;
        let elapsed = began.elapsed();
        reply.structured().with_context(|| format!("{tool} {arguments}"))?;
        if call >= 10 {
            times.push(elapsed);
        }
        // What takes seconds is known well enough after a few calls.
        if call >= 15 && elapsed > Duration::from_secs(1) {
            break;
        }
    }
    times.sort_unstable();
    let percentile = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    Ok(Row { name: format!("{tool} {arguments}"), p50: percentile(50), p99: percentile(99) })
}
