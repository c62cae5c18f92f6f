//! `just bench`: what a call costs, in one run that measures `tools/call get_instance` through the whole stack, through the same
//! stack without Wasm, and a bare axum handler that answers the same bytes; then the sandbox's own cost per
//! call, and the start with a warm cache. Everything on SQLite and on this machine; the ratios are what to
//! compare.
//!
//! `just bench explain`: the failure classifier over a usual log and one of 10 MB.
//! `just bench ingest`: webhooks per second, and uploads of 10,000 instances, on both engines.
//! `just bench scale [INSTANCES]`: every tool in a workspace of 1,000 and one of a million instances, on both.

mod explain;
mod ingest;
mod load;
mod native;
mod sandbox;
mod scale;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use axum::body::Bytes;
use axum::routing::post;
use serde_json::json;
use tests::harness::{Engine, Fixture, TestApp};
use tokio::net::TcpListener;

use crate::load::{Measured, Request};

/// How long each server is measured.
const DURATION: Duration = Duration::from_secs(5);

/// Instances of the large workspace, if no other number is asked for.
const LARGE: u64 = 1_000_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => call(),
        ["ingest"] => runtime()?.block_on(both(async |engine| ingest::run(engine).await)),
        ["explain"] => runtime()?.block_on(explain::run()),
        ["scale"] => runtime()?.block_on(both(async |engine| scale::run(engine, LARGE).await)),
        ["scale", instances] => {
            let instances = instances.parse().context("a number of instances")?;
            runtime()?.block_on(both(async |engine| scale::run(engine, instances).await))
        }
        _ => bail!("bench, bench explain, bench ingest, or bench scale [INSTANCES]"),
    }
}

/// Does the same on one engine after the other.
async fn both(measure: impl AsyncFn(Engine) -> Result<()>) -> Result<()> {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        measure(engine).await?;
    }
    Ok(())
}

/// What one call costs.
fn call() -> Result<()> {
    // The server and the load generator share two cores, as everything here does; each has its own
    // runtime, so that neither waits in the other's queue.
    let server = runtime()?;
    let client = runtime()?;
    server.block_on(warm_cache())?;

    let started = Instant::now();
    let app = server.block_on(start(Variant::Wasm))?;
    let cold_start = started.elapsed();
    let id = server.block_on(instance_id(&app))?;
    let whole = client.block_on(measure(&app, &id))?;
    let body = whole.body.clone();
    report("whole stack", &whole, None);

    let native_app = server.block_on(start(Variant::Native))?;
    let native_id = server.block_on(instance_id(&native_app))?;
    let native = client.block_on(measure(&native_app, &native_id))?;
    report("without Wasm", &native, None);

    let bare_url = server.block_on(bare_axum(body.clone()))?;
    let request = Request::post(&bare_url, "bare", &call_body(&id))?;
    let bare = client.block_on(load::run(&request, DURATION))?;
    report("bare axum, same bytes", &bare, None);

    let cost = server.block_on(sandbox::cost((&app, &id), (&native_app, &native_id)))?;
    say(&format!("\nsandbox, one call at a time: {cost}"))?;
    say(&format!(
        "ratios: whole stack / bare axum {:.2}, whole stack / without Wasm {:.2}",
        whole.per_second() / bare.per_second(),
        whole.per_second() / native.per_second(),
    ))?;
    say(&format!("start with a warm cache (open, migrate, load tools, seed, bind): {cold_start:.0?}"))
}

/// What answers `get_instance`.
#[derive(Clone, Copy, PartialEq)]
enum Variant {
    Wasm,
    Native,
}

async fn start(variant: Variant) -> Result<TestApp> {
    let fixture = Fixture::new(Engine::Sqlite).limits(u32::MAX, u32::MAX).system_clock();
    fixture
        .start_with(|catalog| {
            if variant == Variant::Native
                && let Some(tool) = catalog.remove("get_instance")
            {
                catalog.insert(tool.with_body(Box::new(native::GetInstance)));
            }
        })
        .await
}

/// Compiles the tools once, so that the measured start finds them.
async fn warm_cache() -> Result<()> {
    start(Variant::Wasm).await.map(drop)
}

async fn instance_id(app: &TestApp) -> Result<String> {
    let agent = app.agent("dana").await?;
    let page = agent.call("list_instances", json!({ "limit": 1 })).await?;
    let id = page.structured()?.pointer("/items/0/id").and_then(|id| id.as_str().map(ToOwned::to_owned));
    id.context("the demo has instances")
}

fn call_body(id: &str) -> String {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "get_instance", "arguments": { "id": id } },
    })
    .to_string()
}

async fn measure(app: &TestApp, id: &str) -> Result<Measured> {
    let agent = app.agent("dana").await?;
    let request = Request::post(&app.url("/mcp"), agent.access_token(), &call_body(id))?;
    load::run(&request, DURATION).await
}

/// What axum alone can do: reads the body, answers bytes that are there already.
async fn bare_axum(body: Bytes) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/mcp", listener.local_addr()?);
    let handler = move |_request: Bytes| async move { ([("content-type", "application/json")], body) };
    let router = axum::Router::new().route("/mcp", post(handler));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

fn report(name: &str, measured: &Measured, note: Option<&str>) {
    let note = note.map(|note| format!("  ({note})")).unwrap_or_default();
    // A benchmark that cannot print has nobody to tell.
    drop(say(&format!(
        "{name:24} {:>8.0} requests/s   p50 {:>6.0?}   p99 {:>6.0?}{note}",
        measured.per_second(),
        measured.percentile(50),
        measured.percentile(99),
    )));
}

fn say(line: &str) -> Result<()> {
    use std::io::Write as _;
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}
