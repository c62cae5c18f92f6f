//! The backfill: what it fills, that it goes on after an interruption, and that it changes nothing twice.

use std::time::Duration;

use anyhow::Result;
use reqwest::Client;
use serde_json::json;
use tests::harness::{Engine, FakeGithubApp, FakeIssuer, Fixture, NOW, Reply, TestApp, text};

use super::{ago, commit, failure, job, open, open_since, pull, repository, run, start, start_with_instances, sync};

const RUNS: &str = "SELECT CAST(r.github_run_id AS TEXT) || '|' || r.status || '|' || COALESCE(r.conclusion, '-') \
     || '|' || r.command || '|' || r.trigger_kind || '|' || COALESCE(r.component, '-') || '|' \
     || COALESCE(r.stack, '-') || '|' || COALESCE(r.workflow_file, '-') || '|' \
     || COALESCE(CAST(r.pull_request_number AS TEXT), '-') FROM workflow_runs r \
     JOIN repositories p ON p.id = r.repository_id WHERE p.name = 'synced' ORDER BY r.created_at";

const RUN_IDS: &str = "SELECT r.id FROM workflow_runs r JOIN repositories p ON p.id = r.repository_id \
     WHERE p.name = 'synced' ORDER BY r.created_at";

/// All that a backfill may write, ids and all.
const WRITTEN: [&str; 7] = [
    "SELECT r.id || '|' || r.status || '|' || COALESCE(r.installation_id, '-') || '|' \
     || COALESCE(CAST(r.last_activity_at AS TEXT), '-') FROM repositories r ORDER BY r.id",
    "SELECT r.id || '|' || r.status || '|' || COALESCE(r.conclusion, '-') || '|' || COALESCE(r.instance_id, '-') \
     || '|' || COALESCE(CAST(r.github_updated_at AS TEXT), '-') FROM workflow_runs r ORDER BY r.id",
    "SELECT j.id || '|' || j.status || '|' || j.steps FROM jobs j ORDER BY j.id",
    "SELECT q.id || '|' || q.state || '|' || q.title FROM pull_requests q ORDER BY q.id",
    "SELECT c.id || '|' || c.sha || '|' || c.message FROM commits c ORDER BY c.id",
    "SELECT i.id || '|' || i.status || '|' || COALESCE(i.last_run_id, '-') || '|' || CAST(i.updated_at AS TEXT) \
     FROM instances i ORDER BY i.id",
    "SELECT s.id || '|' || s.to_status FROM instance_status_changes s ORDER BY s.id",
];

async fn written(app: &TestApp) -> Result<Vec<Vec<String>>> {
    let mut tables = Vec::new();
    for sql in WRITTEN {
        tables.push(app.db_text(sql).await?);
    }
    Ok(tables)
}

/// Two runs with their jobs, a pull request and two commits.
fn fill(github: &FakeGithubApp) {
    let mut world = github.world();
    let titled = json!({ "display_title": "plan vpc/dev/3Ac4tgT3JZZS7vZvPi3RvwL4832", "created_at": ago(600) });
    let failed = json!({
        "name": "Apply", "path": ".github/workflows/atmos-terraform-apply.yaml", "event": "push",
        "conclusion": "failure", "pull_requests": [{ "number": 12 }],
    });
    world.runs.insert("acme/synced".to_owned(), vec![run(7_001, &titled), run(7_002, &failed)]);
    world.jobs.insert(7_001, vec![job(9_001, 7_001, &json!({}))]);
    let failed = json!({ "name": "apply (eks/cluster, dev)", "conclusion": "failure" });
    world.jobs.insert(7_002, vec![job(9_002, 7_002, &failed)]);
    world.pulls.insert("acme/synced".to_owned(), vec![pull(12, &json!({}))]);
    let commits = vec![commit("a1", "Merge pull request #12 from acme/vpc"), commit("b2", "Add vpc")];
    world.commits.insert("acme/synced".to_owned(), commits);
}

