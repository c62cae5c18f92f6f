//! `get_repo_analytics`, `get_workspace_insights`.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, NOW, TestApp, text};

use super::{STATUSES, fields, refuses};

const REPO: (&str, &str) = ("acme", "infrastructure");

async fn repo_analytics(agent: &Agent, days: u32) -> Result<Value> {
    let arguments = json!({ "owner": REPO.0, "repo": REPO.1, "days": days });
    Ok(agent.call("get_repo_analytics", arguments).await?.structured()?.clone())
}

async fn insights(agent: &Agent, days: u32) -> Result<Value> {
    Ok(agent.call("get_workspace_insights", json!({ "days": days })).await?.structured()?.clone())
}

fn number(value: &Value, pointer: &str) -> Result<i64> {
    value.pointer(pointer).and_then(Value::as_i64).with_context(|| format!("{pointer} of {value}"))
}

/// The one number that a statement gives.
async fn count(app: &TestApp, sql: &'static str) -> Result<i64> {
    app.db_text(sql).await?.first().context("a row")?.parse().context("a number")
}

on_both_engines! {
    async fn get_repo_analytics(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let year = repo_analytics(&agent, 365).await?;
        assert_eq!(
            fields(&year),
            [
                "deployments", "driftDetections", "driftStatusCounts", "pullRequests", "repo", "runs",
                "successRateByStack", "topContributors", "window",
            ]
        );
        assert_eq!((text(&year, "/repo"), number(&year, "/window/days")?), ("acme/infrastructure", 365));
        let runs = "SELECT CAST(COUNT(*) AS TEXT) FROM workflow_runs w JOIN repositories r ON r.id = w.repository_id \
             WHERE r.owner = 'acme' AND r.name = 'infrastructure'";
        assert_eq!(number(&year, "/runs/total")?, count(&app, runs).await?);
        let merged = "SELECT CAST(COUNT(*) AS TEXT) FROM pull_requests p JOIN repositories r ON r.id = p.repository_id \
             WHERE r.owner = 'acme' AND r.name = 'infrastructure' AND p.merged_at IS NOT NULL";
        assert_eq!(number(&year, "/pullRequests/merged")?, count(&app, merged).await?);
        // Before the demo began, nothing had happened: no ratio can be told.
        assert_eq!(number(&year, "/runs/previous/total")?, 0);
        assert!(year.pointer("/deployments/previous/changeFailureRate").context("a rate")?.is_null());
        let contributors = year["topContributors"].as_array().context("contributors")?;
        assert!(!contributors.is_empty() && contributors.len() <= 10);
        assert!(contributors.iter().all(|person| !text(person, "/login").ends_with("[bot]")), "{contributors:?}");
    }

    async fn get_repo_analytics_splits_a_window_in_two(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let (half, whole) = (repo_analytics(&agent, 20).await?, repo_analytics(&agent, 40).await?);
        for what in ["runs/total", "runs/failed", "deployments/completed", "driftDetections/foundDrift"] {
            let (group, field) = what.split_once('/').context("a path")?;
            let halves = number(&half, &format!("/{group}/{field}"))? + number(&half, &format!("/{group}/previous/{field}"))?;
            assert_eq!(halves, number(&whole, &format!("/{group}/{field}"))?, "{what}");
            assert!(halves > 0, "{what} has nothing to count");
        }
        // What the instances are now does not depend on the window.
        assert_eq!(half["driftStatusCounts"]["in_sync"], whole["driftStatusCounts"]["in_sync"]);
    }

    async fn get_repo_analytics_counts_the_statuses_of_now(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let repo = agent.call("get_repo", json!({ "owner": REPO.0, "repo": REPO.1 })).await?.structured()?.clone();
        let analytics = repo_analytics(&agent, 7).await?;
        for (status, number) in repo["statusCounts"].as_object().context("counts")? {
            assert_eq!(&analytics["driftStatusCounts"][status], number, "{status}");
        }
    }

    async fn get_repo_analytics_counts_the_statuses_of_the_windows_beginning(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let month = repo_analytics(&agent, 30).await?;
        assert_eq!(text(&month, "/window/since"), "2026-07-23T00:00:00Z");
        // What each instance's last change before that was to.
        let rows = app.db_text(
            "SELECT c.to_status || ' ' || CAST(COUNT(*) AS TEXT) FROM instance_status_changes c \
             JOIN instances i ON i.id = c.instance_id JOIN repositories r ON r.id = i.repository_id \
             WHERE r.owner = 'acme' AND r.name = 'infrastructure' AND c.at < 1784764800000000 \
             AND NOT EXISTS (SELECT 1 FROM instance_status_changes n WHERE n.instance_id = c.instance_id \
             AND n.at > c.at AND n.at < 1784764800000000) GROUP BY c.to_status",
        );
        let mut expected = json!({});
        for status in STATUSES {
            expected[status] = 0.into();
        }
        for row in rows.await? {
            let (status, count) = row.split_once(' ').context("a status and a number")?;
            expected[status] = count.parse::<i64>()?.into();
        }
        assert_eq!(month["driftStatusCounts"]["previous"], expected);
        // Instances that are newer than the window are not in it.
        let year = repo_analytics(&agent, 365).await?;
        let sum = |counts: &Value| STATUSES.iter().filter_map(|status| counts[*status].as_i64()).sum::<i64>();
        let (now, then) = (sum(&year["driftStatusCounts"]), sum(&year["driftStatusCounts"]["previous"]));
        let new = "SELECT CAST(COUNT(*) AS TEXT) FROM instance_status_changes c \
             JOIN instances i ON i.id = c.instance_id JOIN repositories r ON r.id = i.repository_id \
             WHERE r.owner = 'acme' AND r.name = 'infrastructure' AND c.from_status IS NULL \
             AND c.at >= 1755820800000000";
        assert_eq!(text(&year, "/window/since"), "2025-08-22T00:00:00Z");
        assert_eq!(then, now - count(&app, new).await?);
    }

    async fn get_repo_analytics_says_what_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "owner": "acme", "repo": "nothing" }),
                "no repository acme/nothing in this workspace; list_repos shows those there are",
            ),
            (
                json!({ "owner": "acme", "repo": "infrastructure", "days": 366 }),
                "Invalid arguments: `days`: must be between 1 and 365 (got 366)",
            ),
            (json!({ "owner": "acme" }), "Invalid arguments: missing field `repo`"),
        ];
        refuses(&agent, "get_repo_analytics", &cases).await?;
    }

    async fn get_workspace_insights(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let month = insights(&agent, 30).await?;
        assert_eq!(
            fields(&month),
            [
                "approvals", "byDay", "deployments", "drift", "flappingInstances", "mostFailingComponents", "recovery",
                "runs", "statusCounts", "window",
            ]
        );
        let rate = month["deployments"]["changeFailureRate"].as_f64().context("a rate")?;
        let (failed, succeeded) = (number(&month, "/deployments/failed")?, number(&month, "/deployments/succeeded")?);
        assert!((rate * f64::from(i32::try_from(failed + succeeded)?) - f64::from(i32::try_from(failed)?)).abs() < 0.1);
        let days = month["byDay"].as_array().context("days")?;
        let by_day: i64 = days.iter().filter_map(|day| day["failedDeployments"].as_i64()).sum();
        assert_eq!(by_day, failed);
        let completed: i64 = days.iter().filter_map(|day| day["completedDeployments"].as_i64()).sum();
        assert_eq!(completed, number(&month, "/deployments/completed")?);
        assert!(days.iter().map(|day| text(day, "/day")).is_sorted(), "{days:?}");
        assert!(number(&month, "/recovery/recovered")? > 0);
        assert_eq!(month["recovery"]["partial"], false);
        assert_eq!(month["approvals"]["partial"], false);
    }

    async fn get_workspace_insights_says_that_it_did_not_count_all_approvals(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let now = NOW.micros();
        let approved = format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1001) \
             INSERT INTO workflow_runs (id, workspace_id, repository_id, command, trigger_kind, status, conclusion, \
             approval_state, approval_decided_at, created_at) SELECT 'run_approved_' || CAST(n AS TEXT), \
             r.workspace_id, r.id, 'apply', 'manual', 'completed', 'success', 'approved', {now}, {now} - 3600000000 \
             FROM numbers CROSS JOIN repositories r WHERE r.owner = 'acme' AND r.name = 'infrastructure'"
        );
        app.db_execute(&approved).await?;
        let day = insights(&agent, 1).await?;
        assert_eq!((number(&day, "/approvals/approved")?, &day["approvals"]["partial"]), (1_000, &json!(true)));
        assert_eq!(day["approvals"]["hoursToApprove"]["median"], 1.0);
        assert_eq!(day["approvals"]["previous"]["partial"], false);
    }

    async fn get_workspace_insights_shows_what_flaps(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let week = insights(&agent, 7).await?;
        let flapping = week["flappingInstances"].as_array().context("instances")?;
        let first = flapping.first().context("an instance that flaps")?;
        assert_eq!((text(first, "/component"), text(first, "/stack")), ("eks/cluster", "plat-use2-prod"));
        assert!(first["changes"].as_i64() >= Some(10), "{first}");
        assert!(flapping.iter().all(|instance| instance["changes"].as_i64() >= Some(4)), "{flapping:?}");
        let details = agent.call("get_instance", json!({ "id": first["instanceId"] })).await?;
        assert_eq!(details.structured()?["component"], "eks/cluster");
    }
}
