//! `PATCH /api/v1/repos/{owner}/{repo}/instances`, and the exit codes of `POST /api/v1/atmos/exec`.

use std::time::Duration;

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use tests::harness::{Engine, Reply, text};

use super::{Ci, refused, succeeded};

fn plan(exit_code: i64) -> Value {
    json!({ "command": "plan", "exit_code": exit_code })
}

fn apply(exit_code: i64) -> Value {
    json!({ "command": "apply", "exit_code": exit_code })
}

/// A plan that ran so many seconds after ten o'clock.
fn plan_at(exit_code: i64, seconds: u32) -> Value {
    json!({ "command": "plan", "exit_code": exit_code, "last_run": format!("2026-08-21T10:00:{seconds:02}Z") })
}

/// The claims of a job of this workflow file, as a run of its own.
fn job(run_id: u32, file: &str, git_ref: &str) -> [(&'static str, Value); 3] {
    [
        ("run_id", json!(run_id.to_string())),
        ("workflow_ref", json!(format!("org/repo/.github/workflows/{file}@{git_ref}"))),
        ("ref", json!(git_ref)),
    ]
}

/// Refuses a second run of a repository at one moment of the test.
const ONE_RUN_AT_A_TIME: &str = "CREATE UNIQUE INDEX one_run_at_a_time ON workflow_runs (repository_id, created_at) \
     WHERE github_run_id IS NULL AND created_at >= 1787306400000000";

/// `from>to` of an instance's changes of status, oldest first.
async fn changes(ci: &Ci) -> Result<Vec<String>> {
    let rows = ci.app.db_text(
        "SELECT COALESCE(c.from_status, '-') || '>' || c.to_status FROM instance_status_changes c \
         JOIN instances i ON i.id = c.instance_id WHERE i.stack = 'ci-dev' AND i.component = 'vpc' \
         AND c.run_id IS NOT NULL ORDER BY c.at",
    );
    rows.await
}

on_both_engines! {
    async fn exit_codes_become_statuses(engine: Engine) {
        let ci = Ci::start(engine).await?;
        for (body, status) in [
            (plan(0), "in_sync"),
            (plan(2), "drifted"),
            (plan(1), "error"),
            (apply(0), "in_sync"),
            (apply(2), "error"),
            (json!({ "command": "remediate", "exit_code": 0 }), "remediated"),
        ] {
            let reply = ci.result(&ci.token, "eks/cluster", &body).await?;
            assert_eq!(text(succeeded(&reply)?, "/status"), status, "{body}");
            ci.app.advance(Duration::from_secs(1));
        }
        assert_eq!(ci.states().await?, ["eks/cluster remediated disabled", "vpc unknown unknown"]);
    }

    async fn old_clis_send_the_status_and_the_path(engine: Engine) {
        let ci = Ci::start(engine).await?;
        for path in ["/repos/org/repo/instances/ci-dev/eks%2Fcluster", "/repos/org/repo/instances/ci-dev/eks/cluster"] {
            for status in ["drifted", "in_sync", "error"] {
                let reply = ci.send(Method::PATCH, path, &ci.token, &json!({ "status": status })).await?;
                assert_eq!(text(succeeded(&reply)?, "/status"), status);
                ci.app.advance(Duration::from_secs(1));
            }
        }
        let reply = ci.send(Method::PATCH, "/repos/org/repo/instances/ci-dev/vpc", &ci.token, &json!({ "status": "ok" })).await?;
        assert_eq!(refused(&reply, 400, "ValidationError")?, "`status` must be in_sync, drifted or error");
    }

    async fn clis_to_come_send_more(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let body = json!({
            "command": "plan", "exit_code": 2, "component_type": "terraform", "git_sha": "abc123",
            "metadata": { "has_changes": true, "has_errors": false, "warnings": [], "errors": [],
                          "resource_counts": { "create": 2, "change": 1, "replace": 0, "destroy": 0 },
                          "outputs": { "arn": "<MASKED>" }, "output_log": "bG9n", "truncated": false },
        });
        succeeded(&ci.result(&ci.token, "vpc", &body).await?)?;
        assert_eq!(ci.states().await?, ["eks/cluster unknown disabled", "vpc drifted drifted"]);
        assert_eq!(ci.app.db_text("SELECT sha FROM workflow_runs WHERE stack = 'ci-dev'").await?, ["abc123"]);
    }

    async fn a_late_result_never_overwrites_a_newer_one(engine: Engine) {
        let ci = Ci::start(engine).await?;
        ci.app.advance(Duration::from_secs(59));
        for (body, status, late) in [
            (plan_at(2, 30), "drifted", false),
            (plan_at(0, 20), "drifted", true),
            (plan_at(1, 30), "error", false),
            (plan_at(0, 40), "in_sync", false),
        ] {
            let reply = ci.result(&ci.token, "vpc", &body).await?;
            let data = succeeded(&reply)?;
            assert_eq!((text(data, "/status"), data["late"] == true), (status, late), "{body}");
        }
        assert_eq!(ci.states().await?, ["eks/cluster unknown disabled", "vpc in_sync in_sync"]);
        assert_eq!(changes(&ci).await?.last().map(String::as_str), Some("error>in_sync"));
    }

    async fn a_clock_that_is_ahead_shuts_nobody_out(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let ahead = json!({ "command": "plan", "exit_code": 2, "last_run": "2036-01-01T00:00:00Z" });
        succeeded(&ci.result(&ci.token, "vpc", &ahead).await?)?;
        ci.app.advance(Duration::from_mins(1));
        succeeded(&ci.result(&ci.token, "vpc", &plan(0)).await?)?;
        assert_eq!(ci.states().await?, ["eks/cluster unknown disabled", "vpc in_sync in_sync"]);
    }

    async fn a_result_that_comes_twice_counts_once(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let session = ci.session(&[]).await?;
        ci.app.advance(Duration::from_secs(30));
        for token in [&ci.token, &session] {
            for _ in 0..2 {
                succeeded(&ci.result(token, "vpc", &plan_at(2, 10)).await?)?;
            }
        }
        assert_eq!(
            ci.runs().await?,
            ["vpc plan drift_detection completed success 2 -", "vpc plan drift_detection completed success 2 9001"]
        );
        assert_eq!(changes(&ci).await?, ["unknown>drifted"]);
    }

    async fn an_unknown_instance_is_created_and_an_unknown_repository_refused(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let reply = ci.result(&ci.token, "new", &plan(2)).await?;
        assert_eq!(succeeded(&reply)?["from"], Value::Null);
        assert_eq!(ci.states().await?, ["eks/cluster unknown disabled", "new drifted disabled", "vpc unknown unknown"]);
        let path = "/repos/org/unknown/instances?stack=ci-dev&component=vpc";
        let reply = ci.send(Method::PATCH, path, &ci.token, &plan(0)).await?;
        assert_eq!(
            refused(&reply, 404, "NotFound")?,
            "the workspace has no repository org/unknown: upload its instances first, or import it"
        );
        for (path, message) in [
            ("/repos/org/repo/instances?stack=ci-dev", "`component` is missing"),
            ("/repos/org/repo/instances?component=vpc", "`stack` is missing"),
        ] {
            let reply = ci.send(Method::PATCH, path, &ci.token, &plan(0)).await?;
            assert_eq!(refused(&reply, 400, "ValidationError")?, message);
        }
    }

    async fn a_detect_workflow_detects_drift_and_others_do_not(engine: Engine) {
        let ci = Ci::start(engine).await?;
        for (run_id, file, git_ref, exit_code, state) in [
            (1, "plan.yaml", "refs/pull/7/merge", 2, "vpc drifted unknown"),
            (2, "apply.yaml", "refs/heads/main", 0, "vpc in_sync unknown"),
            (3, "plan.yaml", "refs/heads/main", 2, "vpc drifted drifted"),
            (4, "remediate.yaml", "refs/heads/main", 0, "vpc remediated remediated"),
        ] {
            let session = ci.session(&job(run_id, file, git_ref)).await?;
            let body = if file == "plan.yaml" { plan(exit_code) } else { apply(exit_code) };
            succeeded(&ci.result(&session, "vpc", &body).await?)?;
            assert_eq!(ci.states().await?.last().map(String::as_str), Some(state), "{file} {git_ref}");
            ci.app.advance(Duration::from_secs(10));
        }
        assert_eq!(
            ci.runs().await?,
            [
                "vpc apply push completed success - 2",
                "vpc plan drift_detection completed success 2 3",
                "vpc plan pull_request completed success 2 1",
                "vpc remediate push completed success - 4",
            ]
        );
        let last = ci.app.db_text(
            "SELECT CAST(w.github_run_id AS TEXT) || ' ' || CAST(d.github_run_id AS TEXT) FROM instances i \
             JOIN workflow_runs w ON w.id = i.last_run_id JOIN workflow_runs d ON d.id = i.last_drift_run_id \
             WHERE i.stack = 'ci-dev'",
        );
        assert_eq!(last.await?, ["4 3"]);
    }

    async fn a_run_that_plans_many_has_a_row_for_each(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let session = ci.session(&[]).await?;
        for _ in 0..2 {
            succeeded(&ci.result(&session, "vpc", &plan(0)).await?)?;
            succeeded(&ci.result(&session, "eks/cluster", &plan(1)).await?)?;
        }
        assert_eq!(
            ci.runs().await?,
            ["eks/cluster plan push completed failure 1 -", "vpc plan drift_detection completed success 0 9001"]
        );
        let urls = ci.app.db_text("SELECT DISTINCT github_url FROM workflow_runs WHERE stack = 'ci-dev'").await?;
        assert_eq!(urls, ["https://github.com/org/repo/actions/runs/9001"]);
    }

    async fn a_webhooks_state_of_a_run_is_kept(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let session = ci.session(&[]).await?;
        let webhook = "INSERT INTO workflow_runs (id, workspace_id, repository_id, command, trigger_kind, status, created_at, \
                       github_run_id, run_attempt, github_updated_at) \
                       SELECT 'run_1', r.workspace_id, r.id, 'plan', 'manual', 'in_progress', 0, 9001, 1, 5 \
                       FROM repositories r WHERE r.owner = 'org'";
        ci.app.db_execute(webhook).await?;
        let reply = ci.result(&session, "vpc", &plan(2)).await?;
        assert_eq!(text(succeeded(&reply)?, "/runId"), "run_1");
        assert_eq!(ci.runs().await?, ["vpc plan drift_detection in_progress - 2 9001"]);
    }

    async fn a_job_that_plans_and_then_applies_is_an_apply(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let session = ci.session(&job(5, "apply.yaml", "refs/heads/main")).await?;
        for body in [plan(2), apply(0), plan(0)] {
            succeeded(&ci.result(&session, "vpc", &body).await?)?;
            ci.app.advance(Duration::from_secs(1));
        }
        assert_eq!(ci.runs().await?, ["vpc apply push completed success 0 5"]);
    }

    async fn the_components_of_a_command_count_like_results(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let body = |command: &str, data: Value| {
            json!({
                "execution_id": "00000000-0000-4000-8000-000000000000", "atmos_pro_run_id": "run-12345",
                "atmos_version": "1.2.3", "atmos_os": "linux", "atmos_arch": "amd64", "command": command, "args": [],
                "exit_code": 0, "git_sha": "abc", "repo_url": "https://github.com/org/repo", "repo_name": "repo",
                "repo_owner": "org", "repo_host": "github.com", "metrics": { "wall_time_ms": 1234 }, "data": data,
            })
        };
        let components = json!({ "version": 1, "components": [
            { "component": "vpc", "stack": "ci-dev", "exit_code": 2 },
            { "component": "eks/cluster", "stack": "ci-dev", "exit_code": 0 },
        ] });
        for (command, data, applied) in [
            ("terraform plan", components.clone(), 2),
            ("atmos list components", components, 0),
            ("terraform plan", json!(null), 0),
            ("terraform plan", json!("https://atmos.example/data"), 0),
        ] {
            let reply = ci.post("/atmos/exec", &ci.token, &body(command, data)).await?;
            assert_eq!(succeeded(&reply)?["applied"], applied, "{command}");
        }
        assert_eq!(ci.states().await?, ["eks/cluster in_sync disabled", "vpc drifted drifted"]);
        let reply = ci.post("/atmos/exec/data", &ci.token, &json!({ "execution_id": "1", "data": {} })).await?;
        succeeded(&reply)?;
        let url = text(&reply.body, "/url");
        assert!(url.starts_with(&ci.app.url("/api/v1/atmos/exec/data/")), "{url}");
    }

    async fn the_record_of_a_command_counts_once_and_as_a_whole(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let components = json!([
            { "component": "vpc", "stack": "ci-dev", "exit_code": 2 },
            { "component": "eks/cluster", "stack": "ci-dev", "exit_code": 0 },
        ]);
        let body = json!({
            "execution_id": "00000000-0000-4000-8000-000000000000", "command": "terraform plan", "repo_name": "repo",
            "repo_owner": "org", "data": { "version": 1, "components": components },
        });
        // The run of the first component can be written, and that of the second cannot.
        ci.app.db_execute(ONE_RUN_AT_A_TIME).await?;
        refused(&ci.post("/atmos/exec", &ci.token, &body).await?, 503, "Unavailable")?;
        assert_eq!(ci.states().await?, ["eks/cluster unknown disabled", "vpc unknown unknown"]);
        assert!(ci.runs().await?.is_empty(), "half of it was applied");
        ci.app.db_execute("DROP INDEX one_run_at_a_time").await?;
        for (applied, replayed) in [(2, false), (0, true)] {
            ci.app.advance(Duration::from_secs(5));
            let reply = ci.post("/atmos/exec", &ci.token, &body).await?;
            assert_eq!(succeeded(&reply)?, &json!({ "applied": applied, "replayed": replayed }));
        }
        assert_eq!(ci.states().await?, ["eks/cluster in_sync disabled", "vpc drifted drifted"]);
        assert_eq!(ci.runs().await?.len(), 2, "a repeated record made more runs");
        let noted = "SELECT id FROM audit_log WHERE action = 'drift_status_updated' AND actor_id = 'wt_acme'";
        assert_eq!(ci.app.db_text(noted).await?.len(), 2);
    }

    async fn a_command_with_too_many_components_is_refused(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let component = json!({ "component": "vpc", "stack": "ci-dev", "exit_code": 2 });
        let data = json!({ "components": vec![component; 1_001] });
        let body = json!({ "command": "plan", "repo_name": "repo", "repo_owner": "org", "data": data });
        let message = "`data.components` has 1001 components, and must not have more than 1000";
        assert_eq!(refused(&ci.post("/atmos/exec", &ci.token, &body).await?, 400, "ValidationError")?, message);
        assert_eq!(ci.states().await?, ["eks/cluster unknown disabled", "vpc unknown unknown"]);
    }

    async fn a_result_that_cannot_be_audited_is_not_stored(engine: Engine) {
        let ci = Ci::start(engine).await?;
        ci.app.db_execute("ALTER TABLE audit_log RENAME TO audit_log_gone").await?;
        refused(&ci.result(&ci.token, "vpc", &plan(2)).await?, 503, "Unavailable")?;
        assert_eq!(ci.states().await?, ["eks/cluster unknown disabled", "vpc unknown unknown"]);
        ci.app.db_execute("ALTER TABLE audit_log_gone RENAME TO audit_log").await?;
        succeeded(&ci.result(&ci.token, "vpc", &plan(2)).await?)?;
        assert_eq!(ci.states().await?, ["eks/cluster unknown disabled", "vpc drifted drifted"]);
    }

    async fn each_result_is_audited(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let reply: Reply = ci.result(&ci.token, "vpc", &plan(2)).await?;
        let instance = text(succeeded(&reply)?, "/instanceId").to_owned();
        let rows = ci.app.db_text(
            "SELECT actor_id || ' ' || target_type || ' ' || target_id || ' ' || outcome FROM audit_log \
             WHERE action = 'drift_status_updated' AND at >= 1787306400000000",
        );
        assert_eq!(rows.await?, [format!("wt_acme instance {instance} ok")]);
    }
}
