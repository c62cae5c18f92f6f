//! Hostile components are stopped, and nobody else notices.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests::harness::{Engine, ExtraTools, Fixture, fixture_is_built};

const USED_UP: &str = "The tool used up what one call may use. Narrow the filters or ask for a smaller page.";
const TOO_LARGE: &str = "The result was too large. Narrow the filters or ask for a smaller page.";
const TOO_LONG: &str = "The tool took too long. Narrow the filters or ask for a smaller page.";
const FAILED: &str = "The tool failed. Calling it again with the same arguments will most likely fail again.";

/// Fuel for a minute, so that the wall clock ends the loop.
fn endless_loop(wall_ms: u32) -> Result<ExtraTools> {
    let limits = format!("limits = {{ fuel = 1_000_000_000_000, wall-ms = {wall_ms} }}");
    ExtraTools::with_policy(&["endless_loop"], &format!("[endless_loop]\npermission = \"none\"\n{limits}\n"))
}

/// Calls a fixture that must be stopped: the agent sees one generic sentence with the request's id, the
/// class is in the audit row, and the next call of another tool works.
async fn is_stopped(engine: Engine, extra: &ExtraTools, tool: &str, class: &str, sentence: &str) -> Result<()> {
    let app = Fixture::new(engine).extra(extra).start().await?;
    let agent = app.agent("mia").await?;
    let reply = agent.call(tool, json!({})).await?;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.tool_error()?, format!("{sentence} (request {})", reply.header("x-request-id")));
    let rows = app.db_audit(usize::MAX).await?;
    let row = format!("mcp_client tool_called {tool} sandbox_fault {class}");
    assert!(rows.contains(&row), "{rows:?}");
    agent.call("get_workspace", json!({})).await?.structured()?;
    Ok(())
}

/// Whether `wasi_probe` was built. Where it cannot be, its tests check nothing, and say so; in CI that is
/// an error.
pub(super) fn wasi_probe_is_built() -> Result<bool> {
    if fixture_is_built("wasi_probe")? {
        return Ok(true);
    }
    #[expect(clippy::disallowed_methods, reason = "what may be skipped at home may not be skipped in CI")]
    let is_ci = std::env::var("CI").is_ok();
    ensure!(!is_ci, "target/fixtures has no wasi_probe: add the target wasm32-wasip2");
    writeln!(std::io::stderr(), "\nSKIPPED: no wasi_probe, because the target wasm32-wasip2 is missing\n")?;
    Ok(false)
}

