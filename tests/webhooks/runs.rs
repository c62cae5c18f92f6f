//! Workflow runs and jobs: in any order, and what they say of instances.

use anyhow::Result;
use serde_json::{Value, json};
use tests::harness::{Engine, TestApp};

use super::{Github, event, start, with};

/// A run of the plan of `vpc` in `dev`.
fn run(repository: &str, state: &Value) -> Value {
    let run = json!({
        "id": 7001, "run_attempt": 1, "name": "Plan", "display_title": "plan vpc/dev/3Ac4tgT3JZZS7vZvPi3RvwL4832",
        "path": ".github/workflows/atmos-terraform-plan.yaml", "event": "workflow_dispatch", "status": "completed",
        "conclusion": null, "head_branch": "main", "head_sha": "5779607b49aab1200488439f02372c57b4f75444",
        "html_url": "https://github.com/acme/x/actions/runs/7001", "actor": { "login": "dana" },
        "pull_requests": [{ "number": 12 }], "created_at": "2026-08-21T09:00:00Z",
        "run_started_at": "2026-08-21T09:00:05Z", "updated_at": "2026-08-21T09:03:00Z",
    });
    event(repository, "", "workflow_run", with(run, state))
}

/// The job of such a run.
fn job(repository: &str, state: &Value) -> Value {
    let job = json!({
        "id": 9001, "run_id": 7001, "run_attempt": 1, "name": "vpc-dev", "workflow_name": "Plan",
        "status": "in_progress", "conclusion": null, "head_branch": "main", "head_sha": "57796",
        "created_at": "2026-08-21T09:00:01Z", "started_at": "2026-08-21T09:00:08Z", "completed_at": null,
        "steps": [], "html_url": "https://github.com/acme/x/actions/runs/7001/job/9001",
    });
    event(repository, "", "workflow_job", with(job, state))
}

/// A review of the deployment of such a run, which is as `state` says.
fn review(repository: &str, action: &str, state: &Value, review: &Value) -> Value {
    let mut event = run(repository, state);
    event["action"] = json!(action);
    with(event, review)
}

/// A server with `acme/live`, which has the instances `vpc` and `eks/cluster` in `dev`.
async fn live(engine: Engine) -> Result<(TestApp, Github)> {
    let app = start(engine).await?;
    let github = Github::new(&app);
    github.add_repositories(&["live".to_owned()]).await?;
    let token = app.workspace_token("acme").await?;
    let drift = json!({ "pro": { "drift_detection": { "enabled": true } } });
    let body = json!({
        "repo_owner": "acme", "repo_name": "live",
        "instances": [
            { "component": "vpc", "stack": "dev", "settings": drift },
            { "component": "eks/cluster", "stack": "dev" },
        ],
    });
    let reply = app.upload(&token, &body).await?;
    anyhow::ensure!(reply.status == 200, "{}", reply.body);
    Ok((app, github))
}

const RUNS: &str = "SELECT r.status || '|' || COALESCE(r.conclusion, '-') || '|' || CAST(r.run_attempt AS TEXT) \
     || '|' || r.command || '|' || r.trigger_kind || '|' || COALESCE(r.component, '-') || '|' || COALESCE(r.stack, '-') \
     || '|' || r.approval_state || '|' || COALESCE(r.approval_environment, '-') FROM workflow_runs r \
     JOIN repositories p ON p.id = r.repository_id WHERE p.name = 'live'";

const INSTANCE: &str = "SELECT i.status || '|' || i.drift_status || '|' || COALESCE(CAST(i.last_run_at AS TEXT), '-') \
     || '|' || CASE WHEN i.last_drift_run_id = i.last_run_id THEN 'drift' ELSE '-' END FROM instances i \
     JOIN repositories p ON p.id = i.repository_id WHERE p.name = 'live' AND i.component = 'vpc'";

