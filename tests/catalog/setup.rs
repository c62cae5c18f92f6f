//! `get_setup_checklist`, `list_recommendations`.

use anyhow::{Context as _, Result};
use atmos_mcp::clock::Timestamp;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, Reply, TestApp, text};

use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

/// What both tools need, and consent does not tick by itself.
const SCOPE: &str = "ws:workspace:update_settings";

/// When the tests play.
const NOW: &str = "2026-08-21T10:00:00Z";

/// What a member is told.
const NOT_FOR_MEMBERS: &str = "Permission `ws:workspace:update_settings` is required, and your role (member) does not \
     have it. A workspace admin can change the role.";

/// An agent of Amir's in a workspace that he has just made.
pub(super) async fn new_workspace(app: &TestApp) -> Result<Agent> {
    app.db_execute(
        "INSERT INTO workspaces (id, name, slug, plan, status, created_at) \
         VALUES ('ws_new', 'New', 'new', 'self_hosted', 'active', 1787306400000000)",
    )
    .await?;
    app.db_execute(
        "INSERT INTO memberships (user_id, workspace_id, role, created_at) \
         SELECT u.id, 'ws_new', 'owner', 1787306400000000 FROM users u WHERE u.login = 'amir'",
    )
    .await?;
    app.authorize("amir").workspace("new").scope(SCOPE).connect().await
}

async fn checklist(agent: &Agent) -> Result<Value> {
    Ok(agent.call("get_setup_checklist", json!({})).await?.structured()?.clone())
}

/// Keys of the steps that are achieved, in order.
fn achieved(checklist: &Value) -> Vec<&str> {
    let steps = checklist["steps"].as_array().into_iter().flatten();
    steps.filter(|step| step["achieved"] == true).map(|step| text(step, "/key")).collect()
}

fn step<'c>(checklist: &'c Value, key: &str) -> Result<&'c Value> {
    let mut steps = checklist["steps"].as_array().into_iter().flatten();
    steps.find(|step| step["key"] == key).context("a step")
}

/// What the atmos CLI uploads with a static token: an inventory, what a commit affects, and a plan's result.
async fn upload(app: &TestApp) -> Result<()> {
    let token = app.workspace_token("new").await?;
    let workflows = json!({ "workflows": { "plan.yaml": {} } });
    let pro = json!({
        "enabled": true, "drift_detection": { "enabled": true, "detect": workflows, "remediate": workflows },
    });
    let names = json!({
        "repo_url": "https://github.com/org/repo", "repo_name": "repo", "repo_owner": "org", "repo_host": "github.com",
    });
    let mut inventory = names.clone();
    inventory["instances"] = json!([
        { "component": "vpc", "stack": "dev", "component_type": "terraform", "settings": { "pro": pro } },
    ]);
    let mut affected = names;
    affected["head_sha"] = json!("abc");
    affected["base_sha"] = json!("base");
    affected["stacks"] = json!([{ "component": "vpc", "stack": "dev", "dependents": [], "settings": null }]);
    let result = json!({ "command": "plan", "exit_code": 0 });
    for (method, path, body) in [
        (Method::POST, "/instances", inventory),
        (Method::POST, "/affected-stacks", affected),
        (Method::PATCH, "/repos/org/repo/instances?stack=dev&component=vpc", result),
    ] {
        let request = Client::new().request(method, app.url(&format!("/api/v1{path}"))).bearer_auth(&token).json(&body);
        let reply = Reply::read(request).await?;
        anyhow::ensure!(reply.body["success"] == true, "{path}: {}", reply.body);
    }
    Ok(())
}

