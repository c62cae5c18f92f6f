//! `get_workflow_run_logs`.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, FakeGithubApp, Fixture, TestApp, text};

use super::job_rows::{JobRow, RunRows, log, step};
use super::jobs::failed_run;
use super::{fields, refuses};

/// A log of four steps; the second fails.
const LINES: [&str; 13] = [
    "00 Current runner version: '2.317.0'",
    "01 ##[group]Run atmos terraform plan vpc -s plat-use2-prod",
    "01 \u{1b}[36;1matmos terraform plan vpc -s plat-use2-prod\u{1b}[0m",
    "01 ##[endgroup]",
    "02 \u{1b}[31m\u{1b}[1mError: \u{1b}[0mno credentials\u{202e}\u{200b} for \"plan\"",
    "02",
    "05 ##[error]Process completed with exit code 1.",
    "05 ##[group]Run ./report.sh",
    "05 ##[endgroup]",
    "06 reported",
    "07 Post job cleanup.",
    "07 [command]/usr/bin/git version",
    "08 Cleaning up orphan processes",
];

/// What the failed step printed.
const FAILED: &str = "##[group]Run atmos terraform plan vpc -s plat-use2-prod\n\
     atmos terraform plan vpc -s plat-use2-prod\n##[endgroup]\nError: no credentials for \"plan\"\n\n\
     ##[error]Process completed with exit code 1.";

fn steps() -> Vec<Value> {
    vec![
        step(1, "Set up job", "success", (0, 1)),
        step(2, "Plan", "failure", (1, 5)),
        step(3, "Apply", "skipped", (5, 5)),
        step(4, "Report", "success", (5, 6)),
        step(9, "Post Checkout", "success", (7, 7)),
        step(10, "Complete job", "success", (8, 8)),
    ]
}

/// A run with a job that failed, `plan`, and one that did not, `lint`.
async fn failed(app: &TestApp, engine: Engine) -> Result<RunRows<'_>> {
    let run = RunRows::insert(app, engine, "run_failed").await?;
    let plan = JobRow { steps: steps(), ..JobRow::FAILED };
    run.job(&plan).await?;
    run.log(&plan, Some(&log(&LINES))).await?;
    let lint = JobRow { number: 2, name: "lint", conclusion: Some("success"), ..JobRow::FAILED };
    run.job(&lint).await?;
    run.log(&lint, Some(&log(&["10 all is well"]))).await?;
    Ok(run)
}

async fn logs(agent: &Agent, arguments: Value) -> Result<Value> {
    Ok(agent.call("get_workflow_run_logs", arguments).await?.structured()?.clone())
}

/// The logs of this run.
async fn logs_of(agent: &Agent, run: &RunRows<'_>, mut arguments: Value) -> Result<Value> {
    arguments["runId"] = run.id.into();
    logs(agent, arguments).await
}

/// `job|step|total lines|lines` of each log.
fn shown(logs: &Value) -> Vec<String> {
    let jobs = logs["jobs"].as_array().into_iter().flatten();
    let shown = jobs.map(|job| {
        let step = job["stepName"].as_str().unwrap_or("-");
        format!("{}|{step}|{}|{}", text(job, "/jobName"), job["totalLines"], text(job, "/lines"))
    });
    shown.collect()
}

