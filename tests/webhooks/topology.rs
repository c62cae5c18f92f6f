//! Installations, repositories, pull requests and commits.

use anyhow::{Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use tests::harness::{Engine, TestApp};

use super::{ACME, Github, event, start, with};

const REPOSITORIES: &str = "SELECT w.slug || ' ' || r.owner || '/' || r.name || ' ' || r.status \
     || ' ' || COALESCE(r.default_branch, '-') FROM repositories r JOIN workspaces w ON w.id = r.workspace_id \
     WHERE r.name IN ('new', 'newer') ORDER BY w.slug, r.name";

/// What the demo tells of is older than the tests' present.
const AUDITED: &str = "SELECT category || '.' || action || ' ' || actor_type || ' ' || target_type FROM audit_log \
     WHERE category IN ('github', 'pull_request') AND actor_id = 'webhook' AND at >= 1787306400000000 \
     ORDER BY category, action";

/// Repositories with numbers in their names, as those of these tests have.
const NUMBERED: &str = "SELECT CASE WHEN r.name LIKE '%~%' THEN 'set aside' ELSE r.name END || ' ' || r.status || ' ' \
     || COALESCE(CAST(r.github_id AS TEXT), '-') FROM repositories r WHERE r.name LIKE 'infra-%' \
     ORDER BY r.github_id, r.id";

/// Which repositories the runs are of, by GitHub's ids.
const RUNS: &str = "SELECT CAST(r.github_run_id AS TEXT) || ' ' || COALESCE(CAST(p.github_id AS TEXT), '-') \
     FROM workflow_runs r JOIN repositories p ON p.id = r.repository_id WHERE p.name LIKE 'infra-%' \
     ORDER BY r.github_run_id";

/// Repositories that the installation has (`added`) or no longer has (`removed`), with their ids.
fn membership(action: &str, at: &str, repositories: &[(i64, &str)]) -> Value {
    let list: Vec<Value> =
        repositories.iter().map(|(id, name)| json!({ "id": id, "full_name": format!("acme/{name}") })).collect();
    let mut event = json!({ "action": action, "installation": { "id": ACME, "updated_at": at } });
    event[format!("repositories_{action}")] = json!(list);
    event
}

/// `event` of the repository with an id, as it was at a time.
fn of((id, at): (i64, &str), mut event: Value) -> Value {
    event["repository"]["id"] = json!(id);
    event["repository"]["updated_at"] = json!(at);
    event
}

fn renamed(id: i64, at: &str, from: &str, to: &str) -> Value {
    of((id, at), event(to, "renamed", "changes", json!({ "repository": { "name": { "from": from } } })))
}

/// A run of the repository with an id, under the name that it has at a time.
fn run(number: i64, (id, at): (i64, &str), name: &str) -> Value {
    let run = json!({
        "id": number, "run_attempt": 1, "name": "Plan", "display_title": "Plan", "event": "workflow_dispatch",
        "path": ".github/workflows/plan.yaml", "status": "queued", "head_branch": "main", "created_at": at,
        "updated_at": at,
    });
    of((id, at), event(name, "requested", "workflow_run", run))
}

async fn upload(app: &TestApp, token: &str, name: &str) -> Result<()> {
    let inventory = json!({
        "repo_owner": "acme", "repo_name": name, "instances": [{ "component": "vpc", "stack": "dev" }],
    });
    let reply = app.upload(token, &inventory).await?;
    ensure!(reply.status == 200, "{}", reply.body);
    Ok(())
}

/// Pull request 12.
fn pull_request(action: &str, state: &Value) -> Value {
    let pull_request = json!({
        "number": 12, "title": "Add vpc", "user": { "login": "mia" }, "state": "open", "draft": false,
        "merged": false, "html_url": "https://github.com/acme/new/pull/12",
        "head": { "ref": "vpc", "sha": "ec26c3e57ca3a959ca5aad62de7213c562f8c821" }, "base": { "ref": "main" },
        "created_at": "2026-08-21T08:00:00Z", "updated_at": "2026-08-21T08:00:00Z", "merged_at": null,
        "closed_at": null,
    });
    event("new", action, "pull_request", with(pull_request, state))
}

on_both_engines! {
    async fn repositories_come_rename_and_go(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        github.add_repositories(&["new".to_owned()]).await?;
        github.add_repositories(&["new".to_owned()]).await?;
        assert_eq!(app.db_text(REPOSITORIES).await?, ["acme acme/new active -"]);
        let renamed = event("newer", "renamed", "changes", json!({ "repository": { "name": { "from": "new" } } }));
        github.apply("repository", &renamed).await?;
        assert_eq!(app.db_text(REPOSITORIES).await?, ["acme acme/newer active main"]);
        let removed = json!({
            "action": "removed", "installation": { "id": ACME },
            "repositories_removed": [{ "full_name": "Acme/Newer" }],
        });
        github.apply("installation_repositories", &removed).await?;
        github.apply("installation_repositories", &removed).await?;
        assert_eq!(app.db_text(REPOSITORIES).await?, ["acme acme/newer uninstalled main"]);
        assert_eq!(app.db_text(AUDITED).await?.len(), 2);
    }

    async fn an_event_under_the_new_name_may_come_before_the_renaming(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        let added = membership("added", "2026-08-21T08:00:00Z", &[(4_711, "infra-1")]);
        github.apply("installation_repositories", &added).await?;
        github.apply("workflow_run", &run(1, (4_711, "2026-08-21T09:00:00Z"), "infra-2")).await?;
        github.apply("repository", &renamed(4_711, "2026-08-21T09:00:00Z", "infra-1", "infra-2")).await?;
        // One that was sent under the old name is late, and so is the repetition of the first event.
        github.apply("workflow_run", &run(2, (4_711, "2026-08-21T08:30:00Z"), "infra-1")).await?;
        github.apply("installation_repositories", &added).await?;
        assert_eq!(app.db_text(NUMBERED).await?, ["infra-2 active 4711"]);
        assert_eq!(app.db_text(RUNS).await?, ["1 4711", "2 4711"]);
    }

    async fn renamings_may_come_in_any_order(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        let both = [(4_711, "infra-1"), (4_712, "infra-2")];
        let added = membership("added", "2026-08-21T08:00:00Z", &both);
        github.apply("installation_repositories", &added).await?;
        // First 2 became 3, and then 1 became 2.
        github.apply("repository", &renamed(4_711, "2026-08-21T09:01:00Z", "infra-1", "infra-2")).await?;
        github.apply("repository", &renamed(4_712, "2026-08-21T09:00:00Z", "infra-2", "infra-3")).await?;
        assert_eq!(app.db_text(NUMBERED).await?, ["infra-2 active 4711", "infra-3 active 4712"]);
        // And back again, the later event first.
        github.apply("repository", &renamed(4_712, "2026-08-21T09:03:00Z", "infra-4", "infra-5")).await?;
        github.apply("repository", &renamed(4_712, "2026-08-21T09:02:00Z", "infra-3", "infra-4")).await?;
        github.apply("workflow_run", &run(1, (4_712, "2026-08-21T09:04:00Z"), "infra-5")).await?;
        assert_eq!(app.db_text(NUMBERED).await?, ["infra-2 active 4711", "infra-5 active 4712"]);
        assert_eq!(app.db_text(RUNS).await?, ["1 4712"]);
    }

    async fn an_upload_under_the_new_name_leaves_one_active_repository(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        let added = membership("added", "2026-08-21T08:00:00Z", &[(4_711, "infra-1")]);
        github.apply("installation_repositories", &added).await?;
        let token = app.workspace_token("acme").await?;
        upload(&app, &token, "infra-1").await?;
        upload(&app, &token, "infra-2").await?;
        github.apply("repository", &renamed(4_711, "2026-08-21T09:00:00Z", "infra-1", "infra-2")).await?;
        let mut rows = app.db_text(NUMBERED).await?;
        rows.sort();
        assert_eq!(rows, ["infra-2 active 4711", "set aside uninstalled -"]);
        // What is uploaded from now on goes to the repository of before.
        upload(&app, &token, "infra-2").await?;
        let mut after = app.db_text(NUMBERED).await?;
        after.sort();
        assert_eq!(after, rows);
    }

    async fn a_new_repository_does_not_inherit_from_one_of_its_name(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        let added = membership("added", "2026-08-21T08:00:00Z", &[(4_711, "infra-1")]);
        github.apply("installation_repositories", &added).await?;
        github.apply("workflow_run", &run(1, (4_711, "2026-08-21T08:30:00Z"), "infra-1")).await?;
        let deleted = of((4_711, "2026-08-21T09:00:00Z"), event("infra-1", "deleted", "sender", json!(null)));
        github.apply("repository", &deleted).await?;
        // Another one, of which nobody has heard yet.
        let other = run(2, (4_712, "2026-08-21T09:30:00Z"), "infra-1");
        assert_eq!(github.send("workflow_run", &other).await?, "ignored");
        let added = membership("added", "2026-08-21T09:20:00Z", &[(4_712, "infra-1")]);
        github.apply("installation_repositories", &added).await?;
        github.apply("workflow_run", &other).await?;
        assert_eq!(app.db_text(NUMBERED).await?, ["set aside uninstalled 4711", "infra-1 active 4712"]);
        assert_eq!(app.db_text(RUNS).await?, ["1 4711", "2 4712"]);
    }

    async fn what_nobody_had_can_be_delivered_again(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        let body = run(1, (4_711, "2026-08-21T08:30:00Z"), "infra-1").to_string();
        let mut outcomes = Vec::new();
        for round in 0..3 {
            let mut request = github.request("workflow_run", &body).build()?;
            request.headers_mut().insert("x-github-delivery", "the-same".parse()?);
            let reply: Value = Client::new().execute(request).await?.json().await?;
            outcomes.push(reply["outcome"].clone());
            if round == 0 {
                let added = membership("added", "2026-08-21T08:00:00Z", &[(4_711, "infra-1")]);
                github.apply("installation_repositories", &added).await?;
            }
        }
        assert_eq!(outcomes, ["ignored", "applied", "duplicate"]);
        assert_eq!(app.db_text(RUNS).await?, ["1 4711"]);
    }

    async fn an_older_event_does_not_bring_back_a_default_branch(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        let added = membership("added", "2026-08-21T08:00:00Z", &[(4_711, "new")]);
        github.apply("installation_repositories", &added).await?;
        let changes = json!({ "default_branch": { "from": "main" } });
        let mut edited = of((4_711, "2026-08-21T09:00:00Z"), event("new", "edited", "changes", changes));
        edited["repository"]["default_branch"] = json!("trunk");
        github.apply("repository", &edited).await?;
        let push = event("new", "", "ref", json!("refs/heads/main"));
        github.apply("push", &of((4_711, "2026-08-21T08:59:00Z"), push)).await?;
        let publicized = event("new", "publicized", "changes", json!({}));
        github.apply("repository", &of((4_711, "2026-08-21T08:58:00Z"), publicized)).await?;
        assert_eq!(app.db_text(REPOSITORIES).await?, ["acme acme/new active trunk"]);
    }

    async fn the_later_word_on_what_an_installation_has_counts(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        for (action, at, status) in [
            ("added", "2026-08-21T08:00:00Z", "active"),
            ("removed", "2026-08-21T07:59:00Z", "active"),
            ("removed", "2026-08-21T08:01:00Z", "uninstalled"),
            ("added", "2026-08-21T08:00:00Z", "uninstalled"),
            ("added", "2026-08-21T08:02:00Z", "active"),
        ] {
            let event = membership(action, at, &[(4_711, "new")]);
            github.apply("installation_repositories", &event).await?;
            assert_eq!(app.db_text(REPOSITORIES).await?, [format!("acme acme/new {status} -")], "{action} {at}");
        }
    }

    async fn the_later_word_on_a_suspension_counts(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        github.add_repositories(&["new".to_owned()]).await?;
        for (action, at, status) in [
            ("suspend", "2026-08-21T09:10:00Z", "suspended"),
            ("unsuspend", "2026-08-21T09:05:00Z", "suspended"),
            ("unsuspend", "2026-08-21T09:20:00Z", "active"),
            // The end of the suspension was heard of later than this happened.
            ("suspend", "2026-08-21T09:30:00Z", "suspended"),
        ] {
            let suspended_at = (action == "suspend").then_some(at);
            let installation = json!({ "id": ACME, "updated_at": at, "suspended_at": suspended_at });
            github.apply("installation", &json!({ "action": action, "installation": installation })).await?;
            assert_eq!(app.db_text(REPOSITORIES).await?, [format!("acme acme/new {status} -")], "{action} {at}");
        }
    }

    async fn repositories_follow_their_installation(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        github.add_repositories(&["new".to_owned()]).await?;
        let change = |action: &str| {
            json!({
                "action": action,
                "installation": { "id": ACME, "account": { "login": "acme" }, "created_at": 1_557_933_591,
                    "updated_at": "2026-08-21T09:30:00.000Z",
                    "suspended_at": (action == "suspend").then_some("2026-08-21T09:30:00Z") },
            })
        };
        for (action, status) in [
            ("suspend", "suspended"),
            ("unsuspend", "active"),
            // Of half an hour before: late.
            ("suspend", "active"),
            ("deleted", "uninstalled"),
            // Nothing comes after the end.
            ("unsuspend", "uninstalled"),
        ] {
            github.apply("installation", &change(action)).await?;
            assert_eq!(app.db_text(REPOSITORIES).await?, [format!("acme acme/new {status} -")], "{action}");
        }
    }

    async fn an_installation_that_nobody_linked_gives_nothing(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        let created = json!({
            "action": "created", "installation": { "id": 4_711, "account": { "login": "acme" } },
            "repositories": [{ "full_name": "acme/new" }],
        });
        assert_eq!(github.send("installation", &created).await?, "ignored");
        // A repository that belongs to an installation does not hear of another one.
        let mut push = event("infrastructure", "", "ref", json!("refs/heads/main"));
        push["installation"]["id"] = json!(4_711);
        assert_eq!(github.send("push", &push).await?, "ignored");
        push["installation"] = json!(null);
        assert_eq!(github.send("push", &push).await?, "applied");
        assert!(app.db_text(REPOSITORIES).await?.is_empty());
    }

    async fn nobody_listens_to_a_repository_by_uploading_under_its_name(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        let token = app.workspace_token("rival").await?;
        let inventory = json!({
            "repo_owner": "victim", "repo_name": "infra", "instances": [{ "component": "vpc", "stack": "dev" }],
        });
        assert_eq!(app.upload(&token, &inventory).await?.status, 200);
        let mut push = event("infra", "", "ref", json!("refs/heads/main"));
        push["repository"]["full_name"] = json!("victim/infra");
        // Nobody linked the victim's installation; then it is linked to the victim's workspace.
        push["installation"]["id"] = json!(4_711);
        assert_eq!(github.send("push", &push).await?, "ignored");
        push["installation"]["id"] = json!(ACME);
        assert_eq!(github.send("push", &push).await?, "ignored");
        // The operator's secret signed a webhook that was set up by hand.
        push["installation"] = json!(null);
        assert_eq!(github.send("push", &push).await?, "applied");
        app.db_execute("UPDATE repositories SET host = 'ghe.example' WHERE owner = 'victim'").await?;
        assert_eq!(github.send("push", &push).await?, "ignored");
    }

    async fn a_pull_request_stays_merged_when_older_events_come_late(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        github.add_repositories(&["new".to_owned()]).await?;
        let labeled = json!({ "updated_at": "2026-08-21T08:05:00Z", "title": "Add a vpc" });
        let merged = json!({
            "state": "closed", "merged": true, "updated_at": "2026-08-21T08:05:00Z",
            "merged_at": "2026-08-21T08:05:00Z", "closed_at": "2026-08-21T08:05:00Z",
        });
        github.apply("pull_request", &pull_request("opened", &json!({}))).await?;
        github.apply("pull_request", &pull_request("closed", &merged)).await?;
        github.apply("pull_request", &pull_request("labeled", &labeled)).await?;
        github.apply("pull_request", &pull_request("opened", &json!({}))).await?;
        let rows = app
            .db_text(
                "SELECT q.state || ' ' || q.title || ' ' || q.author || ' ' || q.head_ref || ' ' \
                 || COALESCE(CAST(q.merged_at AS TEXT), '-') FROM pull_requests q \
                 JOIN repositories p ON p.id = q.repository_id WHERE p.name = 'new'",
            )
            .await?;
        assert_eq!(rows, ["merged Add vpc mia vpc 1787299500000000"]);
        let audited = app.db_text(AUDITED).await?;
        assert_eq!(audited, [
            "github.repository_imported github_app repository",
            "pull_request.merged github_app pull_request",
            "pull_request.opened github_app pull_request",
        ]);
    }

    async fn a_commit_of_the_future_counts_as_now(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        github.add_repositories(&["new".to_owned()]).await?;
        let commits = json!([
            { "id": "a1", "message": "Add vpc", "timestamp": "2099-01-01T00:00:00Z" },
            { "id": "b2", "message": "Fix vpc", "timestamp": "2026-08-21T09:00:00Z" },
        ]);
        let mut push = event("new", "", "commits", commits);
        push["ref"] = json!("refs/heads/main");
        github.apply("push", &push).await?;
        let rows = app
            .db_text(
                "SELECT c.sha || ' ' || CAST(c.committed_at AS TEXT) FROM commits c \
                 JOIN repositories p ON p.id = c.repository_id WHERE p.name = 'new' ORDER BY c.sha",
            )
            .await?;
        assert_eq!(rows, ["a1 1787306400000000", "b2 1787302800000000"]);
    }

    async fn commits_are_those_of_the_default_branch(engine: Engine) {
        let app = start(engine).await?;
        let github = Github::new(&app);
        github.add_repositories(&["new".to_owned()]).await?;
        let commits = json!([
            { "id": "a1", "message": "Merge pull request #12 from acme/vpc", "timestamp": "2026-08-21T10:05:00+02:00",
              "url": "https://github.com/acme/new/commit/a1", "author": { "name": "Mia", "username": "mia" } },
            { "id": "b2", "message": "Fix\u{0} vpc", "timestamp": "2026-08-21T08:06:00Z", "author": { "name": "Mia" } },
            { "id": "a1", "message": "twice", "timestamp": "2026-08-21T08:05:00Z" },
        ]);
        let mut push = event("new", "", "commits", commits);
        push["ref"] = json!("refs/heads/vpc");
        assert_eq!(github.send("push", &push).await?, "ignored");
        push["ref"] = json!("refs/heads/main");
        github.apply("push", &push).await?;
        github.apply("push", &push).await?;
        let rows = app
            .db_text(
                "SELECT c.sha || ' ' || c.author || ' ' || CAST(c.committed_at AS TEXT) || ' ' \
                 || COALESCE(CAST(c.pull_request_number AS TEXT), '-') || ' ' || c.message FROM commits c \
                 JOIN repositories p ON p.id = c.repository_id WHERE p.name = 'new' ORDER BY c.sha",
            )
            .await?;
        assert_eq!(rows, [
            "a1 mia 1787299500000000 12 Merge pull request #12 from acme/vpc",
            "b2 Mia 1787299560000000 - Fix vpc",
        ]);
    }
}
