//! Runs that GitHub tells of beside the results that the CLI uploads: which runs count, and which of two says more.

use anyhow::{Context as _, Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use tests::harness::{Engine, FakeIssuer, Fixture, Reply, TestApp};

use super::{Github, SECRET, event, with};

/// A server with `acme/live`, which has the instance `vpc` in `dev`, and the issuer of its workflows' tokens.
struct Live {
    app: TestApp,
    github: Github,
    issuer: FakeIssuer,
    /// Acme's static token.
    token: String,
}

impl Live {
    async fn start(engine: Engine) -> Result<Self> {
        let issuer = FakeIssuer::start().await?;
        let app = Fixture::new(engine).webhook_secret(SECRET)?.oidc_issuer(issuer.url()).start().await?;
        let github = Github::new(&app);
        github.add_repositories(&["live".to_owned()]).await?;
        let token = app.workspace_token("acme").await?;
        let named = |file: &str| json!({ "workflows": { file: {} } });
        let pro = json!({
            "enabled": true, "release": { "published": named("ship.yaml") },
            "drift_detection": { "enabled": true, "detect": named("look.yaml"), "remediate": named("mend.yaml") },
        });
        let body = json!({
            "repo_owner": "acme", "repo_name": "live",
            "instances": [{ "component": "vpc", "stack": "dev", "settings": { "pro": pro } }],
        });
        let reply = app.upload(&token, &body).await?;
        ensure!(reply.status == 200, "{}", reply.body);
        Ok(Self { app, github, issuer, token })
    }

    /// Tells of a run of `look.yaml` on the default branch, from 09:00 to 09:10, with these changes.
    async fn run(&self, state: &Value) -> Result<()> {
        let run = json!({
            "id": 7001, "run_attempt": 1, "name": "Look", "display_title": "plan vpc/dev/3Ac4tgT3JZZS7",
            "path": ".github/workflows/look.yaml", "event": "workflow_dispatch", "status": "completed",
            "conclusion": "success", "head_branch": "main", "head_sha": "57796", "pull_requests": [],
            "created_at": at(0), "run_started_at": at(0), "updated_at": at(10),
        });
        self.github.apply("workflow_run", &event("live", "", "workflow_run", with(run, state))).await
    }

    /// Tells of a job of such a run.
    async fn job(&self, state: &Value) -> Result<()> {
        let job = json!({
            "id": 9001, "run_id": 7001, "run_attempt": 1, "name": "vpc-dev", "workflow_name": "Look",
            "status": "in_progress", "conclusion": null, "head_branch": "main", "created_at": at(0), "steps": [],
        });
        self.github.apply("workflow_job", &event("live", "", "workflow_job", with(job, state))).await
    }

    /// The session of a job of such a run.
    async fn session(&self, file: &str, run: u32, attempt: u32) -> Result<String> {
        let claims = self.issuer.claims(&[
            ("repository", json!("acme/live")),
            ("repository_owner", json!("acme")),
            ("workflow_ref", json!(format!("acme/live/.github/workflows/{file}@refs/heads/main"))),
            ("run_id", json!(run.to_string())),
            ("run_attempt", json!(attempt.to_string())),
        ]);
        let workspace = self.app.db_text("SELECT id FROM workspaces WHERE slug = 'acme'").await?.pop();
        let body = json!({ "token": self.issuer.token(&claims)?, "workspaceId": workspace });
        let reply = Reply::read(Client::new().post(self.app.url("/api/v1/auth/github-oidc")).json(&body)).await?;
        Ok(reply.body["data"]["token"].as_str().with_context(|| reply.body.to_string())?.to_owned())
    }

    /// Uploads a result of `vpc`, which ended at this minute; gives whether it came late.
    async fn result(&self, token: &str, command: &str, exit_code: i64, minute: u32) -> Result<bool> {
        let body = json!({ "command": command, "exit_code": exit_code, "last_run": at(minute) });
        let url = self.app.url("/api/v1/repos/acme/live/instances?stack=dev&component=vpc");
        let reply = Reply::read(Client::new().patch(url).bearer_auth(token).json(&body)).await?;
        ensure!(reply.status == 200, "{}", reply.body);
        Ok(reply.body["data"]["late"] == true)
    }

    /// `status driftStatus` of `vpc`.
    async fn instance(&self) -> Result<String> {
        let rows = self.app.db_text(
            "SELECT i.status || ' ' || i.drift_status FROM instances i JOIN repositories p ON p.id = i.repository_id \
             WHERE p.name = 'live'",
        );
        Ok(rows.await?.concat())
    }

    /// `attempt status conclusion command trigger component exitCode dispatchError` of the runs, by GitHub's id.
    async fn runs(&self) -> Result<Vec<String>> {
        let rows = self.app.db_text(
            "SELECT COALESCE(CAST(r.run_attempt AS TEXT), '-') || ' ' || r.status || ' ' || COALESCE(r.conclusion, '-') \
             || ' ' || r.command || ' ' || r.trigger_kind || ' ' || COALESCE(r.component, '-') || ' ' \
             || COALESCE(CAST(r.plan_exit_code AS TEXT), '-') || ' ' || COALESCE(r.dispatch_error, '-') \
             FROM workflow_runs r JOIN repositories p ON p.id = r.repository_id \
             WHERE p.name = 'live' AND r.github_run_id IS NOT NULL ORDER BY r.github_run_id",
        );
        rows.await
    }

    /// `status approvalState` of the only run.
    async fn approval(&self) -> Result<String> {
        let rows = self.app.db_text(
            "SELECT r.status || ' ' || r.approval_state FROM workflow_runs r \
             JOIN repositories p ON p.id = r.repository_id WHERE p.name = 'live'",
        );
        Ok(rows.await?.concat())
    }
}

/// A minute after nine o'clock of the tests' present, which is at ten.
fn at(minute: u32) -> String {
    format!("2026-08-21T09:{minute:02}:00Z")
}

on_both_engines! {
    async fn workflows_that_are_not_of_atmos_say_nothing_of_instances(engine: Engine) {
        let live = Live::start(engine).await?;
        for (id, file, name, title) in [
            (1, "test.yaml", "unit-tests", "Fix vpc in dev"),
            (2, "lint.yaml", "lint", "lint vpc dev"),
            (3, "test.yaml", "unit-tests", "plan vpc/dev/3Ac4tgT3JZZS7"),
            // Of Atmos, but the title is that of a pull request.
            (4, "atmos-pro-affected-stacks.yaml", "Affected Stacks", "Fix vpc in dev"),
        ] {
            for (id, conclusion) in [(id, "failure"), (id + 10, "success")] {
                live.run(&json!({
                    "id": id, "path": format!(".github/workflows/{file}"), "name": name, "display_title": title,
                    "event": "pull_request", "conclusion": conclusion,
                }))
                .await?;
            }
        }
        live.job(&json!({ "run_id": 1, "name": "vpc-dev", "workflow_name": "unit-tests" })).await?;
        let runs = live.runs().await?;
        assert_eq!(runs.iter().filter(|run| run.ends_with("pull_request - - -")).count(), 8, "{runs:#?}");
        assert_eq!(live.instance().await?, "unknown unknown");
        let is_late = live.result(&live.token, "plan", 0, 5).await?;
        assert!(!is_late, "a run that is not of the instance shuts its result out");
    }

    async fn workflows_of_any_name_count_if_the_settings_name_them_or_if_they_upload(engine: Engine) {
        let live = Live::start(engine).await?;
        let failed = |id: u32, file: &str| {
            json!({
                "id": id, "path": format!(".github/workflows/{file}"), "name": "Ours", "event": "push",
                "conclusion": "failure",
            })
        };
        live.run(&failed(1, "ours.yaml")).await?;
        assert_eq!(live.instance().await?, "unknown unknown");
        live.run(&failed(2, "ship.yaml")).await?;
        assert_eq!(live.instance().await?, "error unknown");
        live.result(&live.token, "plan", 0, 20).await?;
        live.session("ours.yaml", 3, 1).await?;
        live.run(&with(failed(4, "ours.yaml"), &json!({ "updated_at": at(30) }))).await?;
        assert_eq!(live.instance().await?, "error in_sync");
    }

    async fn a_dispatched_detection_or_remediation_is_known_by_the_settings(engine: Engine) {
        let live = Live::start(engine).await?;
        let running = json!({ "status": "in_progress", "conclusion": null });
        live.run(&running).await?;
        live.run(&with(running.clone(), &json!({ "id": 7002, "head_branch": "feature" }))).await?;
        let remediation = json!({ "id": 7003, "path": ".github/workflows/mend.yaml", "name": "Mend" });
        live.run(&with(running.clone(), &remediation)).await?;
        // Its job names the instance, and comes first.
        live.job(&json!({ "id": 9004, "run_id": 7004 })).await?;
        live.run(&with(running.clone(), &json!({ "id": 7004, "display_title": "Look" }))).await?;
        let inventory = json!({
            "id": 7005, "path": ".github/workflows/atmos-pro-list-instances.yaml", "name": "List Instances",
            "display_title": "List Instances", "event": "schedule",
        });
        live.run(&with(running, &inventory)).await?;
        assert_eq!(live.runs().await?, [
            "1 in_progress - plan drift_detection vpc - -",
            "1 in_progress - plan manual vpc - -",
            "1 in_progress - remediate manual vpc - -",
            "1 in_progress - plan drift_detection vpc - -",
            "1 in_progress - plan manual - - -",
        ]);
    }

    async fn a_detection_without_a_result_is_an_error_until_the_result_comes(engine: Engine) {
        let live = Live::start(engine).await?;
        live.run(&json!({})).await?;
        assert_eq!(live.runs().await?, ["1 completed success plan drift_detection vpc - missing_plan_result"]);
        assert_eq!(live.instance().await?, "unknown error");
        let agent = live.app.agent("mia").await?;
        let page = agent.call("list_workflow_runs", json!({ "repo": "acme/live" })).await?;
        let id = page.structured()?["items"][0]["id"].clone();
        let reply = agent.call("explain_workflow_failure", json!({ "runId": id })).await?;
        assert_eq!(reply.structured()?["category"], "dispatch_no_result", "{}", reply.body);

        let session = live.session("look.yaml", 7001, 1).await?;
        let is_late = live.result(&session, "plan", 2, 9).await?;
        assert!(!is_late, "the result of a run that was over before");
        assert_eq!(live.runs().await?, ["1 completed success plan drift_detection vpc 2 -"]);
        assert_eq!(live.instance().await?, "drifted drifted");
    }

    async fn a_schedule_that_plans_is_a_detection_too(engine: Engine) {
        let live = Live::start(engine).await?;
        let nightly = json!({ "path": ".github/workflows/nightly-plan.yaml", "name": "Nightly", "event": "schedule" });
        live.run(&nightly).await?;
        assert_eq!(live.instance().await?, "unknown error");
        let session = live.session("nightly-plan.yaml", 7001, 1).await?;
        live.result(&session, "plan", 0, 9).await?;
        assert_eq!(live.runs().await?, ["1 completed success plan drift_detection vpc 0 -"]);
        assert_eq!(live.instance().await?, "in_sync in_sync");
    }

    async fn no_result_is_missing_of_a_run_that_failed_or_was_cancelled_or_has_another_token(engine: Engine) {
        let live = Live::start(engine).await?;
        live.run(&json!({ "conclusion": "cancelled" })).await?;
        assert_eq!(live.instance().await?, "unknown unknown");
        live.result(&live.token, "plan", 0, 15).await?;
        live.run(&json!({ "id": 7002, "run_started_at": at(12), "updated_at": at(16) })).await?;
        assert_eq!(live.instance().await?, "in_sync in_sync");
        live.run(&json!({
            "id": 7003, "conclusion": "failure", "run_started_at": at(20), "updated_at": at(30),
        }))
        .await?;
        assert_eq!(live.instance().await?, "error error");
        let runs = live.runs().await?;
        assert!(runs.iter().all(|run| run.ends_with(" -")), "{runs:#?}");
    }

    async fn an_attempt_does_not_keep_the_result_of_the_one_before(engine: Engine) {
        let live = Live::start(engine).await?;
        let first = live.session("look.yaml", 7001, 1).await?;
        live.result(&first, "plan", 0, 9).await?;
        live.run(&json!({})).await?;
        assert_eq!(live.instance().await?, "in_sync in_sync");
        let second = json!({ "run_attempt": 2, "run_started_at": at(20), "updated_at": at(30) });
        live.run(&with(second, &json!({ "conclusion": "failure" }))).await?;
        assert_eq!(live.runs().await?, ["2 completed failure plan drift_detection vpc - -"]);
        assert_eq!(live.instance().await?, "error error");
        // What the first attempt says now is late, and says nothing of the second.
        let is_late = live.result(&first, "plan", 0, 8).await?;
        assert!(is_late);
        assert_eq!(live.runs().await?, ["2 completed failure plan drift_detection vpc - -"]);
        assert_eq!(live.instance().await?, "error error");
    }

    async fn the_result_of_an_attempt_may_come_before_github_tells_of_it(engine: Engine) {
        let live = Live::start(engine).await?;
        live.run(&json!({ "conclusion": "failure" })).await?;
        let second = live.session("look.yaml", 7001, 2).await?;
        live.result(&second, "plan", 2, 25).await?;
        live.run(&json!({ "run_attempt": 2, "run_started_at": at(20), "updated_at": at(30) })).await?;
        assert_eq!(live.runs().await?, ["2 completed success plan drift_detection vpc 2 -"]);
        assert_eq!(live.instance().await?, "drifted drifted");
    }

    async fn nothing_reopens_an_attempt_that_is_over(engine: Engine) {
        let live = Live::start(engine).await?;
        let second = json!({ "run_attempt": 2, "run_started_at": at(20), "updated_at": at(30) });
        live.run(&second).await?;
        // Whatever an upload has made of the attempt.
        for attempt in ["2", "1"] {
            let sql = "UPDATE workflow_runs SET run_attempt = {attempt} WHERE github_run_id = 7001";
            live.app.db_execute(&sql.replace("{attempt}", attempt)).await?;
            for (number, status, minute) in
                [(2, "queued", 20), (2, "in_progress", 21), (1, "in_progress", 1), (1, "completed", 10)]
            {
                live.run(&json!({
                    "run_attempt": number, "status": status, "conclusion": null, "updated_at": at(minute),
                }))
                .await?;
            }
            let runs = live.runs().await?;
            assert!(runs.concat().starts_with(&format!("{attempt} completed success ")), "{runs:?}");
        }
    }

    async fn a_failure_stands_where_it_ended(engine: Engine) {
        let live = Live::start(engine).await?;
        let apply = json!({
            "path": ".github/workflows/atmos-apply.yaml", "name": "Apply", "event": "push", "conclusion": "failure",
            "display_title": "apply vpc/dev/3Ac4tgT3JZZS7",
        });
        // Another plan ended while the apply ran.
        live.result(&live.token, "plan", 0, 5).await?;
        live.run(&apply).await?;
        assert_eq!(live.instance().await?, "error in_sync");
        let is_late = live.result(&live.token, "plan", 0, 7).await?;
        assert!(is_late, "a plan from before the failure");
        assert_eq!(live.instance().await?, "error in_sync");
        // The apply itself knows better: a step behind it failed.
        let session = live.session("atmos-apply.yaml", 7001, 1).await?;
        live.result(&session, "apply", 0, 8).await?;
        assert_eq!(live.instance().await?, "in_sync in_sync");
    }

    async fn an_apply_that_ended_well_is_no_failure_whatever_its_workflow_did_next(engine: Engine) {
        let live = Live::start(engine).await?;
        let session = live.session("atmos-apply.yaml", 7001, 1).await?;
        live.result(&session, "apply", 0, 5).await?;
        live.result(&live.token, "plan", 0, 6).await?;
        live.run(&json!({ "path": ".github/workflows/atmos-apply.yaml", "conclusion": "failure" })).await?;
        assert_eq!(live.instance().await?, "in_sync in_sync");
    }

    async fn a_run_waits_when_its_job_does(engine: Engine) {
        let live = Live::start(engine).await?;
        live.run(&json!({ "status": "in_progress", "conclusion": null, "updated_at": at(1) })).await?;
        live.job(&json!({ "status": "waiting" })).await?;
        assert_eq!(live.approval().await?, "waiting pending");
        // Of the same run, and told late.
        live.run(&json!({ "status": "in_progress", "conclusion": null, "updated_at": at(2) })).await?;
        assert_eq!(live.approval().await?, "waiting pending");
        live.job(&json!({ "id": 9002, "name": "other" })).await?;
        live.job(&json!({ "status": "in_progress" })).await?;
        assert_eq!(live.approval().await?, "in_progress none");
        // Waiting is over, and another job does not bring it back.
        live.job(&json!({ "status": "waiting" })).await?;
        assert_eq!(live.approval().await?, "in_progress none");
        live.job(&json!({ "id": 9003, "name": "gate", "status": "waiting" })).await?;
        assert_eq!(live.approval().await?, "in_progress pending");
        live.run(&json!({ "updated_at": at(9) })).await?;
        assert_eq!(live.approval().await?, "completed none");
    }

    async fn a_job_may_wait_before_its_run_is_told_of(engine: Engine) {
        let live = Live::start(engine).await?;
        live.job(&json!({ "status": "waiting" })).await?;
        assert_eq!(live.approval().await?, "waiting pending");
        live.run(&json!({ "status": "in_progress", "conclusion": null, "updated_at": at(1) })).await?;
        assert_eq!(live.approval().await?, "waiting pending");
    }

    async fn the_default_branch_of_a_fork_is_not_ours(engine: Engine) {
        let live = Live::start(engine).await?;
        live.run(&json!({
            "event": "pull_request", "conclusion": "failure", "repository": { "full_name": "acme/live" },
            "head_repository": { "full_name": "stranger/live" },
        }))
        .await?;
        let agent = live.app.agent("mia").await?;
        let page = agent.call("list_workflow_runs", json!({ "repo": "acme/live" })).await?;
        let row = &page.structured()?["items"][0];
        assert_eq!((&row["branch"], &row["trigger"]), (&json!("stranger:main"), &json!("pull_request")));
        let refs = live.app.db_text("SELECT COALESCE(ref, '-') FROM workflow_runs WHERE github_run_id = 7001").await?;
        assert_eq!(refs, ["-"]);
    }

    async fn a_list_is_no_event(engine: Engine) {
        let live = Live::start(engine).await?;
        for name in ["push", "workflow_run", "ping", "unheard_of"] {
            let reply = Reply::read(live.github.request(name, "[]")).await?;
            assert_eq!((reply.status.as_u16(), &reply.body["error"]), (400, &json!("invalid_request")), "{name}");
        }
    }
}