on_both_engines! {
    async fn an_endless_loop_runs_out_of_fuel(engine: Engine) {
        let extra = ExtraTools::new(&["endless_loop"])?;
        is_stopped(engine, &extra, "endless_loop", "out_of_fuel", USED_UP).await?;
    }

    async fn an_endless_loop_with_fuel_runs_out_of_time(engine: Engine) {
        is_stopped(engine, &endless_loop(300)?, "endless_loop", "timed_out", TOO_LONG).await?;
    }

    async fn an_endless_recursion_exhausts_its_stack(engine: Engine) {
        let extra = ExtraTools::new(&["endless_recursion"])?;
        is_stopped(engine, &extra, "endless_recursion", "stack_exhausted", FAILED).await?;
    }

    async fn a_memory_bomb_runs_out_of_memory(engine: Engine) {
        let extra = ExtraTools::new(&["memory_bomb"])?;
        is_stopped(engine, &extra, "memory_bomb", "out_of_memory", USED_UP).await?;
    }

    async fn a_huge_result_is_too_much_data(engine: Engine) {
        let extra = ExtraTools::new(&["huge_result"])?;
        is_stopped(engine, &extra, "huge_result", "too_much_data", TOO_LARGE).await?;
    }

    async fn a_panic_is_trapped(engine: Engine) {
        let extra = ExtraTools::new(&["panics"])?;
        is_stopped(engine, &extra, "panics", "trapped", FAILED).await?;
    }

    async fn what_a_panic_says_stays_inside(engine: Engine) {
        let extra = ExtraTools::new(&["panics"])?;
        let app = Fixture::new(engine).extra(&extra).start().await?;
        let reply = app.agent("mia").await?.call("panics", json!({})).await?;
        assert!(reply.tool_error().is_ok());
        assert!(!reply.body.to_string().contains("secret"), "{}", reply.body);
    }

    async fn endless_loops_do_not_hold_up_other_calls(engine: Engine) {
        let extra = endless_loop(2_000)?;
        let app = Fixture::new(engine).extra(&extra).limits(1_000_000, 1_000_000).start().await?;
        let agent = app.agent("mia").await?;
        let mut loops = Vec::new();
        // As many as the server has threads.
        for login in ["amir", "dana"] {
            let looper = app.agent(login).await?;
            loops.push(tokio::spawn(async move { looper.call("endless_loop", json!({})).await }));
        }
        let mut waits = Vec::new();
        while loops.iter().all(|looping| !looping.is_finished()) {
            let started = Instant::now();
            agent.call("get_workspace", json!({})).await?.structured()?;
            waits.push(started.elapsed());
        }
        for looping in loops {
            assert!(looping.await??.tool_error()?.starts_with(TOO_LONG));
        }
        waits.sort_unstable();
        let median = waits.get(waits.len() / 2).context("no call")?;
        // The median and not the longest: other tests and a database run on the same two cores, and one call
        // that the machine held up says nothing of the server. Loops that did hold it up would delay all.
        assert!(waits.len() >= 10 && *median < Duration::from_millis(100), "{median:?} of {} calls", waits.len());
    }

    async fn a_call_whose_client_goes_away_is_dropped_and_audited(engine: Engine) {
        let extra = endless_loop(30_000)?;
        let app = Fixture::new(engine).extra(&extra).start().await?;
        let (looper, agent) = (app.agent("amir").await?, app.agent("mia").await?);
        let looping = tokio::spawn(async move { looper.call("endless_loop", json!({})).await });
        // When these are answered, the call above has long arrived; it cannot have ended.
        for _ in 0..20 {
            agent.call("get_workspace", json!({})).await?.structured()?;
        }
        looping.abort();
        // A server that stops waits for its calls and for their audit rows. Nobody else waits for this one.
        let app = Fixture::new(engine).start_on(app.stop().await?, |_| {}).await?;
        let rows = app.db_audit(usize::MAX).await?;
        assert!(rows.iter().any(|row| row == "mcp_client tool_called endless_loop cancelled -"), "{rows:?}");
    }

    async fn a_flood_of_host_calls_ends_at_the_budget(engine: Engine) {
        let extra = ExtraTools::new(&["host_call_flood"])?;
        let app = Fixture::new(engine).extra(&extra).start().await?;
        let reply = app.agent("mia").await?.call("host_call_flood", json!({})).await?;
        let error = "this call used up its 64 capability calls; narrow the filters";
        assert_eq!(reply.structured()?, &json!({ "succeeded": 64, "firstError": error }));
        let used = app.db_text(
            "SELECT CAST(host_calls AS TEXT) || ' ' || CAST(rows_read AS TEXT) FROM audit_log \
             WHERE target_id = 'host_call_flood'",
        );
        // Each call read the six repositories.
        assert_eq!(used.await?, ["64 384"]);
    }

    async fn a_budget_of_rows_is_its_own_limit(engine: Engine) {
        let limits = "limits = { host-calls = 10, rows = 20 }";
        let policy = format!("[host_call_flood]\npermission = \"membership\"\nimports = [\"repos\"]\n{limits}\n");
        let extra = ExtraTools::with_policy(&["host_call_flood"], &policy)?;
        let app = Fixture::new(engine).extra(&extra).start().await?;
        let reply = app.agent("mia").await?.call("host_call_flood", json!({})).await?;
        let error = "this call used up its 20 rows; narrow the filters";
        assert_eq!(reply.structured()?, &json!({ "succeeded": 3, "firstError": error }));
    }

    async fn arguments_that_are_too_long_do_not_reach_the_component(engine: Engine) {
        let extra = ExtraTools::new(&["echo"])?;
        let app = Fixture::new(engine).extra(&extra).start().await?;
        let arguments = json!({ "message": "x".repeat(65_536) });
        let reply = app.agent("mia").await?.call("echo", arguments).await?;
        let expected = "Invalid arguments: the arguments have 65550 bytes; 65536 are allowed";
        assert_eq!(reply.tool_error()?, expected);
    }

    async fn echo_returns_what_it_got(engine: Engine) {
        let extra = ExtraTools::new(&["echo"])?;
        let app = Fixture::new(engine).extra(&extra).start().await?;
        let message = "Grüße, \"世界\" \\ \u{0007} </script> \u{1f512}";
        let arguments = json!({ "message": message, "count": 4_294_967_295_u32, "tags": ["a", ""] });
        let reply = app.agent("mia").await?.call("echo", arguments.clone()).await?;
        assert_eq!(reply.structured()?, &arguments);
    }

    async fn content_blocks_come_out_as_mcp_content(engine: Engine) {
        let extra = ExtraTools::new(&["content_blocks"])?;
        let app = Fixture::new(engine).extra(&extra).start().await?;
        let reply = app.agent("mia").await?.call("content_blocks", json!({})).await?;
        let pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg==";
        let silence = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==";
        let resource = json!({ "uri": "fixture://resource", "mimeType": "text/plain", "text": "a resource" });
        let expected = json!({
            "content": [
                { "type": "text", "text": "text" },
                { "type": "image", "data": pixel, "mimeType": "image/png" },
                { "type": "audio", "data": silence, "mimeType": "audio/wav" },
                { "type": "resource", "resource": resource },
            ],
            "isError": false,
        });
        assert_eq!(reply.result()?, &expected);
    }

    async fn empty_wasi_shows_no_file_variable_socket_or_argument(engine: Engine) {
        if wasi_probe_is_built()? {
            let extra = ExtraTools::new(&["wasi_probe"])?;
            let app = Fixture::new(engine).extra(&extra).start().await?;
            let reply = app.agent("mia").await?.call("wasi_probe", json!({})).await?;
            let probe = reply.structured()?;
            assert_eq!((&probe["variables"], &probe["arguments"]), (&json!(0), &json!(0)), "{probe}");
            for attempt in ["root", "passwd", "socket"] {
                assert!(probe[attempt].is_string() && probe[attempt] != "opened", "{attempt}: {probe}");
            }
        }
    }
}
