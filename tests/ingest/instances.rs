//! `POST /api/v1/instances`, the wire contract of `atmos list instances --upload`.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use reqwest::Client;
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, Reply, TestApp, text, workspace_token};

use crate::catalog::{STATUSES, all_rows};

/// The body of an upload of `org/repo`.
fn inventory(instances: Value) -> Value {
    json!({
        "repo_url": "https://github.com/org/repo",
        "repo_name": "repo",
        "repo_owner": "org",
        "repo_host": "github.com",
        "instances": instances,
    })
}

/// Components of the stack `dev`, without settings.
fn components(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "component": name, "stack": "dev", "component_type": "terraform" })).collect()
}

/// One chunk of the upload `batch`, of two.
fn chunk(batch: &str, index: u8, names: &[&str]) -> Value {
    let mut body = inventory(components(names));
    body["batch_id"] = json!(batch);
    body["batch_index"] = json!(index);
    body["batch_total"] = json!(2);
    body
}

/// The one instance `vpc` of the stack `dev`, with these settings.
fn vpc(settings: Value) -> Value {
    inventory(json!([{ "component": "vpc", "stack": "dev", "settings": settings }]))
}

async fn rows(agent: &Agent) -> Result<Vec<Value>> {
    all_rows(agent, "list_instances", json!({ "repo": "org/repo", "statusFilter": STATUSES, "limit": 100 })).await
}

/// `component status driftStatus` of what was uploaded, in alphabetical order.
async fn states(agent: &Agent) -> Result<Vec<String>> {
    let state =
        |row: &Value| format!("{} {} {}", text(row, "/component"), text(row, "/status"), text(row, "/driftStatus"));
    let mut states: Vec<String> = rows(agent).await?.iter().map(state).collect();
    states.sort_unstable();
    Ok(states)
}

/// Uploads for Acme, and gives the `data` of the reply, which must be a success.
async fn upload(app: &TestApp, token: &str, body: &Value) -> Result<Value> {
    let reply = app.upload(token, body).await?;
    anyhow::ensure!(reply.status == 200 && reply.body["success"] == true, "{} {}", reply.status, reply.body);
    Ok(reply.body["data"].clone())
}

/// A refusal, which must have the envelope's types.
fn is_refused(reply: &Reply, status: u16, tag: &str, message: &str) {
    let expected = json!({
        "request": reply.header("x-request-id"),
        "status": status,
        "success": false,
        "errorTag": tag,
        "errorMessage": message,
        "traceId": reply.header("x-request-id"),
        "data": null,
    });
    assert_eq!(reply.status, status);
    assert_eq!(reply.body, expected);
}

