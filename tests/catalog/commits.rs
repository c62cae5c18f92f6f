//! `list_commits`.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, text};

use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

const FIELDS: [&str; 8] = ["author", "committedAt", "message", "pullRequest", "repo", "runs", "sha", "url"];

async fn commits(agent: &Agent, filter: Value) -> Result<Vec<Value>> {
    all_rows(agent, "list_commits", filter).await
}

/// The hashes of the commits that pass a filter, in their order.
async fn shas(agent: &Agent, filter: Value) -> Result<Vec<String>> {
    Ok(commits(agent, filter).await?.iter().map(|row| text(row, "/sha").to_owned()).collect())
}

/// Hashes of Acme's commits `c` with an affected instance `a` that fulfils a condition, newest first.
macro_rules! affected {
    ($condition:literal) => {
        concat!(
            "SELECT c.sha FROM commits c JOIN workspaces s ON s.id = c.workspace_id WHERE s.slug = 'acme' \
             AND EXISTS (SELECT 1 FROM affected_instances a WHERE a.repository_id = c.repository_id \
             AND a.head_sha = c.sha AND ",
            $condition,
            ") ORDER BY c.id DESC"
        )
    };
}

async fn instance_id(agent: &Agent, stack: &str, component: &str) -> Result<Value> {
    let reply = agent.call("list_instances", json!({ "stack": stack, "component": component })).await?;
    let id = reply.structured()?["items"][0]["id"].clone();
    anyhow::ensure!(id.is_string(), "no {component} in {stack}");
    Ok(id)
}

/// Adds a pull request of acme/infrastructure whose head affects `late` in `plat-use2-dev`, and the commit that
/// became of it on the branch: squashed, so of another hash.
async fn squash(app: &TestApp) -> Result<()> {
    let repository = "SELECT p.id, p.workspace_id FROM repositories p WHERE p.owner = 'acme' \
         AND p.name = 'infrastructure'";
    for sql in [
        format!(
            "INSERT INTO affected_instances (repository_id, workspace_id, head_sha, stack, component, base_sha, \
             is_dependent, uploaded_at) SELECT r.id, r.workspace_id, 'squash-head', 'plat-use2-dev', 'late', 'base', \
             FALSE, 0 FROM ({repository}) r"
        ),
        format!(
            "INSERT INTO pull_requests (id, workspace_id, repository_id, number, title, author, state, draft, \
             head_sha, head_ref, base_ref, url, created_at, merged_at, github_updated_at) SELECT 'pr_squash', \
             r.workspace_id, r.id, 9001, 'Be late', 'mia', 'merged', FALSE, 'squash-head', 'late', 'main', \
             'https://github.com/acme/9001', 1787300000000000, 1787300000000000, 0 FROM ({repository}) r"
        ),
        format!(
            "INSERT INTO commits (id, workspace_id, repository_id, sha, message, author, committed_at, url, \
             pull_request_number) SELECT 'commit_zz', r.workspace_id, r.id, 'squashed', 'Be late (#9001)', 'mia', \
             1787300000000000, NULL, 9001 FROM ({repository}) r"
        ),
    ] {
        app.db_execute(&sql).await?;
    }
    Ok(())
}

