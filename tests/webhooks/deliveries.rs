//! Signatures, headers, repeats and failures.

use serde_json::json;
use tests::harness::{Engine, Fixture, Reply};

use super::{ACME, Github, SECRET, event, sign, start};

on_both_engines! {
    async fn only_what_the_secret_signed_is_taken(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        let ping = json!({ "zen": "Design for failure.", "hook_id": 1 }).to_string();
        let reply = Reply::read(github.request("ping", &ping)).await?;
        assert_eq!(reply.status, 202, "{}", reply.body);
        assert_eq!(reply.body["outcome"], "ignored");

        let other = sign("another secret", &ping);
        let changed = sign(SECRET, &format!("{ping} "));
        for signature in [None, Some(String::new()), Some("sha256=00".to_owned()), Some(other), Some(changed)] {
            let request = github.unsigned(ping.clone()).header("x-github-event", "ping");
            let request = match &signature {
                Some(signature) => request.header("x-hub-signature-256", signature),
                None => request,
            };
            let reply = Reply::read(request).await?;
            assert_eq!(reply.status, 401, "{signature:?}");
            assert_eq!(reply.body["error"], "invalid_signature");
        }
        assert_eq!(app.db_text("SELECT event FROM webhook_deliveries").await?, ["ping"]);
    }

    async fn without_a_secret_there_are_no_webhooks(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let reply = Reply::read(Github::new(&app).request("ping", "{}")).await?;
        assert_eq!((reply.status.as_u16(), &reply.body["error"]), (503, &json!("not_configured")));
    }

    async fn what_is_broken_is_refused(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        for (name, body) in [
            ("push", "{"),
            ("push", "payload=%7B%7D"),
            ("unheard_of", ""),
            ("workflow_run", "{}"),
            ("workflow_run", r#"{ "workflow_run": 3 }"#),
            ("pull_request", r#"{ "pull_request": { "number": null }, "repository": { "full_name": "acme/x" } }"#),
        ] {
            let reply = Reply::read(github.request(name, body)).await?;
            assert_eq!(reply.status, 400, "{name} {body}");
        }
        let no_event = github.unsigned("{}".to_owned()).header("x-hub-signature-256", sign(SECRET, "{}"));
        let reply = Reply::read(no_event).await?;
        assert_eq!(reply.body["error_description"], "the header X-GitHub-Event is missing");
        assert_eq!(reply.status, 400);
        assert!(app.db_text("SELECT event FROM webhook_deliveries").await?.is_empty());
    }

    async fn a_body_of_more_than_25_mib_is_too_large(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        let fits = format!("{{}}{}", " ".repeat((25 << 20) - 2));
        assert_eq!(Reply::read(github.request("ping", &fits)).await?.status, 202);
        let too_large = format!("{fits} ");
        assert_eq!(Reply::read(github.request("ping", &too_large)).await?.status, 413);
    }

    async fn a_repeated_delivery_is_applied_once(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        github.add_repositories(&["twice".to_owned()]).await?;
        let body = event("twice", "", "ref", json!("refs/heads/main")).to_string();
        let mut outcomes = Vec::new();
        for _ in 0..3 {
            let mut request = github.request("push", &body).build()?;
            request.headers_mut().insert("x-github-delivery", "the-same".parse()?);
            let reply: serde_json::Value = reqwest::Client::new().execute(request).await?.json().await?;
            outcomes.push(reply["outcome"].clone());
        }
        assert_eq!(outcomes, ["applied", "duplicate", "duplicate"]);
    }

    async fn a_delivery_that_failed_can_be_repeated(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        github.add_repositories(&["again".to_owned()]).await?;
        let commit = json!([{ "id": "c0ffee", "message": "Add vpc (#7)", "timestamp": "2026-08-21T09:00:00Z" }]);
        let mut body = event("again", "", "commits", commit);
        body["ref"] = json!("refs/heads/main");
        let body = body.to_string();
        let mut statuses = Vec::new();
        for sql in ["ALTER TABLE commits RENAME TO commits_away", "ALTER TABLE commits_away RENAME TO commits"] {
            app.db_execute(sql).await?;
            let mut request = github.request("push", &body).build()?;
            request.headers_mut().insert("x-github-delivery", "the-same".parse()?);
            statuses.push(reqwest::Client::new().execute(request).await?.status().as_u16());
        }
        assert_eq!(statuses, [503, 202]);
        let commits = app
            .db_text(
                "SELECT c.sha FROM commits c JOIN repositories p ON p.id = c.repository_id WHERE p.name = 'again'",
            )
            .await?;
        assert_eq!(commits, ["c0ffee"]);
    }

    async fn a_delivery_that_could_not_be_audited_can_be_repeated(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        // More than fit in one statement.
        let added: Vec<_> = (0..250).map(|number| json!({ "full_name": format!("acme/many-{number}") })).collect();
        let body = json!({
            "action": "added", "installation": { "id": ACME },
            "repositories_added": added, "repositories_removed": [],
        });
        let body = body.to_string();
        let mut replies = Vec::new();
        for (from, to) in [("audit_log", "audit_log_away"), ("audit_log_away", "audit_log")] {
            let sql = format!("ALTER TABLE {from} RENAME TO {to}");
            app.db_execute(&sql).await?;
            let mut request = github.request("installation_repositories", &body).build()?;
            request.headers_mut().insert("x-github-delivery", "the-same".parse()?);
            let reply = reqwest::Client::new().execute(request).await?;
            replies.push((reply.status().as_u16(), reply.json::<serde_json::Value>().await?["outcome"].clone()));
        }
        assert_eq!(replies, [(503, json!(null)), (202, json!("applied"))]);
        let noted = "SELECT a.target_id FROM audit_log a JOIN repositories r ON r.id = a.target_id \
                     WHERE a.action = 'repository_imported' AND r.name LIKE 'many-%'";
        assert_eq!(app.db_text(noted).await?.len(), 250);
    }

    async fn an_event_that_nobody_knows_is_accepted_and_kept(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        assert_eq!(github.send("unheard_of", &json!({ "action": "invented" })).await?, "ignored");
        assert_eq!(github.send("check_run", &json!({ "action": "created" })).await?, "ignored");
        assert_eq!(github.send("push", &event("nowhere", "", "ref", json!("refs/heads/main"))).await?, "ignored");
        let rows = app
            .db_text("SELECT event || ' ' || COALESCE(action, '-') FROM webhook_deliveries ORDER BY delivery_id")
            .await?;
        // What no workspace has may be delivered again once one has it.
        assert_eq!(rows, ["unheard_of invented", "check_run created"]);
    }

    async fn an_action_that_nobody_knows_is_accepted_and_changes_nothing(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        github.add_repositories(&["frob".to_owned()]).await?;
        let run = json!({ "id": 7_777, "status": "queued", "run_attempt": 1, "created_at": "2026-08-21T09:00:00Z" });
        let job = json!({ "id": 8_888, "run_id": 7_777, "run_attempt": 1, "name": "plan", "status": "queued" });
        for (name, field, value) in [
            ("pull_request", "pull_request", json!({ "number": 12, "state": "open", "title": "Add vpc" })),
            ("workflow_run", "workflow_run", run.clone()),
            ("workflow_job", "workflow_job", job),
            ("deployment_review", "workflow_run", run),
        ] {
            let body = event("frob", "frob", field, value).to_string();
            let reply = Reply::read(github.request(name, &body)).await?;
            assert_eq!(reply.status, 202, "{name}: {}", reply.body);
            assert_eq!(reply.body["outcome"], "ignored", "{name}");
            assert_eq!(reply.body["reason"], "this server does not know the action", "{name}");
        }
        let stored = app.db_text(
            "SELECT q.id FROM pull_requests q JOIN repositories p ON p.id = q.repository_id WHERE p.name = 'frob' \
             UNION ALL SELECT w.id FROM workflow_runs w JOIN repositories p ON p.id = w.repository_id \
             WHERE p.name = 'frob'",
        );
        assert_eq!(stored.await?, [""; 0]);
        let counted = "SELECT event FROM webhook_deliveries WHERE action = 'frob' ORDER BY event";
        let events = ["deployment_review", "pull_request", "workflow_job", "workflow_run"];
        assert_eq!(app.db_text(counted).await?, events);
    }
}