on_both_engines! {
    async fn the_published_body_shows_up_in_list_instances(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let settings = json!({ "pro": { "drift_detection": { "enabled": true }, "enabled": true } });
        let body = inventory(json!([
            { "component": "vpc", "stack": "dev-us-east-1", "component_type": "terraform", "settings": settings },
        ]));
        upload(&app, &token, &body).await?;
        let rows = rows(&app.agent("mia").await?).await?;
        let [row] = rows.as_slice() else { anyhow::bail!("not one row: {rows:?}") };
        let expected = json!({
            "id": row["id"],
            "component": "vpc",
            "stack": "dev-us-east-1",
            "repo": "org/repo",
            "componentType": "terraform",
            "status": "unknown",
            "driftStatus": "unknown",
            "driftEnabled": true,
            "enabled": true,
            "lastRunAt": null,
            "lastDriftRunAt": null,
            "dashboardUrl": app.url(&format!("/instances/{}", text(row, "/id"))),
        });
        assert_eq!(row, &expected);
    }

    async fn the_envelope_has_the_types_that_the_cli_decodes(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let reply = app.upload(&token, &inventory(components(&["vpc", "eks"]))).await?;
        let expected = json!({
            "request": reply.header("x-request-id"),
            "status": 200,
            "success": true,
            "data": {
                "repository": "org/repo",
                "instances": 2,
                "created": 2,
                "statusChanges": 2,
                "orphaned": 0,
                "complete": true,
                "replayed": false,
            },
        });
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, expected);
    }

    async fn an_upload_is_audited(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        upload(&app, &token, &inventory(components(&["vpc"]))).await?;
        let row = app.db_text(
            "SELECT a.actor_type || ' ' || a.actor_id || ' ' || w.slug || ' ' || r.name || ' ' || a.outcome \
             FROM audit_log a JOIN workspaces w ON w.id = a.workspace_id JOIN repositories r ON r.id = a.target_id \
             WHERE a.action = 'inventory_uploaded'",
        );
        assert_eq!(row.await?, ["github_action wt_acme acme repo ok"]);
    }

    async fn the_same_upload_again_changes_nothing(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let agent = app.agent("mia").await?;
        let body = inventory(components(&["vpc", "eks"]));
        upload(&app, &token, &body).await?;
        let before = rows(&agent).await?;
        let data = upload(&app, &token, &body).await?;
        assert_eq!((&data["created"], &data["statusChanges"], &data["orphaned"]), (&json!(0), &json!(0), &json!(0)));
        assert_eq!(rows(&agent).await?, before);
    }

    async fn a_repeated_chunk_is_recognized(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        upload(&app, &token, &inventory(components(&["vpc", "eks", "rds"]))).await?;
        // The reply to the first chunk was lost, so the CLI sends it again: it is not the second.
        let first = upload(&app, &token, &chunk("b1", 0, &["vpc"])).await?;
        let again = upload(&app, &token, &chunk("b1", 0, &["vpc"])).await?;
        assert_eq!((&first["replayed"], &again["replayed"]), (&json!(false), &json!(true)));
        assert_eq!((&again["complete"], &again["orphaned"]), (&json!(false), &json!(0)));
    }

    async fn orphans_are_swept_when_the_last_chunk_has_come(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let agent = app.agent("mia").await?;
        upload(&app, &token, &inventory(components(&["vpc", "eks", "rds"]))).await?;
        let first = upload(&app, &token, &chunk("b1", 1, &["vpc"])).await?;
        assert_eq!((&first["complete"], &first["orphaned"]), (&json!(false), &json!(0)));
        assert_eq!(states(&agent).await?, ["eks unknown disabled", "rds unknown disabled", "vpc unknown disabled"]);
        let last = upload(&app, &token, &chunk("b1", 0, &["eks"])).await?;
        assert_eq!((&last["complete"], &last["orphaned"]), (&json!(true), &json!(1)));
        assert_eq!(states(&agent).await?, ["eks unknown disabled", "rds orphaned orphaned", "vpc unknown disabled"]);
    }

    async fn chunks_of_different_uploads_are_not_taken_together(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        upload(&app, &token, &inventory(components(&["vpc", "eks", "rds"]))).await?;
        upload(&app, &token, &chunk("b1", 0, &["vpc"])).await?;
        let other = upload(&app, &token, &chunk("b2", 1, &["eks"])).await?;
        assert_eq!((&other["complete"], &other["orphaned"]), (&json!(false), &json!(0)));
    }

    async fn a_switched_off_instance_is_disabled_and_no_orphan(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let agent = app.agent("mia").await?;
        upload(&app, &token, &vpc(json!({ "pro": { "enabled": true } }))).await?;
        upload(&app, &token, &vpc(json!({ "pro": { "enabled": false } }))).await?;
        assert_eq!(states(&agent).await?, ["vpc disabled disabled"]);
        assert!(rows(&agent).await?.iter().all(|row| row["enabled"] == false));
        upload(&app, &token, &vpc(json!({ "pro": { "enabled": true } }))).await?;
        assert_eq!(states(&agent).await?, ["vpc unknown disabled"]);
    }

    async fn drift_detection_that_is_switched_off_disables_the_drift_status_alone(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let agent = app.agent("mia").await?;
        for (enabled, state) in [(true, "vpc unknown unknown"), (false, "vpc unknown disabled")] {
            upload(&app, &token, &vpc(json!({ "pro": { "drift_detection": { "enabled": enabled } } }))).await?;
            assert_eq!(states(&agent).await?, [state]);
        }
    }

    async fn an_orphan_that_is_named_again_is_unknown(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let agent = app.agent("mia").await?;
        upload(&app, &token, &inventory(components(&["vpc", "eks"]))).await?;
        upload(&app, &token, &inventory(components(&["vpc"]))).await?;
        assert_eq!(states(&agent).await?, ["eks orphaned orphaned", "vpc unknown disabled"]);
        let ids: Vec<Value> = rows(&agent).await?.iter().map(|row| row["id"].clone()).collect();
        upload(&app, &token, &inventory(components(&["vpc", "eks"]))).await?;
        assert_eq!(states(&agent).await?, ["eks unknown disabled", "vpc unknown disabled"]);
        assert!(rows(&agent).await?.iter().all(|row| ids.contains(&row["id"])), "it is the same instance");
    }

    async fn each_change_of_status_is_kept(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let agent = app.agent("mia").await?;
        for names in [&["vpc", "eks"][..], &["vpc"], &["vpc", "eks"]] {
            upload(&app, &token, &inventory(components(names))).await?;
            app.advance(Duration::from_secs(1));
        }
        let rows = rows(&agent).await?;
        let eks = rows.iter().find(|row| row["component"] == "eks").context("eks")?;
        let reply = agent.call("get_instance", json!({ "id": eks["id"] })).await?;
        let changes = json!([
            { "from": "orphaned", "to": "unknown", "at": "2026-08-21T10:00:02Z", "runId": null },
            { "from": "unknown", "to": "orphaned", "at": "2026-08-21T10:00:01Z", "runId": null },
            { "from": null, "to": "unknown", "at": "2026-08-21T10:00:00Z", "runId": null },
        ]);
        assert_eq!(reply.structured()?["statusChanges"], changes);
    }

    async fn what_the_server_does_not_know_is_tolerated(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let mut body = inventory(json!([
            { "component": "vpc", "stack": "dev", "component_type": "quantum", "future": {}, "settings": null },
            { "component": "eks", "stack": "dev", "settings": { "pro": "malformed", "other": 1 } },
        ]));
        body["atmos_version"] = "9.0.0".into();
        upload(&app, &token, &body).await?;
        assert_eq!(states(&app.agent("mia").await?).await?, ["eks unknown disabled", "vpc unknown disabled"]);
    }

    async fn a_base_url_that_ends_in_a_slash_works(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let request = Client::new().post(app.url("//api/v1/instances")).bearer_auth(&token);
        let reply = Reply::read(request.json(&inventory(components(&["vpc"])))).await?;
        assert_eq!((reply.status.as_u16(), &reply.body["success"]), (200, &json!(true)), "{}", reply.body);
    }

    async fn ten_thousand_instances_fit_in_one_upload(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let instance = |number: u32| {
            let (stack, component) = (format!("stack-{}", number / 100), format!("component-{}", number % 100));
            json!({ "component": component, "stack": stack, "settings": { "pro": { "enabled": true } } })
        };
        let body = inventory((0..10_000).map(instance).collect());
        let started = Instant::now();
        let data = upload(&app, &token, &body).await?;
        let took = started.elapsed();
        assert_eq!(data["created"], 10_000);
        // The CLI gives up after 30 seconds; an optimised build is several times faster.
        assert!(took < Duration::from_secs(5), "{took:?}");
        let reply = app.agent("mia").await?.call("get_repo", json!({ "owner": "org", "repo": "repo" })).await?;
        let repo = reply.structured()?;
        assert_eq!((&repo["instanceCount"], &repo["statusCounts"]["unknown"]), (&json!(10_000), &json!(10_000)));
        assert_eq!((&repo["stackCount"], &repo["componentCount"]), (&json!(100), &json!(100)));
    }

    async fn a_token_writes_into_its_own_workspace_alone(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let rivals = "SELECT i.id || i.component || i.status || i.drift_status || CAST(i.updated_at AS TEXT) \
                      FROM instances i JOIN workspaces w ON w.id = i.workspace_id WHERE w.slug = 'rival' ORDER BY i.id";
        let before = app.db_text(rivals).await?;
        let mut body = inventory(json!([{ "component": "canary-rival-vpc", "stack": "canary-rival-use2-prod" }]));
        body["repo_owner"] = "canary-rival".into();
        body["repo_name"] = "canary-rival-infrastructure".into();
        let data = upload(&app, &token, &body).await?;
        assert_eq!((&data["created"], &data["orphaned"]), (&json!(1), &json!(0)));
        assert_eq!(app.db_text(rivals).await?, before);
        let owners = "SELECT w.slug FROM repositories r JOIN workspaces w ON w.id = r.workspace_id \
                      WHERE r.name = 'canary-rival-infrastructure' ORDER BY w.slug";
        assert_eq!(app.db_text(owners).await?, ["acme", "rival"]);
    }

    async fn an_upload_without_a_token_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let request = Client::new().post(app.url("/api/v1/instances")).json(&inventory(json!([])));
        let reply = Reply::read(request).await?;
        let message = "the request has no `Authorization: Bearer` header: set ATMOS_PRO_TOKEN to a workspace token \
                       (atmos_wt_…)";
        is_refused(&reply, 401, "Unauthorized", message);
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }

    async fn a_token_that_is_not_live_is_refused_without_saying_why(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("dana").await?;
        let revoked = app.workspace_token("acme").await?;
        app.db_execute("UPDATE workspace_tokens SET revoked_at = 1 WHERE id = 'wt_acme'").await?;
        let expired = app.workspace_token("rival").await?;
        app.db_execute("UPDATE workspace_tokens SET expires_at = 1 WHERE id = 'wt_rival'").await?;
        let message = "the workspace token is not known to this server, has expired or was revoked: set \
                       ATMOS_PRO_TOKEN to a valid one";
        let unknown = workspace_token("unknown");
        for token in [revoked.as_str(), expired.as_str(), unknown.as_str(), "atmos_wt_mistyped", agent.access_token()] {
            let reply = app.upload(token, &inventory(json!([]))).await?;
            is_refused(&reply, 401, "Unauthorized", message);
        }
    }

    async fn a_workspace_token_opens_no_mcp(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        let reply = Reply::read(Client::new().post(app.url("/mcp")).bearer_auth(&token).json(&body)).await?;
        assert_eq!(reply.status, 401);
    }

    async fn a_body_that_is_no_inventory_is_refused_by_field(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let with = |field: &str, value: Value| {
            let mut body = inventory(json!([]));
            body[field] = value;
            body.to_string()
        };
        let cases = [
            ("{".to_owned(), "the body is not the JSON of an upload: EOF while parsing an object at line 1 column 1"),
            (with("repo_owner", json!(null)), "`repo_owner` is missing"),
            (with("repo_name", json!(5)), "`repo_name` must be a string"),
            (with("instances", json!([{ "stack": "dev" }])), "`instances[0].component` is missing"),
            (with("batch_id", json!("b1")), "`batch_total` is missing beside `batch_id`"),
        ];
        for (body, message) in cases {
            is_refused(&app.upload_text(&token, body).await?, 400, "ValidationError", message);
        }
    }

    async fn malformed_drift_workflows_are_refused_with_the_list_that_the_cli_shows(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let detect = json!({ "enabled": true, "detect": { "workflows": {} } });
        let reply = app.upload(&token, &vpc(json!({ "pro": { "drift_detection": detect } }))).await?;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.body["errorTag"], "DriftDetectionValidationError");
        let errors = ["vpc in dev: drift_detection.detect.workflows must name at least one workflow file"];
        assert_eq!(reply.body["data"], json!({ "validationErrors": errors }));
        assert!(rows(&app.agent("mia").await?).await?.is_empty(), "it was stored all the same");
    }

    async fn a_body_that_is_too_large_is_refused(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        // One byte more than allowed, so that the server has read it all when it answers.
        let reply = app.upload_text(&token, " ".repeat((16 << 20) + 1)).await?;
        let message = "the body is larger than 16 MiB: lower settings.pro.max_payload_bytes in atmos.yaml so that the \
                       CLI sends smaller chunks";
        is_refused(&reply, 413, "PayloadTooLarge", message);
    }

    async fn an_endpoint_that_is_not_there_answers_in_the_envelope(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        let request = Client::new().post(app.url("/api/v1/nothing")).bearer_auth(&token).json(&json!({}));
        let reply = Reply::read(request).await?;
        let message = text(&reply.body, "/errorMessage").to_owned();
        assert!(message.starts_with("this server has no endpoint POST /api/v1/nothing: "), "{message}");
        is_refused(&reply, 404, "NotFound", &message);
    }
}
