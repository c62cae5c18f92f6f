//! The counters of instances, runs and changes of status are what a fresh count gives, whoever has written.

use anyhow::{Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, Reply, TestApp};

/// Rows of counters `u` as lines.
macro_rules! lines_of {
    ($rows:literal) => {
        concat!(
            "SELECT u.workspace_id || '|' || u.kind || '|' || u.name || '|' || u.repository_id || '|' || \
             CAST(u.unknown AS TEXT) || '|' || CAST(u.in_sync AS TEXT) || '|' || CAST(u.drifted AS TEXT) || '|' || \
             CAST(u.remediating AS TEXT) || '|' || CAST(u.remediated AS TEXT) || '|' || \
             CAST(u.error AS TEXT) || '|' || CAST(u.disabled AS TEXT) || '|' || CAST(u.orphaned AS TEXT) || '|' || \
             COALESCE(CAST(u.last_run_at AS TEXT), '-') FROM ",
            $rows
        )
    };
}

const KEPT: &str = lines_of!("instance_rollups u");

const FRESH: &str = lines_of!(
    "(SELECT i.workspace_id, k.kind, CASE k.kind WHEN 'component' THEN i.component WHEN 'stack' THEN i.stack \
     ELSE '' END AS name, i.repository_id, \
     SUM(CASE WHEN i.status = 'unknown' THEN 1 ELSE 0 END) AS unknown, \
     SUM(CASE WHEN i.status = 'in_sync' THEN 1 ELSE 0 END) AS in_sync, \
     SUM(CASE WHEN i.status = 'drifted' THEN 1 ELSE 0 END) AS drifted, \
     SUM(CASE WHEN i.status = 'remediating' THEN 1 ELSE 0 END) AS remediating, \
     SUM(CASE WHEN i.status = 'remediated' THEN 1 ELSE 0 END) AS remediated, \
     SUM(CASE WHEN i.status = 'error' THEN 1 ELSE 0 END) AS error, \
     SUM(CASE WHEN i.status = 'disabled' THEN 1 ELSE 0 END) AS disabled, \
     SUM(CASE WHEN i.status = 'orphaned' THEN 1 ELSE 0 END) AS orphaned, MAX(i.last_run_at) AS last_run_at \
     FROM instances i CROSS JOIN (SELECT 'component' AS kind UNION ALL SELECT 'repo' UNION ALL SELECT 'stack') k \
     GROUP BY 1, 2, 3, 4) u"
);

/// Statements that change what is counted, or look as if they did.
const CHANGES: [(&str, &str); 10] = [
    ("nothing", "UPDATE instances SET updated_at = updated_at + 1, status = status"),
    ("one status", "UPDATE instances SET status = 'error' WHERE stack = 'plat-use2-prod' AND component = 'vpc'"),
    ("all statuses", "UPDATE instances SET status = CASE status WHEN 'in_sync' THEN 'drifted' ELSE 'in_sync' END"),
    ("later runs", "UPDATE instances SET last_run_at = last_run_at + 1000000 WHERE status = 'drifted'"),
    ("earlier runs", "UPDATE instances SET last_run_at = last_run_at - 5000000 WHERE component LIKE 'vpc%'"),
    ("no runs", "UPDATE instances SET last_run_at = NULL, status = 'unknown' WHERE stack LIKE 'plat-%'"),
    ("another stack", "UPDATE instances SET stack = stack || '-moved' WHERE stack LIKE 'data-%'"),
    (
        "another component",
        "UPDATE instances SET component = 'moved/' || component, status = 'error' WHERE stack LIKE 'edge-%'",
    ),
    (
        "another repository",
        "UPDATE instances SET repository_id = (SELECT r.id FROM repositories r WHERE r.owner = 'acme' \
         AND r.name = 'platform-services'), last_run_at = 7 WHERE component LIKE 'eks/%' AND workspace_id = \
         (SELECT w.id FROM workspaces w WHERE w.slug = 'acme')",
    ),
    ("the same again", "UPDATE instances SET status = status, stack = stack, last_run_at = last_run_at"),
];

