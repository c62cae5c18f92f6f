//! `list_jobs`.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, text};

use super::job_rows::{JobRow, RunRows, step};
use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

/// The latest apply of the demo's `vpc` in production, which failed.
pub(super) async fn failed_run(app: &TestApp) -> Result<String> {
    let runs = app.db_text(
        "SELECT w.id FROM workflow_runs w JOIN workspaces s ON s.id = w.workspace_id \
         WHERE s.slug = 'acme' AND w.component = 'vpc' AND w.stack = 'plat-use2-prod' AND w.command = 'apply' \
         AND w.conclusion = 'failure' ORDER BY w.created_at DESC",
    );
    runs.await?.into_iter().next().context("a failed apply of vpc in plat-use2-prod")
}

async fn jobs(agent: &Agent, arguments: Value) -> Result<Vec<Value>> {
    all_rows(agent, "list_jobs", arguments).await
}

/// Two attempts: the first has four jobs, the second one.
async fn two_attempts(app: &TestApp, engine: Engine) -> Result<RunRows<'_>> {
    let run = RunRows::insert(app, engine, "run_attempts").await?;
    let first = [(5, "success"), (9, "failure"), (11, "cancelled"), (7, "failure")];
    for (number, conclusion) in first {
        run.job(&JobRow { number, conclusion: Some(conclusion), ..JobRow::FAILED }).await?;
    }
    run.job(&JobRow { number: 20, attempt: 2, conclusion: None, ..JobRow::FAILED }).await?;
    Ok(run)
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| text(row, "/id")).collect()
}

on_both_engines! {
    async fn list_jobs(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = jobs(&agent, json!({ "runId": failed_run(&app).await? })).await?;
        let job = rows.iter().find(|job| job["conclusion"] == "failure").context("a failed job")?;
        assert_eq!(
            fields(job),
            [
                "completedAt", "conclusion", "durationSeconds", "githubUrl", "id", "name", "runAttempt", "startedAt",
                "status", "steps",
            ]
        );
        assert_eq!(text(job, "/status"), "completed");
        let steps = job["steps"].as_array().context("steps")?;
        assert_eq!(steps.iter().filter(|step| step["conclusion"] == "failure").count(), 1, "{steps:?}");
        assert_eq!(fields(&steps[0]), ["conclusion", "durationSeconds", "name", "number", "status"]);
        assert_eq!(text(&steps[0], "/name"), "Set up job");
    }

    async fn list_jobs_starts_with_the_newest_attempt(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = two_attempts(&app, engine).await?;
        let all = jobs(&agent, json!({ "runId": run.id })).await?;
        assert_eq!(ids(&all), ["job_20", "job_5", "job_7", "job_9", "job_11"]);
        assert_eq!(all[0]["runAttempt"], 2);
        assert!(all[0]["conclusion"].is_null() && all[0]["durationSeconds"].is_null(), "{}", all[0]);
        assert_eq!((text(&all[1], "/startedAt"), &all[1]["durationSeconds"]), ("2026-08-21T10:00:00Z", &json!(60)));
        assert_eq!(jobs(&agent, json!({ "runId": run.id, "limit": 2 })).await?, all);
    }

    async fn list_jobs_filters_combine(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = two_attempts(&app, engine).await?;
        let filtered = |status: Value, conclusion: Value| {
            jobs(&agent, json!({ "runId": run.id, "status": status, "conclusion": conclusion, "limit": 1 }))
        };
        let ended = filtered(json!("completed"), json!(["failure", "cancelled"])).await?;
        assert_eq!(ids(&ended), ["job_7", "job_9", "job_11"]);
        assert_eq!(ids(&jobs(&agent, json!({ "runId": run.id, "status": "in_progress" })).await?), ["job_20"]);
        assert!(filtered(json!("in_progress"), json!("failure")).await?.is_empty());
        let none = agent.call("list_jobs", json!({ "runId": run.id, "status": ["queued"] })).await?;
        let hint = "no job matches; without `status` and `conclusion`, all jobs of the run come";
        assert_eq!(text(none.structured()?, "/hint"), hint);
        let empty = RunRows::insert(&app, engine, "run_empty").await?;
        let none = agent.call("list_jobs", json!({ "runId": empty.id })).await?;
        assert!(text(none.structured()?, "/hint").starts_with("the run has no jobs,"), "{}", none.body);
    }

    async fn list_jobs_shows_no_hidden_characters(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = RunRows::insert(&app, engine, "run_hidden").await?;
        let steps = vec![
            step(1, "Plan\u{202e}\u{e0041}\u{1b}[31m it's\nred", "failure", (0, 5)),
            step(2, "Apply", "skipped", (5, 5)),
            json!({ "number": null, "name": "Odd", "status": "", "conclusion": null }),
        ];
        run.job(&JobRow { name: "vpc\u{200b} plan", steps, ..JobRow::FAILED }).await?;
        let rows = jobs(&agent, json!({ "runId": run.id })).await?;
        assert_eq!(text(&rows[0], "/name"), "vpc plan");
        let expected = json!([
            {
                "number": 1, "name": "Plan it's red", "status": "completed", "conclusion": "failure",
                "durationSeconds": 5,
            },
            { "number": 2, "name": "Apply", "status": "completed", "conclusion": "skipped", "durationSeconds": 0 },
            { "number": 0, "name": "Odd", "status": "pending" },
        ]);
        assert_eq!(rows[0]["steps"], expected);
    }

    async fn list_jobs_says_what_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = two_attempts(&app, engine).await?;
        let foreign = app.db_text(
            "SELECT j.run_id FROM jobs j JOIN workspaces s ON s.id = j.workspace_id WHERE s.slug = 'rival'",
        );
        let foreign = foreign.await?.into_iter().next().context("a run of the rival")?;
        let unknown = |id: &str| {
            format!(
                "no run {id} in this workspace; list_workflow_runs with `component`, `stack` or `conclusion` finds \
                 its id"
            )
        };
        let first = agent.call("list_jobs", json!({ "runId": run.id, "limit": 2 })).await?;
        let cursor = first.structured()?["nextCursor"].clone();
        ensure!(cursor.is_string(), "a second page: {}", first.body);
        let cases = [
            (json!({ "runId": "run_nothing" }), unknown("run_nothing")),
            (json!({ "runId": foreign }), unknown(&foreign)),
            (json!({}), "Invalid arguments: missing field `runId`".to_owned()),
            (
                json!({ "runId": run.id, "conclusion": ["failed"] }),
                "Invalid arguments: `conclusion`: must be one of `success`, `failure`, `neutral`, `cancelled`, \
                 `timed_out`, `action_required`, `stale`, `skipped`, `startup_failure` (got `failed`)"
                    .to_owned(),
            ),
            // The cursor is one of another filter, and one of another run.
            (json!({ "runId": run.id, "status": "completed", "cursor": cursor }), FOREIGN_CURSOR.to_owned()),
            (json!({ "runId": "run_nothing", "cursor": cursor }), FOREIGN_CURSOR.to_owned()),
        ];
        let cases: Vec<_> = cases.iter().map(|(arguments, text)| (arguments.clone(), text.as_str())).collect();
        refuses(&agent, "list_jobs", &cases).await?;
    }
}
