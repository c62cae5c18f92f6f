//! `list_job_summaries`.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, text};

use super::job_rows::RunRows;
use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

async fn page(agent: &Agent, arguments: Value) -> Result<Value> {
    Ok(agent.call("list_job_summaries", arguments).await?.structured()?.clone())
}

on_both_engines! {
    async fn list_job_summaries(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let runs = app.db_text(
            "SELECT m.run_id FROM job_summaries m JOIN workspaces s ON s.id = m.workspace_id WHERE s.slug = 'acme' \
             ORDER BY m.created_at DESC",
        );
        let run = runs.await?.into_iter().next().context("a run with a summary")?;
        let rows = all_rows(&agent, "list_job_summaries", json!({ "runId": run })).await?;
        let first = rows.first().context("a summary")?;
        assert_eq!(fields(first), ["bytes", "createdAt", "jobName", "markdown", "truncated"]);
        assert!(text(first, "/markdown").contains("##"), "{first}");
        // The name is that of a job, which is how the two lists go together.
        let jobs = all_rows(&agent, "list_jobs", json!({ "runId": run })).await?;
        assert!(jobs.iter().any(|job| job["name"] == first["jobName"]), "{first} {jobs:?}");
    }

    async fn list_job_summaries_cuts_what_is_long_between_lines(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = RunRows::insert(&app, engine, "run_long").await?;
        let line = "| plat-use2-prod | vpc | \u{202e}changed |\n";
        let markdown = line.repeat(1_000);
        run.summary(1, "plan (vpc)", &markdown).await?;
        run.summary(2, "plan (eks)", "## No Changes\n").await?;
        let rows = page(&agent, json!({ "runId": run.id })).await?;
        // Newest first.
        assert_eq!(text(&rows, "/items/0/markdown"), "## No Changes\n");
        let (short, long) = (&rows["items"][0], &rows["items"][1]);
        assert_eq!((&short["truncated"], &short["bytes"]), (&json!(false), &json!(14)));
        assert_eq!((&long["truncated"], &long["bytes"]), (&json!(true), &json!(markdown.len())));
        let shown = text(long, "/markdown");
        let clean = line.replace('\u{202e}', "");
        assert!(shown.len() <= 25_000 && shown.len() > 22_000, "{}", shown.len());
        assert_eq!(shown, clean.repeat(shown.len() / clean.len()));
    }

    async fn list_job_summaries_cuts_what_it_shows(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = RunRows::insert(&app, engine, "run_colours").await?;
        let markdown = "\u{1b}[1m\u{1b}[32m+ aws_vpc.this\u{1b}[0m\u{200b}\n".repeat(10_000);
        run.summary(1, "plan (vpc)", &markdown).await?;
        let rows = page(&agent, json!({ "runId": run.id })).await?;
        let shown = text(&rows, "/items/0/markdown");
        assert_eq!(shown, "+ aws_vpc.this\n".repeat(25_000 / 15));
        let row = &rows["items"][0];
        assert_eq!((&row["truncated"], &row["bytes"]), (&json!(true), &json!(markdown.len())));
    }

    async fn list_job_summaries_pages_end_before_they_are_too_long(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = RunRows::insert(&app, engine, "run_many").await?;
        for number in 1..=7 {
            run.summary(number, &format!("plan {number}"), &format!("{number}\n").repeat(15_000)).await?;
        }
        let first = page(&agent, json!({ "runId": run.id })).await?;
        assert!(first.to_string().len() <= 60_000, "{}", first.to_string().len());
        assert_eq!((first["truncated"].as_bool(), first["nextCursor"].is_string()), (Some(true), true));
        let rows = all_rows(&agent, "list_job_summaries", json!({ "runId": run.id })).await?;
        let names: Vec<&str> = rows.iter().map(|row| text(row, "/jobName")).collect();
        assert_eq!(names, ["plan 7", "plan 6", "plan 5", "plan 4", "plan 3", "plan 2", "plan 1"]);
        let one = page(&agent, json!({ "runId": run.id, "jobName": "plan 3" })).await?;
        assert_eq!((one["items"].as_array().map(Vec::len), text(&one, "/items/0/jobName")), (Some(1), "plan 3"));
    }

    async fn list_job_summaries_says_what_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = RunRows::insert(&app, engine, "run_none").await?;
        let none = page(&agent, json!({ "runId": run.id })).await?;
        assert!(text(&none, "/hint").contains("get_workflow_run_logs"), "{none}");
        let none = page(&agent, json!({ "runId": run.id, "jobName": "plan" })).await?;
        assert!(text(&none, "/hint").contains("list_jobs"), "{none}");
        let cases = [
            (
                json!({ "runId": "run_nothing" }),
                "no run run_nothing in this workspace; list_workflow_runs with `component`, `stack` or `conclusion` \
                 finds its id",
            ),
            (json!({ "runId": run.id, "cursor": "AAAA" }), FOREIGN_CURSOR),
            (
                json!({ "runId": run.id, "job": "plan" }),
                "Invalid arguments: unknown field `job`, expected one of `runId`, `jobName`, `limit`, `cursor`",
            ),
        ];
        refuses(&agent, "list_job_summaries", &cases).await?;
    }
}