/// Rows of run counters `u` as lines.
macro_rules! run_lines_of {
    ($rows:literal) => {
        concat!(
            "SELECT u.workspace_id || '|' || u.kind || '|' || u.repository_id || '|' || CAST(u.day AS TEXT) || '|' || \
             u.name || '|' || u.command || '|' || u.trigger_kind || '|' || u.status || '|' || u.conclusion || '|' || \
             CAST(u.runs AS TEXT) || '|' || CAST(u.changed AS TEXT) FROM ",
            $rows
        )
    };
}

const KEPT_RUNS: &str = run_lines_of!("run_rollups u");

const FRESH_RUNS: &str = run_lines_of!(
    "(SELECT w.workspace_id, k.kind, CASE WHEN k.kind IN ('repo', 'stack') THEN w.repository_id ELSE '' END \
     AS repository_id, w.created_at / 86400000000 AS day, \
     CASE k.kind WHEN 'component' THEN w.component WHEN 'stack' THEN w.stack ELSE '' END AS name, w.command, \
     w.trigger_kind, w.status, COALESCE(w.conclusion, '') AS conclusion, COUNT(*) AS runs, \
     SUM(CASE WHEN w.plan_exit_code = 2 THEN 1 ELSE 0 END) AS changed \
     FROM workflow_runs w CROSS JOIN (SELECT 'workspace' AS kind UNION ALL SELECT 'repo' UNION ALL SELECT 'component' \
     UNION ALL SELECT 'stack') k WHERE k.kind IN ('workspace', 'repo') OR (w.status = 'completed' \
     AND CASE k.kind WHEN 'component' THEN w.component ELSE w.stack END IS NOT NULL) \
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9) u"
);

/// Rows of counters `u` of changes of status as lines.
macro_rules! change_lines_of {
    ($rows:literal) => {
        concat!(
            "SELECT u.workspace_id || '|' || u.repository_id || '|' || CAST(u.day AS TEXT) || '|' || u.from_status || \
             '|' || u.to_status || '|' || CAST(u.changes AS TEXT) FROM ",
            $rows
        )
    };
}

const KEPT_CHANGES: &str = change_lines_of!("status_change_rollups u");

const FRESH_CHANGES: &str = change_lines_of!(
    "(SELECT c.workspace_id, CASE k.kind WHEN 'repo' THEN i.repository_id ELSE '' END AS repository_id, \
     c.at / 86400000000 AS day, COALESCE(c.from_status, '') AS from_status, c.to_status, COUNT(*) AS changes \
     FROM instance_status_changes c CROSS JOIN (SELECT 'workspace' AS kind UNION ALL SELECT 'repo') k \
     JOIN instances i ON i.id = c.instance_id GROUP BY 1, 2, 3, 4, 5) u"
);

/// Statements that change what is counted of runs, or look as if they did.
const RUN_CHANGES: [(&str, &str); 9] = [
    ("nothing", "UPDATE workflow_runs SET actor = 'somebody', status = status"),
    (
        "a result",
        "UPDATE workflow_runs SET conclusion = 'cancelled', plan_exit_code = 2 WHERE stack = 'plat-use2-prod'",
    ),
    ("runs that go on", "UPDATE workflow_runs SET status = 'in_progress', conclusion = NULL WHERE component = 'vpc'"),
    (
        "runs that end",
        "UPDATE workflow_runs SET status = 'completed', conclusion = 'success' WHERE status <> 'completed'",
    ),
    ("another name", "UPDATE workflow_runs SET stack = stack || '-moved', component = NULL WHERE stack LIKE 'data-%'"),
    ("no name", "UPDATE workflow_runs SET stack = NULL, component = 'x' WHERE stack LIKE 'edge-%'"),
    ("another day", "UPDATE workflow_runs SET created_at = created_at - 86400000000, command = 'apply'"),
    ("another trigger", "UPDATE workflow_runs SET trigger_kind = 'manual' WHERE trigger_kind = 'push'"),
    ("the same again", "UPDATE workflow_runs SET status = status, stack = stack, created_at = created_at"),
];

/// Compares all counters, and gives the number of those of instances.
async fn exact(app: &TestApp, step: &str) -> Result<usize> {
    same(app, KEPT_RUNS, FRESH_RUNS, step).await?;
    same(app, KEPT_CHANGES, FRESH_CHANGES, step).await?;
    same(app, KEPT, FRESH, step).await
}