on_both_engines! {
    async fn get_workflow_run_logs(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let logs = logs(&agent, json!({ "runId": failed_run(&app).await? })).await?;
        let job = &logs["jobs"][0];
        assert_eq!(
            fields(job),
            [
                "conclusion", "firstLine", "githubUrl", "jobName", "lines", "note", "stepName", "totalLines",
                "truncated",
            ]
        );
        assert_eq!(text(job, "/conclusion"), "failure");
        assert!(job["stepName"].is_string() && job["note"].is_null(), "{job}");
        let lines = text(job, "/lines");
        assert!(lines.contains("##[error]"), "{lines}");
        let is_raw = |line: &str| line.starts_with("2026-") || line.contains(['\u{1b}', '\u{feff}']);
        assert!(!lines.lines().any(is_raw), "{lines}");
        assert!(logs.to_string().len() <= 12_000, "{}", logs.to_string().len());
    }

    async fn get_workflow_run_logs_shows_the_failed_step_in_plain_text(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = failed(&app, engine).await?;
        let logs = logs(&agent, json!({ "runId": run.id })).await?;
        assert_eq!(shown(&logs), [format!("plan|Plan|6|{FAILED}")]);
        let job = &logs["jobs"][0];
        assert_eq!((&job["firstLine"], &job["truncated"]), (&json!(2), &json!(false)));
        assert_eq!(text(job, "/githubUrl"), "https://github.com/acme/infrastructure/job/1");
        assert!(logs["hint"].is_null());
    }

    async fn get_workflow_run_logs_is_narrowed_by_names(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = failed(&app, engine).await?;
        let of = |arguments: Value| logs_of(&agent, &run, arguments);
        for names in [json!({ "jobName": "plan" }), json!({ "stepName": "Plan" })] {
            assert_eq!(shown(&of(names).await?), [format!("plan|Plan|6|{FAILED}")]);
        }
        let report = of(json!({ "jobName": "plan", "stepName": "Report", "failedOnly": false })).await?;
        assert_eq!(shown(&report), ["plan|Report|3|##[group]Run ./report.sh\n##[endgroup]\nreported"]);
        // The job failed; the step did not.
        assert_eq!(text(&report, "/jobs/0/conclusion"), "success");
        let lint = of(json!({ "jobName": "lint", "failedOnly": false })).await?;
        assert_eq!(shown(&lint), ["lint|-|1|all is well"]);
        let all = of(json!({ "failedOnly": false })).await?;
        assert_eq!(all["jobs"][0]["totalLines"], LINES.len());
        assert_eq!(text(&all, "/jobs/0/conclusion"), "failure");
        assert_eq!(text(&all, "/jobs/1/lines"), "all is well");
        let skipped = of(json!({ "stepName": "Apply", "failedOnly": false })).await?;
        assert_eq!(shown(&skipped), ["plan|Apply|0|"]);
        assert_eq!(text(&skipped, "/jobs/0/note"), "nothing was printed");
    }

    async fn get_workflow_run_logs_shows_what_failed_alone_unless_it_is_told_otherwise(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = failed(&app, engine).await?;
        for (names, what) in [
            (json!({ "jobName": "lint" }), "no job `lint`"),
            (json!({ "jobName": "lint", "failedOnly": true }), "no job `lint`"),
            (json!({ "stepName": "Set up job", "failedOnly": true }), "no step `Set up job`"),
            (json!({ "jobName": "plan", "stepName": "Report" }), "no step `Report`"),
        ] {
            let none = logs_of(&agent, &run, names).await?;
            assert_eq!(none["jobs"], json!([]), "{what}");
            let hint = format!("{what} failed; pass `failedOnly: false` for the logs of what did not fail");
            assert_eq!(text(&none, "/hint"), hint);
        }
    }

    async fn get_workflow_run_logs_counts_what_it_shows(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = RunRows::insert(&app, engine, "run_colours").await?;
        // 40 bytes are shown of each.
        let line = format!("00 \u{1b}[38;5;196m{}\u{1b}[0m{}", "x".repeat(40), "\u{200b}".repeat(40));
        run.job(&JobRow::FAILED).await?;
        run.log(&JobRow::FAILED, Some(&log(&[line.as_str(); 300]))).await?;
        let logs = logs_of(&agent, &run, json!({ "tailLines": 200 })).await?;
        assert_eq!(text(&logs, "/jobs/0/lines"), ["x".repeat(40).as_str(); 200].join("\n"));
        assert_eq!((&logs["jobs"][0]["firstLine"], &logs["jobs"][0]["totalLines"]), (&json!(101), &json!(300)));
    }

    async fn get_workflow_run_logs_gives_the_last_lines(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = failed(&app, engine).await?;
        let end = logs(&agent, json!({ "runId": run.id, "tailLines": 2 })).await?;
        assert_eq!(shown(&end), ["plan|Plan|6|\n##[error]Process completed with exit code 1."]);
        assert_eq!((&end["jobs"][0]["firstLine"], &end["jobs"][0]["truncated"]), (&json!(6), &json!(true)));
    }

    async fn get_workflow_run_logs_stays_small(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = RunRows::insert(&app, engine, "run_large").await?;
        // Quotes are two bytes of JSON.
        let line = |number| format!("00 \"{number}\" {}", "\"x\" ".repeat(20));
        let lines: Vec<String> = (1_000..3_500).map(line).collect();
        let large = log(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        for number in 1..=30 {
            let name = format!("plan {number}");
            let job = JobRow { number, name: &name, ..JobRow::FAILED };
            run.job(&job).await?;
            run.log(&job, Some(&large)).await?;
        }
        let few = logs(&agent, json!({ "runId": run.id })).await?;
        assert_eq!(few["jobs"].as_array().map(Vec::len), Some(10));
        assert!(few.to_string().len() <= 15_000, "{}", few.to_string().len());
        let names: Vec<String> = (11..=20).map(|number| format!("`plan {number}`")).collect();
        let hint = format!("20 more jobs are not shown: {}, …; name one with `jobName`", names.join(", "));
        assert_eq!(text(&few, "/hint"), hint);
        let many = logs(&agent, json!({ "runId": run.id, "tailLines": 2_000 })).await?;
        let bytes = many.to_string().len();
        assert!((40_000..=60_000).contains(&bytes), "{bytes}");
        for job in many["jobs"].as_array().context("jobs")? {
            assert!(job["truncated"] == true && text(job, "/lines").starts_with('"'), "{job}");
            assert!(text(job, "/lines").lines().last().is_some_and(|line| line.starts_with("\"3499\"")), "{job}");
        }
    }

    async fn get_workflow_run_logs_looks_at_the_newest_attempt(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = failed(&app, engine).await?;
        run.job(&JobRow { number: 3, attempt: 2, conclusion: None, ..JobRow::FAILED }).await?;
        let running = logs(&agent, json!({ "runId": run.id })).await?;
        assert_eq!(running["jobs"], json!([]));
        assert!(text(&running, "/hint").starts_with("no job has failed yet;"), "{running}");
        let running = logs(&agent, json!({ "runId": run.id, "failedOnly": false })).await?;
        assert_eq!(text(&running, "/jobs/0/note"), "the job has not finished; its log comes a moment after that");
    }

    async fn get_workflow_run_logs_says_why_there_is_no_log(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = RunRows::insert(&app, engine, "run_gone").await?;
        let expired = JobRow { steps: steps(), ..JobRow::FAILED };
        run.job(&expired).await?;
        run.log(&expired, None).await?;
        // Without a GitHub App, nobody can be asked for this one.
        run.job(&JobRow { number: 2, name: "lint", ..JobRow::FAILED }).await?;
        let logs = logs(&agent, json!({ "runId": run.id })).await?;
        assert_eq!(shown(&logs), ["plan|Plan|0|", "lint|-|0|"]);
        assert_eq!(
            text(&logs, "/jobs/0/note"),
            "GitHub no longer has this log; it keeps logs for 90 days unless it is told otherwise"
        );
        assert_eq!(
            text(&logs, "/jobs/1/note"),
            "this log cannot be read: no GitHub App is connected that has access to the repository"
        );
    }

    async fn get_workflow_run_logs_says_what_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let run = failed(&app, engine).await?;
        let cases = [
            (
                json!({ "runId": "run_nothing" }),
                "no run run_nothing in this workspace; list_workflow_runs with `component`, `stack` or `conclusion` \
                 finds its id",
            ),
            (
                json!({ "runId": run.id, "jobName": "deploy" }),
                "Invalid arguments: `jobName`: no job `deploy` (the run's jobs: `plan`, `lint`)",
            ),
            (
                json!({ "runId": run.id, "stepName": "plan" }),
                "Invalid arguments: `stepName`: no step `plan` (the steps: `Set up job`, `Plan`, `Apply`, `Report`, \
                 `Post Checkout`, `Complete job`)",
            ),
            (
                json!({ "runId": run.id, "tailLines": 2_001 }),
                "Invalid arguments: `tailLines`: must be between 1 and 2000 (got 2001)",
            ),
            (
                json!({ "runId": run.id, "lines": 5 }),
                "Invalid arguments: unknown field `lines`, expected one of `runId`, `failedOnly`, `tailLines`, \
                 `jobName`, `stepName`",
            ),
        ];
        refuses(&agent, "get_workflow_run_logs", &cases).await?;
    }

    async fn a_log_is_fetched_from_github_once(engine: Engine) {
        let github = FakeGithubApp::start().await?;
        let app = Fixture::new(engine).github_app(&github)?.start().await?;
        let agent = app.agent("mia").await?;
        let run = RunRows::insert(&app, engine, "run_fetched").await?;
        run.job(&JobRow { steps: steps(), ..JobRow::FAILED }).await?;
        github.world().logs.insert(1, Some(log(&LINES)));
        // Both ask at the same time.
        let ask = || logs(&agent, json!({ "runId": run.id }));
        let (first, second) = tokio::join!(ask(), ask());
        assert_eq!(shown(&first?), [format!("plan|Plan|6|{FAILED}")]);
        assert_eq!(shown(&second?), [format!("plan|Plan|6|{FAILED}")]);
        assert_eq!(github.requests("/actions/jobs/1/logs"), 1);
        // It is kept, whatever becomes of it on GitHub.
        github.world().logs.insert(1, None);
        assert_eq!(shown(&ask().await?), [format!("plan|Plan|6|{FAILED}")]);
        assert_eq!((github.requests("/actions/jobs/1/logs"), github.world().leaks), (1, 0));
        let kept = app.db_text(
            "SELECT CAST(bytes AS TEXT) || ' ' || CAST(lines AS TEXT) FROM job_logs WHERE job_id = 'job_1'",
        );
        // Without the byte order mark, which has three bytes.
        assert_eq!(kept.await?, [format!("{} {}", log(&LINES).len() - 3, LINES.len())]);
    }

    async fn what_github_no_longer_has_is_asked_for_once(engine: Engine) {
        let github = FakeGithubApp::start().await?;
        let app = Fixture::new(engine).github_app(&github)?.start().await?;
        let agent = app.agent("mia").await?;
        let run = RunRows::insert(&app, engine, "run_expired").await?;
        run.job(&JobRow::FAILED).await?;
        github.world().logs.insert(1, None);
        for _ in 0..2 {
            let logs = logs(&agent, json!({ "runId": run.id })).await?;
            assert!(text(&logs, "/jobs/0/note").starts_with("GitHub no longer has this log"), "{logs}");
        }
        assert_eq!(github.requests("/actions/jobs/1/logs"), 1);
    }

    async fn a_log_of_a_repository_that_is_out_of_sight_is_not_given_up(engine: Engine) {
        let github = FakeGithubApp::start().await?;
        let app = Fixture::new(engine).github_app(&github)?.start().await?;
        app.advance(std::time::Duration::from_hours(2));
        let agent = app.agent("mia").await?;
        let run = RunRows::insert(&app, engine, "run_hidden").await?;
        run.job(&JobRow { steps: steps(), ..JobRow::FAILED }).await?;
        github.world().logs.insert(1, Some(log(&LINES)));
        github.world().hidden.push("acme/infrastructure".to_owned());
        let hidden = logs(&agent, json!({ "runId": run.id })).await?;
        assert!(text(&hidden, "/jobs/0/note").starts_with("this log cannot be read: no GitHub App"), "{hidden}");
        github.world().hidden.clear();
        let seen = logs(&agent, json!({ "runId": run.id })).await?;
        assert_eq!(shown(&seen), [format!("plan|Plan|6|{FAILED}")]);
    }

    async fn a_log_that_github_does_not_have_yet_is_asked_for_again(engine: Engine) {
        let github = FakeGithubApp::start().await?;
        let app = Fixture::new(engine).github_app(&github)?.start().await?;
        let run = RunRows::insert(&app, engine, "run_settling").await?;
        run.job(&JobRow::FAILED).await?;
        let ask = async || {
            let agent = app.agent("mia").await?;
            let logs = logs(&agent, json!({ "runId": run.id })).await?;
            anyhow::Ok(text(&logs, "/jobs/0/note").split(';').next().unwrap_or_default().to_owned())
        };
        assert_eq!(ask().await?, "the job has not finished");
        github.world().failures.push(("/actions/jobs/1/logs", 500));
        assert_eq!(ask().await?, "GitHub has not given this log yet");
        app.advance(std::time::Duration::from_hours(2));
        assert_eq!(ask().await?, "GitHub no longer has this log");
        assert_eq!(ask().await?, "GitHub no longer has this log");
        assert_eq!(github.requests("/actions/jobs/1/logs"), 3);
    }
}