on_both_engines! {
    async fn get_setup_checklist(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.authorize("dana").scope(SCOPE).connect().await?;
        let checklist = checklist(&agent).await?;
        assert_eq!(fields(&checklist), ["achievedCount", "next", "steps", "total"]);
        let steps = checklist["steps"].as_array().context("steps")?;
        assert_eq!((steps.len(), &checklist["total"]), (12, &json!(12)));
        for step in steps {
            assert_eq!(fields(step), ["achieved", "achievedAt", "ctaHref", "inferred", "key", "title"]);
            assert_eq!(step["achieved"] == true, step["achievedAt"].is_string(), "{step}");
            assert!(text(step, "/ctaHref").starts_with("http"), "{step}");
        }
        assert_eq!(checklist["achievedCount"], achieved(&checklist).len());
        let next = steps.iter().find(|step| step["achieved"] == false).map(|step| step["key"].clone());
        assert_eq!(checklist["next"], next.unwrap_or_default());
        for key in ["sign_in", "workspace", "github_app", "repositories", "auth_profiles", "cloud_roles"] {
            assert_eq!(step(&checklist, key)?["achieved"], true, "{key}");
        }
    }

    async fn get_setup_checklist_tells_the_first_time(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.authorize("amir").scope(SCOPE).connect().await?;
        let checklist = checklist(&agent).await?;
        let cases = [
            ("workspace", "SELECT CAST(w.created_at AS TEXT) FROM workspaces w WHERE w.slug = 'acme'"),
            (
                "repositories",
                "SELECT CAST(MIN(r.created_at) AS TEXT) FROM repositories r JOIN workspaces w ON w.id = r.workspace_id \
                 WHERE w.slug = 'acme'",
            ),
            (
                "auth_profiles",
                "SELECT CAST(MIN(t.created_at) AS TEXT) FROM workflow_runs t \
                 JOIN workspaces w ON w.id = t.workspace_id \
                 WHERE w.slug = 'acme' AND t.command = 'plan' AND t.conclusion = 'success'",
            ),
            (
                "cloud_roles",
                "SELECT CAST(MIN(t.created_at) AS TEXT) FROM workflow_runs t \
                 JOIN workspaces w ON w.id = t.workspace_id \
                 WHERE w.slug = 'acme' AND t.command IN ('apply', 'remediate') AND t.conclusion = 'success'",
            ),
        ];
        for (key, sql) in cases {
            let micros = app.db_text(sql).await?.first().context("a time")?.parse()?;
            let expected = Timestamp::from_micros(micros).to_string();
            assert_eq!(text(step(&checklist, key)?, "/achievedAt"), expected, "{key}");
        }
    }

    async fn get_setup_checklist_grows_with_uploads(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = new_workspace(&app).await?;
        let new = checklist(&agent).await?;
        assert_eq!(achieved(&new), ["sign_in", "workspace"]);
        assert_eq!((&new["achievedCount"], &new["next"]), (&json!(2), &json!("github_app")));
        upload(&app).await?;
        let later = checklist(&agent).await?;
        let expected = [
            "sign_in",
            "workspace",
            "repositories",
            "workspace_id",
            "auth_profiles",
            "affected_stacks",
            "drift_detection",
        ];
        assert_eq!(achieved(&later), expected);
        for key in expected {
            assert_eq!(step(&later, key)?["achievedAt"], NOW, "{key}");
        }
        assert_eq!(step(&later, "workspace_id")?["inferred"], true);
    }

    async fn get_setup_checklist_is_not_for_members(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let member = app.agent("mia").await?;
        for tool in ["get_setup_checklist", "list_recommendations"] {
            assert_eq!(member.call(tool, json!({})).await?.tool_error()?, NOT_FOR_MEMBERS, "{tool}");
        }
        // An owner's client must have asked for it.
        let owner = app.agent("dana").await?;
        for tool in ["get_setup_checklist", "list_recommendations"] {
            assert_eq!(owner.call(tool, json!({})).await?.status, 403, "{tool}");
        }
    }

    async fn get_setup_checklist_takes_no_arguments(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.authorize("dana").scope(SCOPE).connect().await?;
        let refused = "Invalid arguments: unknown field `workspace`, there are no fields";
        refuses(&agent, "get_setup_checklist", &[(json!({ "workspace": "rival" }), refused)]).await?;
    }

    async fn list_recommendations(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.authorize("dana").scope(SCOPE).connect().await?;
        let rows = all_rows(&agent, "list_recommendations", json!({})).await?;
        let row_fields = ["count", "ctaHref", "derivedFrom", "key", "reason", "severity", "title"];
        for row in &rows {
            assert_eq!(fields(row), row_fields);
            assert!(row["count"].as_u64() > Some(0) && text(row, "/ctaHref").starts_with("http"), "{row}");
            assert!(row["derivedFrom"].as_array().is_some_and(|signals| !signals.is_empty()), "{row}");
        }
        let order = ["critical", "warning", "info"];
        let urgency = |row: &Value| order.iter().position(|word| row["severity"] == *word);
        let keys: Vec<_> = rows
            .iter()
            .map(|row| (urgency(row), std::cmp::Reverse(row["count"].as_u64()), text(row, "/key")))
            .collect();
        assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
        for key in ["reconnect_repositories", "fix_failed_deployments", "approve_waiting_runs"] {
            assert!(rows.iter().any(|row| row["key"] == key), "{key}: {keys:?}");
        }
        let flapping = rows.iter().find(|row| row["key"] == "steady_flapping_instances").context("a row")?;
        assert!(text(flapping, "/reason").contains("eks/cluster in plat-use2-prod has "), "{flapping}");
        for limit in [1, 4] {
            let paged = all_rows(&agent, "list_recommendations", json!({ "limit": limit })).await?;
            assert_eq!(paged, rows, "limit {limit}");
        }
    }

    async fn list_recommendations_has_numbers_of_the_database(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.authorize("dana").scope(SCOPE).connect().await?;
        let rows = all_rows(&agent, "list_recommendations", json!({})).await?;
        let cases = [
            (
                "enable_drift_detection",
                "SELECT CAST(COUNT(*) AS TEXT) FROM instances i JOIN workspaces w ON w.id = i.workspace_id \
                 WHERE w.slug = 'acme' AND i.enabled AND NOT i.drift_enabled AND i.status <> 'orphaned'",
            ),
            (
                "approve_waiting_runs",
                "SELECT CAST(COUNT(*) AS TEXT) FROM workflow_runs t JOIN workspaces w ON w.id = t.workspace_id \
                 WHERE w.slug = 'acme' AND t.approval_state = 'pending'",
            ),
            (
                "remove_orphaned_instances",
                "SELECT CAST(COUNT(*) AS TEXT) FROM instances i JOIN workspaces w ON w.id = i.workspace_id \
                 WHERE w.slug = 'acme' AND i.status = 'orphaned'",
            ),
            (
                "remediate_old_drift",
                "SELECT CAST(COUNT(*) AS TEXT) FROM instances i JOIN workspaces w ON w.id = i.workspace_id \
                 WHERE w.slug = 'acme' AND i.status = 'drifted' AND NOT EXISTS (SELECT 1 \
                 FROM instance_status_changes c WHERE c.instance_id = i.id AND c.at >= 1786701600000000)",
            ),
        ];
        for (key, sql) in cases {
            let expected: u64 = app.db_text(sql).await?.first().context("a count")?.parse()?;
            let shown = rows.iter().find(|row| row["key"] == key).and_then(|row| row["count"].as_u64());
            assert_eq!(shown.unwrap_or(0), expected, "{key}");
        }
    }

    async fn list_recommendations_begins_with_the_setup(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = new_workspace(&app).await?;
        let rows = all_rows(&agent, "list_recommendations", json!({})).await?;
        let keys: Vec<&str> = rows.iter().map(|row| text(row, "/key")).collect();
        assert_eq!(keys, ["finish_setup", "invite_team"]);
        assert_eq!(text(&rows[0], "/reason"), "10 of 12 steps left; the next one: Install the GitHub App");
    }

    async fn list_recommendations_notices_what_lies_about(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        // Leaves a grant that nobody uses, and makes a workspace token that never expires.
        new_workspace(&app).await?;
        app.workspace_token("new").await?;
        app.advance(std::time::Duration::from_hours(24 * 31));
        let agent = app.authorize("amir").workspace("new").scope(SCOPE).connect().await?;
        let rows = all_rows(&agent, "list_recommendations", json!({})).await?;
        let keys: Vec<&str> = rows.iter().map(|row| text(row, "/key")).collect();
        assert_eq!(keys, ["finish_setup", "invite_team", "replace_lasting_tokens", "revoke_unused_clients"]);
    }

    async fn list_recommendations_names_the_argument_that_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.authorize("dana").scope(SCOPE).connect().await?;
        let cases = [
            (
                json!({ "severity": "info" }),
                "Invalid arguments: unknown field `severity`, expected `limit` or `cursor`",
            ),
            (json!({ "cursor": "finish_everything" }), FOREIGN_CURSOR),
        ];
        refuses(&agent, "list_recommendations", &cases).await?;
    }
}