async fn same(app: &TestApp, kept: &'static str, fresh: &'static str, step: &str) -> Result<usize> {
    let (mut kept, mut fresh) = (app.db_text(kept).await?, app.db_text(fresh).await?);
    kept.sort_unstable();
    fresh.sort_unstable();
    for (kept, fresh) in kept.iter().zip(&fresh) {
        ensure!(kept == fresh, "after {step}:\nkept  {kept}\nfresh {fresh}");
    }
    ensure!(kept.len() == fresh.len(), "after {step}: {} rows are kept, and {} fresh", kept.len(), fresh.len());
    Ok(kept.len())
}

/// An upload of `org/repo` with this many stacks of seven components; every third instance is switched off if
/// `disabled`.
fn inventory(stacks: u32, disabled: bool) -> Value {
    let instances: Vec<Value> = (0..stacks * 7)
        .map(|number| {
            let enabled = !disabled || number % 3 != 0;
            json!({
                "component": format!("c-{}", number % 7), "stack": format!("s-{}", number / 7),
                "settings": { "pro": { "enabled": enabled } },
            })
        })
        .collect();
    json!({
        "repo_url": "https://github.com/org/repo", "repo_name": "repo", "repo_owner": "org", "repo_host": "github.com",
        "instances": instances,
    })
}

on_both_engines! {
    async fn counters_of_the_demo_are_exact(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        assert!(exact(&app, "seeding").await? > 100);
    }

    async fn counters_stay_exact_through_uploads_results_and_sweeps(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        for (stacks, disabled) in [(30, false), (40, true), (12, false), (30, true), (0, false), (5, false)] {
            let reply = app.upload(&token, &inventory(stacks, disabled)).await?;
            ensure!(reply.status == 200, "{}", reply.body);
            exact(&app, &format!("an upload of {stacks} stacks")).await?;
        }
        for (component, exit_code, at) in [("c-1", 2, 30), ("c-1", 0, 20), ("c-2", 1, 40), ("c-1", 0, 50)] {
            let path = format!("/api/v1/repos/org/repo/instances?stack=s-1&component={component}");
            let last_run = format!("2026-08-21T09:00:{at}Z");
            let body = json!({ "command": "plan", "exit_code": exit_code, "last_run": last_run });
            let reply = Reply::read(Client::new().patch(app.url(&path)).bearer_auth(&token).json(&body)).await?;
            ensure!(reply.status == 200, "{}", reply.body);
            exact(&app, &format!("a result of {component} at {last_run}")).await?;
        }
    }

    async fn counters_stay_exact_whatever_a_statement_does(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        for (step, sql) in CHANGES {
            app.db_execute(sql).await?;
            same(&app, KEPT, FRESH, step).await?;
        }
    }

    async fn counters_of_runs_stay_exact_whatever_a_statement_does(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        for (step, sql) in RUN_CHANGES {
            app.db_execute(sql).await?;
            assert!(same(&app, KEPT_RUNS, FRESH_RUNS, step).await? > 100);
        }
        for sql in [
            "UPDATE instances SET last_run_id = NULL, last_drift_run_id = NULL",
            "DELETE FROM job_logs",
            "DELETE FROM job_summaries",
            "DELETE FROM jobs",
            "DELETE FROM workflow_runs WHERE command = 'apply'",
            "DELETE FROM instance_status_changes WHERE to_status = 'drifted'",
        ] {
            app.db_execute(sql).await?;
        }
        assert!(same(&app, KEPT_CHANGES, FRESH_CHANGES, "deleting changes").await? > 10);
        same(&app, KEPT_RUNS, FRESH_RUNS, "deleting runs").await?;
    }

    async fn counters_go_with_the_last_instance(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let before = exact(&app, "seeding").await?;
        app.upload(&token, &inventory(3, true)).await?;
        // Three stacks, seven components, one repository.
        assert_eq!(exact(&app, "an upload").await?, before + 11);
        let org = "SELECT i.id FROM instances i JOIN repositories r ON r.id = i.repository_id WHERE r.owner = 'org'";
        for condition in [" AND i.stack = 's-0'", " AND i.component <> 'c-3'", ""] {
            for (table, id) in [("instance_status_changes", "instance_id"), ("instances", "id")] {
                app.db_execute(&format!("DELETE FROM {table} WHERE {id} IN ({org}{condition})")).await?;
            }
            exact(&app, &format!("deleting{condition}")).await?;
        }
        assert_eq!(exact(&app, "deleting").await?, before);
    }
}