const CHANGES: &str = "SELECT COALESCE(c.from_status, '-') || ' ' || c.to_status FROM instance_status_changes c \
     JOIN instances i ON i.id = c.instance_id JOIN repositories p ON p.id = i.repository_id \
     WHERE p.name = 'live' AND i.component = 'vpc' ORDER BY COALESCE(c.from_status, '-')";

/// Every order of the numbers from 0 to `count` less one.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..count {
        let mut longer = Vec::new();
        for order in &orders {
            for next in (0..count).filter(|next| !order.contains(next)) {
                longer.push([order.as_slice(), &[next]].concat());
            }
        }
        orders = longer;
    }
    orders
}

on_both_engines! {
    async fn runs_converge_in_every_order(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        // The first two are of one second, and the last two of a second attempt.
        let states = [
            json!({ "status": "queued", "updated_at": "2026-08-21T09:00:05Z" }),
            json!({ "status": "in_progress", "updated_at": "2026-08-21T09:00:05Z" }),
            json!({ "conclusion": "failure", "updated_at": "2026-08-21T09:03:00Z" }),
            json!({ "run_attempt": 2, "status": "in_progress", "run_started_at": "2026-08-21T09:10:00Z",
                    "updated_at": "2026-08-21T09:10:00Z" }),
            json!({ "run_attempt": 2, "conclusion": "success", "run_started_at": "2026-08-21T09:10:00Z",
                    "updated_at": "2026-08-21T09:12:00Z" }),
        ];
        let orders = permutations(states.len());
        assert_eq!(orders.len(), 120);
        let names: Vec<String> = (0..orders.len()).map(|number| format!("order-{number}")).collect();
        github.add_repositories(&names).await?;
        for (name, order) in names.iter().zip(&orders) {
            // The first two are delivered once more at the end.
            for state in order.iter().chain(order.iter().take(2)).filter_map(|index| states.get(*index)) {
                github.apply("workflow_run", &run(name, state)).await?;
            }
        }
        let rows = app
            .db_text(
                "SELECT r.status || '|' || COALESCE(r.conclusion, '-') || '|' || CAST(r.run_attempt AS TEXT) || '|' \
                 || CAST(r.started_at AS TEXT) || '|' || CAST(r.finished_at AS TEXT) || '|' || r.workflow_file || '|' \
                 || CAST(r.pull_request_number AS TEXT) || '|' || r.actor || '|' || r.ref || '|' || r.approval_state \
                 || ' x' || CAST(COUNT(*) AS TEXT) FROM workflow_runs r \
                 JOIN repositories p ON p.id = r.repository_id WHERE p.name LIKE 'order-%' \
                 GROUP BY r.status, r.conclusion, r.run_attempt, r.started_at, r.finished_at, r.workflow_file, \
                 r.pull_request_number, r.actor, r.ref, r.approval_state",
            )
            .await?;
        assert_eq!(rows, [
            "completed|success|2|1787303400000000|1787303520000000|atmos-terraform-plan.yaml|12|dana|refs/heads/main|none x120"
        ]);
    }

    async fn a_failed_run_says_error_and_a_successful_one_nothing(engine: Engine) {
        let (app, github) = live(engine).await?;
        github.apply("workflow_run", &run("live", &json!({ "conclusion": "success" }))).await?;
        assert_eq!(app.db_text(RUNS).await?, ["completed|success|1|plan|manual|vpc|dev|none|-"]);
        assert_eq!(app.db_text(INSTANCE).await?, ["unknown|unknown|1787302805000000|-"]);

        let failed = json!({
            "id": 7002, "event": "schedule", "conclusion": "failure", "run_started_at": "2026-08-21T09:30:00Z",
            "updated_at": "2026-08-21T09:31:00Z",
        });
        github.apply("workflow_run", &run("live", &failed)).await?;
        assert_eq!(app.db_text(INSTANCE).await?, ["error|error|1787304660000000|drift"]);
        assert_eq!(app.db_text(CHANGES).await?, ["- unknown", "unknown error"]);

        // A run from before, whose failure comes late, changes nothing.
        let late = json!({ "id": 7003, "conclusion": "failure", "run_started_at": "2026-08-21T09:10:00Z" });
        github.apply("workflow_run", &run("live", &late)).await?;
        assert_eq!(app.db_text(INSTANCE).await?, ["error|error|1787304660000000|drift"]);
        assert_eq!(app.db_text(CHANGES).await?, ["- unknown", "unknown error"]);

        let audited = app
            .db_text("SELECT action FROM audit_log WHERE category = 'workflow' AND actor_id = 'webhook' ORDER BY action")
            .await?;
        assert_eq!(audited, ["completed", "failed", "failed"]);
    }

    async fn a_job_may_come_before_its_run_and_link_it(engine: Engine) {
        let (app, github) = live(engine).await?;
        let done = json!({
            "status": "completed", "conclusion": "failure", "completed_at": "2026-08-21T09:02:00Z",
            "steps": [{ "name": "Plan", "status": "completed", "conclusion": "failure", "number": 1,
                        "started_at": "2026-08-21T09:00:10.000Z", "completed_at": "2026-08-21T09:02:00.000Z" }],
        });
        github.apply("workflow_job", &job("live", &done)).await?;
        github.apply("workflow_job", &job("live", &json!({ "status": "queued" }))).await?;
        let untitled = json!({ "display_title": "Add vpc", "conclusion": "failure" });
        github.apply("workflow_run", &run("live", &untitled)).await?;
        assert_eq!(app.db_text(RUNS).await?, ["completed|failure|1|plan|manual|vpc|dev|none|-"]);
        assert_eq!(app.db_text(INSTANCE).await?, ["error|unknown|1787302980000000|-"]);
        let jobs = app
            .db_text(
                "SELECT j.steps FROM jobs j JOIN workflow_runs r ON r.id = j.run_id \
                 JOIN repositories p ON p.id = r.repository_id \
                 WHERE p.name = 'live' AND j.github_job_id = 9001 AND j.status = 'completed'",
            )
            .await?;
        let steps: Vec<Value> = jobs.iter().map(|steps| serde_json::from_str(steps)).collect::<Result<_, _>>()?;
        let step = json!({
            "number": 1, "name": "Plan", "status": "completed", "conclusion": "failure",
            "startedAt": 1_787_302_810_000_000_i64, "completedAt": 1_787_302_920_000_000_i64,
        });
        assert_eq!(steps, [json!([step])]);
    }

    async fn a_run_whose_jobs_are_of_several_instances_is_of_none(engine: Engine) {
        let (app, github) = live(engine).await?;
        let untitled = json!({ "display_title": "Add vpc", "status": "in_progress" });
        github.apply("workflow_run", &run("live", &untitled)).await?;
        github.apply("workflow_job", &job("live", &json!({}))).await?;
        assert_eq!(app.db_text(RUNS).await?, ["in_progress|-|1|plan|manual|vpc|dev|none|-"]);
        let other = json!({ "id": 9002, "name": "Plan (eks/cluster, dev)" });
        github.apply("workflow_job", &job("live", &other)).await?;
        assert_eq!(app.db_text(RUNS).await?, ["in_progress|-|1|plan|manual|-|-|none|-"]);
    }

    async fn long_names_of_jobs_are_looked_up_too(engine: Engine) {
        let (app, github) = live(engine).await?;
        let untitled = json!({ "display_title": "Add vpc", "status": "in_progress" });
        github.apply("workflow_run", &run("live", &untitled)).await?;
        // Each can be cut into more than a hundred pairs of names.
        for number in 0..7 {
            let long = json!({ "id": 9_010 + number, "name": format!("job{number}{}", "-x".repeat(60)) });
            github.apply("workflow_job", &job("live", &long)).await?;
        }
        github.apply("workflow_job", &job("live", &json!({}))).await?;
        assert_eq!(app.db_text(RUNS).await?, ["in_progress|-|1|plan|manual|vpc|dev|none|-"]);
    }

    async fn a_review_decides_whatever_comes_first(engine: Engine) {
        let (app, github) = live(engine).await?;
        let waiting = json!({ "status": "waiting", "updated_at": "2026-08-21T09:00:10Z" });
        let running = json!({ "status": "in_progress", "updated_at": "2026-08-21T09:01:00Z" });
        let requested = json!({
            "since": "2026-08-21T09:00:10Z", "environment": "prod",
            "reviewers": [{ "type": "Team", "reviewer": { "name": "platform" } }],
        });
        let approved = json!({
            "since": "2026-08-21T09:00:10Z", "approver": { "login": "amir" },
            "workflow_job_runs": [{ "environment": "prod" }],
        });
        github.apply("workflow_run", &run("live", &waiting)).await?;
        assert_eq!(app.db_text(RUNS).await?, ["waiting|-|1|plan|manual|vpc|dev|pending|-"]);
        let request = review("live", "requested", &waiting, &requested);
        github.apply("deployment_review", &request).await?;
        assert_eq!(app.db_text(RUNS).await?, ["waiting|-|1|plan|manual|vpc|dev|pending|prod"]);
        github.apply("deployment_review", &review("live", "approved", &running, &approved)).await?;
        // The request once more, and late.
        github.apply("deployment_review", &request).await?;
        assert_eq!(app.db_text(RUNS).await?, ["in_progress|-|1|plan|manual|vpc|dev|approved|prod"]);
        let reviewers = app.db_text("SELECT approval_reviewers FROM workflow_runs WHERE github_run_id = 7001").await?;
        assert_eq!(reviewers, [r#"["amir"]"#]);
    }

    async fn a_run_that_waits_is_listed_until_somebody_decides(engine: Engine) {
        let (app, github) = live(engine).await?;
        let agent = app.agent("mia").await?;
        let waiting = json!({
            "id": 7100, "path": ".github/workflows/atmos-terraform-apply.yaml", "event": "push", "status": "waiting",
            "display_title": "apply vpc/dev/3Ac4tgT3JZZS7vZvPi3RvwL4832", "updated_at": "2026-08-21T09:00:10Z",
        });
        let requested = json!({
            "since": "2026-08-21T09:00:10Z", "environment": "prod",
            "reviewers": [{ "type": "User", "reviewer": { "login": "amir" } }],
        });
        github.apply("workflow_run", &run("live", &waiting)).await?;
        github.apply("deployment_review", &review("live", "requested", &waiting, &requested)).await?;
        let pending = json!({ "approvalState": "pending", "repo": "acme/live" });
        let reply = agent.call("list_workflow_runs", pending.clone()).await?;
        let page = reply.structured()?;
        assert_eq!(page["items"].as_array().map(Vec::len), Some(1), "{page}");
        let row = &page["items"][0];
        let shown = json!([row["githubRunId"], row["command"], row["trigger"], row["status"], row["component"]]);
        assert_eq!(shown, json!([7100, "apply", "push", "waiting", "vpc"]));
        let reply = agent.call("get_workflow_run", json!({ "id": row["id"] })).await?;
        let approval =
            json!({ "state": "pending", "environment": "prod", "reviewers": ["amir"], "decidedAt": null });
        assert_eq!(reply.structured()?["approval"], approval);

        let running = with(waiting, &json!({ "status": "in_progress", "updated_at": "2026-08-21T09:01:00Z" }));
        let approved = json!({
            "since": "2026-08-21T09:00:10Z", "approver": { "login": "amir" },
            "workflow_job_runs": [{ "environment": "prod" }],
        });
        github.apply("deployment_review", &review("live", "approved", &running, &approved)).await?;
        let reply = agent.call("list_workflow_runs", pending).await?;
        assert_eq!(reply.structured()?["items"], json!([]));
        let reply = agent.call("list_deployments", json!({ "repo": "acme/live" })).await?;
        let row = &reply.structured()?["items"][0];
        assert_eq!((&row["status"], &row["approvalState"]), (&json!("in_progress"), &json!("approved")));
    }
}