/// Runs of a second each, which have no jobs.
fn many(count: u64) -> Vec<serde_json::Value> {
    let at = |number: u64| NOW.minus(Duration::from_secs(3_600 + number)).to_string();
    (0..count)
        .map(|number| {
            let id = 20_000 + i64::try_from(number).unwrap_or_default();
            run(id, &json!({ "conclusion": "skipped", "created_at": at(number), "updated_at": at(number) }))
        })
        .collect()
}

on_both_engines! {
    async fn a_sync_fills_what_the_tools_read(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        fill(&github);
        let summary = sync(&app).await?;
        assert_eq!((summary.repositories, summary.imported.len()), (1, 1));
        assert_eq!((summary.runs, summary.jobs, summary.pull_requests, summary.commits), (2, 2, 1, 2));

        let runs = app.db_text(RUNS).await?;
        assert_eq!(runs, [
            "7001|completed|success|plan|manual|vpc|dev|atmos-terraform-plan.yaml|-",
            "7002|completed|failure|apply|push|eks/cluster|dev|atmos-terraform-apply.yaml|12",
        ]);
        // Ids sort by the time of what they stand for.
        let ids = app.db_text(RUN_IDS).await?;
        assert!(ids.is_sorted(), "{ids:?}");
        let jobs = app
            .db_text(
                "SELECT j.name || '|' || j.conclusion FROM jobs j JOIN workflow_runs r ON r.id = j.run_id \
                 JOIN repositories p ON p.id = r.repository_id WHERE p.name = 'synced' ORDER BY j.github_job_id",
            )
            .await?;
        assert_eq!(jobs, ["vpc-dev|success", "apply (eks/cluster, dev)|failure"]);
        let pulls = app
            .db_text(
                "SELECT q.state || '|' || q.author || '|' || q.head_ref FROM pull_requests q \
                 JOIN repositories p ON p.id = q.repository_id WHERE p.name = 'synced'",
            )
            .await?;
        assert_eq!(pulls, ["merged|mia|vpc"]);
        let commits = app
            .db_text(
                "SELECT c.sha || '|' || c.author || '|' || COALESCE(CAST(c.pull_request_number AS TEXT), '-') \
                 FROM commits c JOIN repositories p ON p.id = c.repository_id WHERE p.name = 'synced' ORDER BY c.sha",
            )
            .await?;
        assert_eq!(commits, ["a1|mia|12", "b2|mia|-"]);
        // A failed run says so of its instance; a successful one says nothing.
        let instances = app
            .db_text(
                "SELECT i.component || '|' || i.status FROM instances i JOIN repositories p ON p.id = i.repository_id \
                 WHERE p.name = 'synced' ORDER BY i.component",
            )
            .await?;
        assert_eq!(instances, ["eks/cluster|error", "vpc|unknown"]);

        let agent = app.agent("mia").await?;
        let repo = agent.call("get_repo", json!({ "owner": "acme", "repo": "synced" })).await?;
        assert!(repo.structured()?.to_string().contains("\"main\""), "{}", repo.body);
    }

    async fn a_second_sync_changes_nothing(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        fill(&github);
        sync(&app).await?;
        let before = written(&app).await?;
        let asked_for_jobs = github.requests("/jobs?");
        app.advance(Duration::from_hours(1));
        let summary = sync(&app).await?;
        assert_eq!((summary.repositories, summary.imported.len()), (1, 0));
        assert_eq!((summary.runs, summary.jobs, summary.pull_requests), (0, 0, 0));
        assert_eq!(written(&app).await?, before);
        assert_eq!(github.requests("/jobs?"), asked_for_jobs);
        // It read a day before the end of the first one, and not a month again.
        let last = github.world().requests.iter().rfind(|request| request.contains("runs?created")).cloned();
        let day_before = NOW.minus(Duration::from_hours(24)).to_string().replace(':', "%3A");
        assert!(last.as_deref().unwrap_or_default().contains(&day_before), "{last:?}");
    }

    async fn an_interrupted_sync_goes_on_where_it_stopped(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        github.world().runs.insert("acme/synced".to_owned(), many(250));
        github.world().failures.push(("&page=2", 502));
        let error = failure(&app).await?;
        assert_eq!(error, "GitHub's list of workflow runs answered with status 502");
        assert_eq!(app.db_text(RUNS).await?.len(), 100);
        let progress = "SELECT CAST(next_page AS TEXT) FROM sync_progress WHERE kind = 'workflow_runs'";
        assert_eq!(app.db_text(progress).await?, ["2"]);

        let summary = sync(&app).await?;
        assert_eq!(summary.runs, 150);
        assert_eq!(app.db_text(RUNS).await?.len(), 250);
        // One, two in vain, two, three.
        assert_eq!(github.requests("runs?created"), 4);
        let open_lists = "SELECT kind FROM sync_progress WHERE next_page IS NOT NULL";
        assert!(app.db_text(open_lists).await?.is_empty());
    }

    async fn a_search_of_more_than_a_thousand_runs_is_read_to_its_end(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        github.world().runs.insert("acme/synced".to_owned(), many(1_050));
        sync(&app).await?;
        assert_eq!(app.db_text(RUNS).await?.len(), 1_050);
        // Ten pages, and one of what is behind them.
        assert_eq!(github.requests("runs?created"), 11);
    }

    async fn a_run_that_ended_long_after_it_was_read_is_asked_for_again(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        // It was created before what the second sync reads anew.
        let running = json!({ "status": "in_progress", "conclusion": null, "created_at": ago(30 * 60) });
        github.world().runs.insert("acme/synced".to_owned(), vec![run(7_001, &running)]);
        sync(&app).await?;
        assert!(app.db_text(RUNS).await?.concat().starts_with("7001|in_progress|-|"));
        let ended = NOW.plus(Duration::from_hours(1)).to_string();
        let ended = json!({ "conclusion": "failure", "created_at": ago(30 * 60), "updated_at": ended });
        github.world().runs.insert("acme/synced".to_owned(), vec![run(7_001, &ended)]);
        github.world().jobs.insert(7_001, vec![job(9_001, 7_001, &json!({ "conclusion": "failure" }))]);
        app.advance(Duration::from_hours(72));
        let summary = sync(&app).await?;
        assert_eq!((summary.runs, summary.jobs), (1, 1));
        assert!(app.db_text(RUNS).await?.concat().starts_with("7001|completed|failure|"));
        let asked = github.world().requests.iter().filter(|request| request.ends_with("/actions/runs/7001")).count();
        assert_eq!(asked, 1);
    }

    async fn going_further_back_reads_all_again(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        let old = json!({ "conclusion": "skipped", "created_at": ago(40 * 24 * 60), "updated_at": ago(40 * 24 * 60) });
        github.world().runs.insert("acme/synced".to_owned(), vec![run(7_001, &old)]);
        sync(&app).await?;
        assert!(app.db_text(RUNS).await?.is_empty());
        app.advance(Duration::from_mins(1));
        open_since(&app, 60).await?.run().await?;
        assert_eq!(app.db_text(RUNS).await?.len(), 1);
    }

    async fn a_repository_that_github_does_not_show_is_skipped(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        fill(&github);
        github.world().repositories.insert(0, repository("vanished"));
        github.world().failures.push(("vanished/actions/runs?", 404));
        let summary = sync(&app).await?;
        assert_eq!((summary.repositories, summary.runs), (1, 2));
        assert_eq!(summary.skipped, ["acme/vanished: GitHub's list of workflow runs answered with status 404"]);
    }

    async fn what_github_no_longer_has_is_no_failure(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        fill(&github);
        // The run's jobs, and an empty repository's commits.
        github.world().failures.extend([("runs/7001/jobs", 404), ("synced/commits?", 409)]);
        let summary = sync(&app).await?;
        assert_eq!((summary.runs, summary.jobs, summary.commits), (2, 1, 0));
        assert!(summary.skipped.is_empty());
    }

    async fn workflows_of_an_enterprise_server_get_a_session(engine: Engine) {
        let (github, issuer) = (FakeGithubApp::start().await?, FakeIssuer::start().await?);
        let fixture = Fixture::new(engine).github_app(&github)?.oidc_issuer(issuer.url()).oidc_host("127.0.0.1");
        let app = fixture.start().await?;
        github.world().repositories.push(repository("synced"));
        sync(&app).await?;

        let workspace = app.db_text("SELECT id FROM workspaces WHERE slug = 'acme'").await?.concat();
        let claims = issuer.claims(&[
            ("repository", json!("acme/synced")),
            ("repository_owner", json!("acme")),
            ("workflow_ref", json!("acme/synced/.github/workflows/plan.yaml@refs/heads/main")),
        ]);
        let exchange = json!({ "token": issuer.token(&claims)?, "workspaceId": workspace });
        let request = Client::new().post(app.url("/api/v1/auth/github-oidc")).json(&exchange);
        let reply = Reply::read(request).await?;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let result = Client::new()
            .patch(app.url("/api/v1/repos/acme/synced/instances?stack=dev&component=vpc"))
            .bearer_auth(text(&reply.body, "/data/token"))
            .json(&json!({ "command": "plan", "exit_code": 0 }));
        let reply = Reply::read(result).await?;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let urls = app
            .db_text(
                "SELECT r.github_url FROM workflow_runs r JOIN repositories p ON p.id = r.repository_id \
                 WHERE p.name = 'synced'",
            )
            .await?;
        assert_eq!(urls, ["https://127.0.0.1/acme/synced/actions/runs/9001"]);
    }

    async fn a_repository_that_was_on_another_host_moves(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        let hosts = "SELECT host FROM repositories WHERE name = 'synced'";
        assert_eq!(app.db_text(hosts).await?, ["github.com"]);
        github.world().repositories.push(repository("new"));
        sync(&app).await?;
        assert_eq!(app.db_text(hosts).await?, ["127.0.0.1"]);
        app.db_execute("UPDATE repositories SET host = 'github.com' WHERE name = 'new'").await?;
        assert_eq!(sync(&app).await?.imported.len(), 1);
        assert_eq!(app.db_text("SELECT host FROM repositories WHERE name = 'new'").await?, ["127.0.0.1"]);
    }

    async fn a_renaming_that_was_missed_is_made_up_for(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        fill(&github);
        sync(&app).await?;
        let known = "SELECT id || ' ' || name || ' ' || status FROM repositories WHERE name LIKE 'synced%'";
        let before = app.db_text(known).await?;
        let id = repository("synced")["id"].clone();
        let mut renamed = repository("synced-anew");
        renamed["id"] = id;
        github.world().repositories = vec![renamed];
        app.advance(Duration::from_hours(1));
        assert!(sync(&app).await?.imported.is_empty());
        let after: Vec<String> = before.iter().map(|row| row.replace(" synced ", " synced-anew ")).collect();
        assert_eq!(app.db_text(known).await?, after);
    }

    async fn a_commit_of_the_future_counts_as_now(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        let mut late = commit("a1", "Add vpc");
        late["commit"]["committer"]["date"] = json!("2099-01-01T00:00:00Z");
        github.world().commits.insert("acme/synced".to_owned(), vec![late, commit("b2", "Fix vpc")]);
        sync(&app).await?;
        let commits = app
            .db_text(
                "SELECT CAST(c.committed_at AS TEXT) FROM commits c JOIN repositories p ON p.id = c.repository_id \
                 WHERE p.name = 'synced' ORDER BY c.sha",
            )
            .await?;
        let earlier = NOW.minus(Duration::from_hours(2));
        assert_eq!(commits, [NOW.micros().to_string(), earlier.micros().to_string()]);
    }

    async fn a_workspace_without_an_installation_is_told_so(engine: Engine) {
        let (app, _github) = start(engine).await?;
        app.db_execute("UPDATE github_installations SET status = 'suspended' WHERE github_id = 51804417").await?;
        let error = open(&app).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("`atmos-mcp installation link` links one"), "{error}");
    }
}
