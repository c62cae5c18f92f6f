//! What the sandbox costs per call: the same call with and without it, in turn, one at a time.

use std::fmt::{Display, Formatter};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use atmos_mcp::app::App;
use atmos_mcp::authz::Caller;
use atmos_mcp::oauth;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use serde_json::json;
use tests::harness::TestApp;

const ROUNDS: usize = 3_000;

/// Medians per call.
pub(crate) struct Cost {
    wasm: Duration,
    native: Duration,
}

impl Display for Cost {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let own = self.wasm.saturating_sub(self.native);
        write!(
            formatter,
            "get_instance {:.1?} with Wasm, {:.1?} without, so {own:.1?} for the sandbox (medians of {ROUNDS})",
            self.wasm, self.native
        )
    }
}

/// Calls both bodies in turn, so that noise hits both alike.
pub(crate) async fn cost((wasm, wasm_id): (&TestApp, &str), (native, native_id): (&TestApp, &str)) -> Result<Cost> {
    let arguments = |id: &str| json!({ "id": id }).to_string();
    let (wasm_arguments, native_arguments) = (arguments(wasm_id), arguments(native_id));
    let (wasm_caller, native_caller) = (caller(wasm).await?, caller(native).await?);
    let (mut with, mut without) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        with.push(call(wasm.app(), &wasm_caller, &wasm_arguments).await?);
        without.push(call(native.app(), &native_caller, &native_arguments).await?);
    }
    Ok(Cost { wasm: median(with)?, native: median(without)? })
}

async fn caller(app: &TestApp) -> Result<Caller> {
    let agent = app.agent("dana").await?;
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", agent.access_token()))?);
    oauth::authenticate(app.app(), &headers).await.map_err(|_| anyhow!("the token was just issued"))
}

async fn call(app: &App, caller: &Caller, arguments: &str) -> Result<Duration> {
    let tool = app.catalog.find("get_instance").context("get_instance is in the catalog")?;
    let started = Instant::now();
    let report = app.runtime.call(tool.body(), caller, arguments, tool.limits).await;
    let elapsed = started.elapsed();
    report.result.map(|_| elapsed).map_err(anyhow::Error::from)
}

fn median(mut samples: Vec<Duration>) -> Result<Duration> {
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().context("there are samples")
}
