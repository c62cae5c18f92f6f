//! Installations, repositories, pull requests and commits.

use serde_json::{Value, json};
use tests::harness::Engine;

use super::{ACME, Github, event, start, with};

const REPOSITORIES: &str = "SELECT w.slug || ' ' || r.owner || '/' || r.name || ' ' || r.status \
     || ' ' || COALESCE(r.default_branch, '-') FROM repositories r JOIN workspaces w ON w.id = r.workspace_id \
     WHERE r.name IN ('new', 'newer') ORDER BY w.slug, r.name";

/// What the demo tells of is older than the tests' present.
const AUDITED: &str = "SELECT category || '.' || action || ' ' || actor_type || ' ' || target_type FROM audit_log \
     WHERE category IN ('github', 'pull_request') AND actor_id = 'webhook' AND at >= 1787306400000000 \
     ORDER BY category, action";

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