on_both_engines! {
    async fn list_commits(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = commits(&agent, json!({ "component": "vpc", "limit": 100 })).await?;
        let found: Vec<&str> = rows.iter().map(|row| text(row, "/sha")).collect();
        assert!(found.len() > 5, "{found:?}");
        assert_eq!(found, app.db_text(affected!("a.component = 'vpc'")).await?);
        for row in &rows {
            assert_eq!(fields(row), FIELDS);
            let request = &row["pullRequest"];
            assert_eq!(fields(request), ["number", "state", "title", "url"]);
            assert!(["open", "closed", "merged"].contains(&text(request, "/state")), "{request}");
            assert!(text(request, "/url").ends_with(&format!("/pull/{}", request["number"])), "{request}");
        }
    }

    async fn list_commits_has_the_runs_of_each(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = commits(&agent, json!({ "component": "vpc", "stack": "plat-use2-prod" })).await?;
        let mut runs = 0;
        for row in &rows {
            let mut filter = json!({ "sha": row["sha"], "component": "vpc", "stack": "plat-use2-prod" });
            filter["repo"] = row["repo"].clone();
            filter["limit"] = json!(10);
            let reply = agent.call("list_workflow_runs", filter).await?;
            let expected = reply.structured()?["items"].as_array().context("items")?.clone();
            let shown = row["runs"].as_array().context("runs")?;
            assert_eq!(shown.len(), expected.len(), "{row}");
            for (run, expected) in shown.iter().zip(&expected) {
                assert_eq!(fields(run), ["command", "component", "conclusion", "id", "stack", "status", "trigger"]);
                for field in fields(run) {
                    assert_eq!(run[field], expected[field], "{field}");
                }
            }
            runs += shown.len();
        }
        assert!(runs > 0, "no commit of {} has a run", rows.len());
    }

    async fn list_commits_filters_combine(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let here = app.db_text(affected!("a.component = 'vpc' AND a.stack = 'plat-use2-prod'")).await?;
        assert!(!here.is_empty());
        assert_eq!(shas(&agent, json!({ "component": "vpc", "stack": "plat-use2-prod" })).await?, here);
        // An instance stands for its component, stack and repository.
        let id = instance_id(&agent, "plat-use2-prod", "vpc").await?;
        assert_eq!(shas(&agent, json!({ "instanceId": id })).await?, here);
        assert!(shas(&agent, json!({ "instanceId": id, "stack": "plat-use2-dev" })).await?.is_empty());
        let data = app.db_text(affected!(
            "a.component = 'vpc' AND a.repository_id = (SELECT r.id FROM repositories r WHERE r.name = 'data-platform')"
        ));
        assert_eq!(shas(&agent, json!({ "component": "vpc", "repo": "acme/data-platform" })).await?, data.await?);
    }

    async fn list_commits_of_a_window(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let all = commits(&agent, json!({ "component": "vpc", "limit": 100 })).await?;
        let middle = text(&all[all.len() / 2], "/committedAt").to_owned();
        let newer = commits(&agent, json!({ "component": "vpc", "since": middle, "limit": 100 })).await?;
        let older = commits(&agent, json!({ "component": "vpc", "until": middle, "limit": 100 })).await?;
        assert!(!newer.is_empty() && !older.is_empty());
        assert_eq!([newer, older].concat(), all);
    }

    async fn list_commits_gives_the_same_rows_in_pages_of_any_size(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let whole = commits(&agent, json!({ "component": "vpc", "limit": 100 })).await?;
        for limit in [1, 2, 5] {
            assert_eq!(commits(&agent, json!({ "component": "vpc", "limit": limit })).await?, whole, "{limit}");
        }
    }

    async fn list_commits_finds_what_became_of_a_pull_request(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        squash(&app).await?;
        let rows = commits(&agent, json!({ "component": "late" })).await?;
        let expected = json!([{
            "sha": "squashed", "message": "Be late (#9001)", "author": "mia", "committedAt": "2026-08-21T08:13:20Z",
            "repo": "acme/infrastructure", "url": null, "runs": [],
            "pullRequest": {
                "number": 9001, "title": "Be late", "url": "https://github.com/acme/9001", "state": "merged",
            },
        }]);
        assert_eq!(json!(rows), expected);
        // The head itself, if it was pushed, is another commit of the same pull request.
        app.db_execute(
            "INSERT INTO commits (id, workspace_id, repository_id, sha, message, author, committed_at) \
             SELECT 'commit_zy', c.workspace_id, c.repository_id, 'squash-head', 'wip', 'mia', c.committed_at \
             FROM commits c WHERE c.sha = 'squashed'",
        )
        .await?;
        let rows = commits(&agent, json!({ "component": "late", "stack": "plat-use2-dev", "limit": 1 })).await?;
        let found: Vec<(&str, &Value)> =
            rows.iter().map(|row| (text(row, "/sha"), &row["pullRequest"]["number"])).collect();
        assert_eq!(found, [("squashed", &json!(9001)), ("squash-head", &json!(9001))]);
    }

    async fn list_commits_shows_a_message_as_a_reader_would_see_it(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        squash(&app).await?;
        let long = "x".repeat(2_000);
        let message = format!("\u{1b}[31mBe\u{200b} late\u{202e}\n{long}");
        app.db_execute(&format!("UPDATE commits SET message = '{message}' WHERE sha = 'squashed'")).await?;
        let rows = commits(&agent, json!({ "component": "late" })).await?;
        assert_eq!(rows[0]["message"], format!("Be late\n{}", "x".repeat(992)));
    }

    async fn list_commits_says_what_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let required = "Invalid arguments: `component` or `instanceId` is required; list_components shows the \
             components there are";
        let cases = [
            (json!({}), required),
            (json!({ "stack": "plat-use2-prod", "repo": "acme/infrastructure" }), required),
            (json!({ "component": "vpc", "cursor": "made-up" }), FOREIGN_CURSOR),
            (
                json!({ "component": "vpc", "since": "yesterday" }),
                "Invalid arguments: `since` must be a time in RFC 3339, such as 2026-08-21T10:00:00Z, or a date, such \
                 as 2026-08-21 (got `yesterday`)",
            ),
        ];
        refuses(&agent, "list_commits", &cases).await?;
        for filter in [
            json!({ "component": "canary-rival-vpc" }),
            json!({ "instanceId": "inst_nobody" }),
            json!({ "component": "vpc", "repo": "acme/nothing" }),
        ] {
            let reply = agent.call("list_commits", filter.clone()).await?;
            let page = reply.structured()?;
            assert_eq!(page["items"], json!([]), "{filter}");
            let of_instance = format!("no commit of instance {} matches; ", text(&filter, "/instanceId"));
            let start = if filter["instanceId"].is_null() { "no commit matches; " } else { of_instance.as_str() };
            assert!(text(page, "/hint").starts_with(start), "{filter}");
        }
    }

    async fn list_commits_takes_no_cursor_of_another_filter(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let reply = agent.call("list_commits", json!({ "component": "vpc", "limit": 1 })).await?;
        let cursor = reply.structured()?["nextCursor"].clone();
        assert!(cursor.is_string());
        let cases = [(json!({ "component": "vpc", "stack": "plat-use2-prod", "cursor": cursor }), FOREIGN_CURSOR)];
        refuses(&agent, "list_commits", &cases).await?;
    }
}
