//! `explain_workflow_failure` end to end, over a log of usual size and over two of 10 MB.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, hex};

use crate::say;

/// Calls that are measured, after one that is not.
const CALLS: usize = 30;

/// Bytes of the large log.
const LARGE: usize = 10 << 20;

/// What the dearest call has used so far.
const FUEL: &str = "SELECT CAST(MAX(fuel) AS TEXT) FROM audit_log WHERE target_id = 'explain_workflow_failure'";

/// Measures all on SQLite.
pub(crate) async fn run() -> Result<()> {
    let app = Fixture::new(Engine::Sqlite).limits(u32::MAX, u32::MAX).start().await?;
    let agent = app.agent("dana").await?;
    let filter = json!({ "component": "vpc", "stack": "plat-use2-prod", "conclusion": "failure", "limit": 1 });
    let page = agent.call("list_deployments", filter).await?.structured()?.clone();
    let run = page.pointer("/items/0/id").and_then(Value::as_str).context("a failed deployment")?.to_owned();
    report("log of the demo", &app, &agent, &run).await?;
    let progress = |number| format!("aws_route_table.this[{number}]: Refreshing state... [id=rtb-{number:08x}]");
    let output = |number| format!("module {number}: checked {number:x} of {:x} entries", number * 7);
    for (name, log) in [("10 MB of progress", large_log(progress)), ("10 MB of output", large_log(output))] {
        let content = hex(&zstd::encode_all(log.as_bytes(), 1)?);
        let sql = format!(
            "UPDATE job_logs SET content = X'{content}', bytes = {}, lines = {} \
             WHERE job_id IN (SELECT id FROM jobs WHERE run_id = '{run}')",
            log.len(),
            log.lines().count(),
        );
        app.db_execute(&sql).await?;
        report(name, &app, &agent, &run).await?;
    }
    Ok(())
}

/// The error stands in the middle; before and after it is what a long apply prints.
fn large_log(line: impl Fn(usize) -> String) -> String {
    let mut log = String::with_capacity(LARGE + 4_096);
    let mut number = 0;
    let mut noise = |log: &mut String, until: usize| {
        while log.len() < until {
            number += 1;
            // A write to a string cannot fail.
            writeln!(log, "2026-08-21T08:00:00.{number:07}Z {}", line(number)).ok();
        }
    };
    noise(&mut log, LARGE / 2);
    log.push_str(
        "2026-08-21T08:00:01.0000000Z Error: Could not assume role with OIDC: Not authorized to perform \
         sts:AssumeRoleWithWebIdentity\n",
    );
    noise(&mut log, LARGE);
    log.push_str("2026-08-21T08:00:02.0000000Z ##[error]Process completed with exit code 1.\n");
    log
}

async fn report(name: &str, app: &TestApp, agent: &Agent, run: &str) -> Result<()> {
    let mut times: Vec<Duration> = Vec::with_capacity(CALLS);
    let mut category = String::new();
    for call in 0..=CALLS {
        let began = Instant::now();
        let reply = agent.call("explain_workflow_failure", json!({ "runId": run })).await?;
        let elapsed = began.elapsed();
        category = reply.structured()?.get("category").map(Value::to_string).unwrap_or_default();
        if call > 0 {
            times.push(elapsed);
        }
    }
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    let fuel = app.db_text(FUEL).await?.pop().unwrap_or_default();
    say(&format!("{name}: {category}, p50 {:.1?}, p90 {:.1?}, fuel {fuel} at most", at(50), at(90)))
}
