//! `list_repairs`, `list_repair_connections`.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, text};

use super::setup::new_workspace;
use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

/// The one number that a statement gives.
async fn count(app: &TestApp, sql: &'static str) -> Result<u64> {
    app.db_text(sql).await?.first().context("a row")?.parse().context("a number")
}

/// The row of a category; it has one if it is asked for.
async fn repair(agent: &Agent, category: &str) -> Result<Value> {
    let reply = agent.call("list_repairs", json!({ "category": category })).await?;
    reply.structured()?.pointer("/items/0").cloned().context("a row")
}

/// How many things have this problem.
fn problem(repair: &Value, key: &str) -> u64 {
    let problems = repair["problems"].as_array().into_iter().flatten();
    problems.filter(|problem| problem["key"] == key).filter_map(|problem| problem["count"].as_u64()).sum()
}

on_both_engines! {
    async fn list_repairs(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = all_rows(&agent, "list_repairs", json!({})).await?;
        let row_fields = ["category", "count", "nextArguments", "nextTool", "problems", "severity", "summary"];
        for row in &rows {
            assert_eq!(fields(row), row_fields);
            let problems = row["problems"].as_array().context("problems")?;
            let sum: u64 = problems.iter().filter_map(|problem| problem["count"].as_u64()).sum();
            assert!(sum > 0 && row["count"] == sum, "{row}");
            assert_eq!((&row["severity"], &row["nextTool"]), (&problems[0]["severity"], &problems[0]["nextTool"]));
        }
        let severities: Vec<&str> = rows.iter().map(|row| text(row, "/severity")).collect();
        let order = ["critical", "warning", "info"];
        assert!(severities.is_sorted_by_key(|word| order.iter().position(|known| known == word)), "{severities:?}");
        let categories: Vec<&str> = rows.iter().map(|row| text(row, "/category")).collect();
        for category in ["connections", "drift", "failures"] {
            assert!(categories.contains(&category), "{categories:?}");
        }
        assert_eq!(all_rows(&agent, "list_repairs", json!({ "limit": 1 })).await?, rows);
    }

    async fn list_repairs_counts_what_is_in_the_database(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let connections = repair(&agent, "connections").await?;
        let broken = "SELECT CAST(COUNT(*) AS TEXT) FROM repositories r JOIN workspaces w ON w.id = r.workspace_id \
             WHERE w.slug = 'acme' AND r.status <> 'active'";
        assert_eq!(problem(&connections, "broken_connections"), count(&app, broken).await?);
        assert_eq!(connections["severity"], "critical");
        let drift = repair(&agent, "drift").await?;
        let drifted = "SELECT CAST(COUNT(*) AS TEXT) FROM instances i JOIN workspaces w ON w.id = i.workspace_id \
             WHERE w.slug = 'acme' AND i.status = 'drifted'";
        assert_eq!(problem(&drift, "drifted_instances"), count(&app, drifted).await?);
        let errors = "SELECT CAST(COUNT(*) AS TEXT) FROM instances i JOIN workspaces w ON w.id = i.workspace_id \
             WHERE w.slug = 'acme' AND i.status = 'error'";
        assert_eq!(problem(&drift, "instances_in_error"), count(&app, errors).await?);
        let (access, failures) = (repair(&agent, "access").await?, repair(&agent, "failures").await?);
        let dispatches = problem(&access, "denied_dispatches") + problem(&failures, "dispatch_errors");
        let errors = "SELECT CAST(COUNT(*) AS TEXT) FROM workflow_runs t JOIN workspaces w ON w.id = t.workspace_id \
             WHERE w.slug = 'acme' AND t.created_at >= 1786701600000000 AND t.dispatch_error IS NOT NULL";
        assert_eq!(dispatches, count(&app, errors).await?);
        let stale = "SELECT CAST(COUNT(*) AS TEXT) FROM workflow_runs t JOIN workspaces w ON w.id = t.workspace_id \
             WHERE w.slug = 'acme' AND t.approval_state = 'pending' AND t.created_at < 1787220000000000";
        assert_eq!(problem(&failures, "stale_approvals"), count(&app, stale).await?);
    }

    async fn list_repairs_counts_a_failed_deployment_until_something_succeeds(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let failed = "SELECT CAST(COUNT(DISTINCT i.id) AS TEXT) FROM instances i \
             JOIN workspaces w ON w.id = i.workspace_id JOIN workflow_runs t ON t.instance_id = i.id \
             WHERE w.slug = 'acme' AND i.status = 'error' AND t.created_at >= 1786701600000000 \
             AND t.command IN ('apply', 'remediate') AND t.conclusion IN ('failure', 'timed_out', 'startup_failure') \
             AND NOT EXISTS (SELECT 1 FROM workflow_runs s WHERE s.instance_id = i.id AND s.conclusion = 'success' \
             AND s.created_at > t.created_at)";
        let before = problem(&repair(&agent, "failures").await?, "failed_deployments");
        assert!(before > 0);
        assert_eq!(before, count(&app, failed).await?);
        let vpc = "(SELECT i.id FROM instances i JOIN workspaces w ON w.id = i.workspace_id WHERE w.slug = 'acme' \
             AND i.stack = 'plat-use2-prod' AND i.component = 'vpc')";
        app.db_execute(&format!(
            "INSERT INTO workflow_runs (id, workspace_id, repository_id, instance_id, command, trigger_kind, status, \
             conclusion, created_at) SELECT 'run_zzz', i.workspace_id, i.repository_id, i.id, 'plan', 'manual', \
             'completed', 'success', 1787306400000000 FROM instances i WHERE i.id = {vpc}"
        ))
        .await?;
        assert_eq!(problem(&repair(&agent, "failures").await?, "failed_deployments"), before - 1);
    }

    async fn list_repairs_notices_what_cannot_upload(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let before = repair(&agent, "access").await?;
        app.db_execute(
            "INSERT INTO repositories (id, workspace_id, host, owner, name, status, created_at) \
             SELECT 'repo_new', w.id, 'github.com', 'acme', 'new', 'active', 1787000000000000 FROM workspaces w \
             WHERE w.slug = 'acme'",
        )
        .await?;
        let silent = "UPDATE repositories SET last_activity_at = 1786000000000000 WHERE name = 'data-platform'";
        app.db_execute(silent).await?;
        for (id, at) in [("aud_zzz", 1_787_306_400_000_000_i64), ("aud_000", 0)] {
            app.db_execute(&format!(
                "INSERT INTO audit_log (id, at, workspace_id, actor_type, category, action, outcome, request_id) \
                 SELECT '{id}', {at}, w.id, 'github_action', 'auth', 'oidc_token_exchange_failure', 'refused', 'req_1' \
                 FROM workspaces w WHERE w.slug = 'acme'"
            ))
            .await?;
        }
        let after = repair(&agent, "access").await?;
        for key in ["never_uploaded", "silent_repositories", "refused_exchanges"] {
            assert_eq!(problem(&after, key), problem(&before, key) + 1, "{key}: {after}");
        }
    }

    async fn list_repairs_names_calls_that_work(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        for row in all_rows(&agent, "list_repairs", json!({})).await? {
            for next in row["problems"].as_array().into_iter().flatten().chain([&row]) {
                let reply = agent.call(text(next, "/nextTool"), next["nextArguments"].clone()).await?;
                reply.structured().with_context(|| next.to_string())?;
            }
        }
    }

    async fn list_repairs_stays_the_same_for_a_day(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let failures = repair(&agent, "failures").await?;
        app.advance(Duration::from_secs(1));
        assert_eq!(repair(&agent, "failures").await?, failures);
        assert_eq!(failures["nextArguments"]["since"], "2026-08-14", "{failures}");
        // What the call lists is more than what is counted, and the summary says so.
        let shown = all_rows(&agent, text(&failures, "/nextTool"), failures["nextArguments"].clone()).await?;
        assert!(u64::try_from(shown.len())? >= problem(&failures, "failed_deployments"), "{failures}");
        assert!(text(&failures, "/summary").contains("list_deployments shows failures that recovered"), "{failures}");
    }

    async fn list_repairs_binds_its_cursor_to_the_filter(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let page = agent.call("list_repairs", json!({ "limit": 1 })).await?;
        let cursor = page.structured()?["nextCursor"].clone();
        assert!(cursor.is_string(), "{}", page.body);
        let cases = [(json!({ "category": "drift", "cursor": cursor }), FOREIGN_CURSOR)];
        refuses(&agent, "list_repairs", &cases).await?;
    }

    async fn list_repairs_says_that_nothing_is_broken(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = new_workspace(&app).await?;
        let reply = agent.call("list_repairs", json!({})).await?;
        let hint = "nothing is broken; list_recommendations has what could be better";
        assert_eq!(reply.structured()?, &json!({ "items": [], "nextCursor": null, "hint": hint }));
        let expected = json!({
            "category": "drift", "severity": "info", "count": 0, "summary": "nothing is broken here",
            "nextTool": null, "nextArguments": {}, "problems": [],
        });
        assert_eq!(repair(&agent, "drift").await?, expected);
    }

    async fn list_repairs_names_the_argument_that_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "category": "people" }),
                "Invalid arguments: `category`: must be one of `connections`, `access`, `drift`, `failures` (got \
                 `people`)",
            ),
            (
                json!({ "category": ["drift"] }),
                "Invalid arguments: `category`: must be one of `connections`, `access`, `drift`, `failures` (got a \
                 list)",
            ),
            (json!({ "cursor": "people" }), FOREIGN_CURSOR),
            (json!({ "category": "drift", "cursor": "drift" }), FOREIGN_CURSOR),
        ];
        refuses(&agent, "list_repairs", &cases).await?;
    }

    async fn list_repair_connections(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let mut rows = all_rows(&agent, "list_repair_connections", json!({ "limit": 1 })).await?;
        for row in &mut rows {
            let id = row.as_object_mut().context("a row")?.remove("id").context("id")?;
            assert!(id.as_str().is_some_and(|id| id.starts_with("repo_")), "{id}");
        }
        // 26 and 9 days before the tests play; newest import first.
        let expected = json!([
            {
                "repo": "northwind-labs/analytics", "reason": "uninstalled", "since": "2026-07-26T10:00:00Z",
                "account": "northwind-labs", "fixUrl": "https://github.com/settings/installations",
            },
            {
                "repo": "acme-billing/billing-legacy", "reason": "suspended", "since": "2026-08-12T10:00:00Z",
                "account": "acme-billing", "fixUrl": "https://github.com/settings/installations/52377980",
            },
        ]);
        assert_eq!(json!(rows), expected);
    }

    async fn list_repair_connections_of_a_repository_that_was_taken_from_the_app(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        app.db_execute("UPDATE repositories SET status = 'uninstalled' WHERE name = 'platform-eks'").await?;
        let rows = all_rows(&agent, "list_repair_connections", json!({})).await?;
        let row = rows.iter().find(|row| row["repo"] == "acme/platform-eks").context("a row")?;
        assert_eq!((&row["reason"], &row["since"]), (&json!("uninstalled"), &Value::Null));
        assert_eq!(row["fixUrl"], "https://github.com/settings/installations/51804417");
    }

    async fn list_repair_connections_says_that_all_is_well(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        refuses(&agent, "list_repair_connections", &[(json!({ "cursor": "x" }), FOREIGN_CURSOR)]).await?;
        app.db_execute("UPDATE repositories SET status = 'active'").await?;
        let reply = agent.call("list_repair_connections", json!({})).await?;
        let hint = "every repository is connected; list_repairs has what else may be broken";
        assert_eq!(reply.structured()?, &json!({ "items": [], "nextCursor": null, "hint": hint }));
    }
}
