//! `list_repos`, `get_repo`.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, text};

use super::{FOREIGN_CURSOR, all_rows, fields, refuses};

/// What a row of `list_repos` has, and `get_repo` too.
const FIELDS: [&str; 9] =
    ["defaultBranch", "driftedCount", "errorCount", "id", "instanceCount", "lastActivityAt", "name", "owner", "status"];

fn full_name(repo: &Value) -> String {
    format!("{}/{}", text(repo, "/owner"), text(repo, "/name"))
}

/// How many instances of a repository `list_instances` gives.
async fn count_instances(agent: &Agent, repo: &str, statuses: &[&str]) -> Result<usize> {
    let filter = json!({ "repo": repo, "statusFilter": statuses, "limit": 100 });
    Ok(all_rows(agent, "list_instances", filter).await?.len())
}

fn distinct(rows: &[Value], pointer: &str) -> usize {
    rows.iter().map(|row| text(row, pointer)).collect::<BTreeSet<_>>().len()
}

on_both_engines! {
    async fn list_repos(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let reply = agent.call("list_repos", json!({})).await?;
        let page = reply.structured()?;
        let items = page["items"].as_array().context("items")?;
        let shown: Vec<String> = items
            .iter()
            .map(|repo| format!("{} {} {}", full_name(repo), text(repo, "/status"), text(repo, "/defaultBranch")))
            .collect();
        // Newest import first.
        let expected = [
            "northwind-labs/analytics uninstalled main",
            "acme/data-platform active main",
            "acme/platform-services active main",
            "acme/platform-eks active main",
            "acme-billing/billing-legacy suspended master",
            "acme/infrastructure active main",
        ];
        assert_eq!(shown, expected);
        for repo in items {
            assert_eq!(fields(repo), FIELDS);
        }
        assert!(page["nextCursor"].is_null());
    }

    async fn list_repos_counts_what_list_instances_lists(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for repo in all_rows(&agent, "list_repos", json!({})).await? {
            let name = full_name(&repo);
            let counted = json!([
                count_instances(&agent, &name, &[]).await?,
                count_instances(&agent, &name, &["drifted"]).await?,
                count_instances(&agent, &name, &["error"]).await?,
            ]);
            assert_eq!(json!([repo["instanceCount"], repo["driftedCount"], repo["errorCount"]]), counted, "{name}");
        }
    }

    async fn list_repos_of_one_status(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        for (status, count) in [("active", 4), ("suspended", 1), ("uninstalled", 1)] {
            let rows = all_rows(&agent, "list_repos", json!({ "status": status })).await?;
            assert_eq!(rows.len(), count, "{status}");
            assert!(rows.iter().all(|row| row["status"] == status), "{rows:?}");
        }
    }

    async fn list_repos_of_several_statuses(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let broken = json!({ "status": ["suspended", "uninstalled"], "limit": 1 });
        let rows = all_rows(&agent, "list_repos", broken).await?;
        let statuses: Vec<&str> = rows.iter().map(|row| text(row, "/status")).collect();
        assert_eq!(statuses, ["uninstalled", "suspended"]);
    }

    async fn list_repos_says_what_to_do_about_an_empty_list(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        app.db_execute("UPDATE repositories SET status = 'active'").await?;
        let reply = agent.call("list_repos", json!({ "status": "suspended" })).await?;
        let page = reply.structured()?;
        assert_eq!(page["items"], json!([]));
        assert!(text(page, "/hint").starts_with("no repository; "), "{page}");
    }

    async fn list_repos_gives_the_same_rows_in_pages_of_any_size(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let whole = all_rows(&agent, "list_repos", json!({ "limit": 100 })).await?;
        for limit in [1, 2, 5, 6] {
            assert_eq!(all_rows(&agent, "list_repos", json!({ "limit": limit })).await?, whole, "limit {limit}");
        }
    }

    async fn list_repos_names_the_argument_that_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "stauts": "active" }),
                "Invalid arguments: unknown field `stauts`, expected one of `status`, `limit`, `cursor`",
            ),
            (
                json!({ "status": "gone" }),
                "Invalid arguments: `status`: must be one of `active`, `suspended`, `uninstalled` (got `gone`)",
            ),
            (json!({ "limit": 0 }), "Invalid arguments: `limit`: must be between 1 and 100 (got 0)"),
            (json!({ "limit": 101 }), "Invalid arguments: `limit`: must be between 1 and 100 (got 101)"),
            (json!({ "cursor": "made-up" }), FOREIGN_CURSOR),
        ];
        refuses(&agent, "list_repos", &cases).await?;
    }

    async fn get_repo(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let reply = agent.call("get_repo", json!({ "owner": "acme", "repo": "infrastructure" })).await?;
        let repo = reply.structured()?;
        let mut expected = FIELDS.to_vec();
        expected.extend(["componentCount", "installation", "stackCount", "statusCounts"]);
        expected.sort_unstable();
        assert_eq!(fields(repo), expected);
        assert_eq!((text(repo, "/status"), text(repo, "/defaultBranch")), ("active", "main"));
        // 412 days before the tests play.
        let installation = json!({ "githubId": 51_804_417, "account": "acme", "statusSince": "2025-07-05T10:00:00Z" });
        assert_eq!(repo["installation"], installation);
    }

    async fn get_repo_counts_add_up(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let reply = agent.call("get_repo", json!({ "owner": "acme", "repo": "infrastructure" })).await?;
        let repo = reply.structured()?;
        let counts = repo["statusCounts"].as_object().context("statusCounts")?;
        let sum: u64 = counts.values().filter_map(Value::as_u64).sum();
        // The demo's infrastructure repository has 124 instances.
        assert_eq!((counts.len(), sum), (8, 124), "{counts:?}");
        let orphaned = counts["orphaned"].as_u64().context("orphaned")?;
        assert_eq!(repo["instanceCount"], json!(sum - orphaned));
        assert_eq!((&repo["driftedCount"], &repo["errorCount"]), (&counts["drifted"], &counts["error"]));
        let filter = json!({ "repo": "acme/infrastructure", "limit": 100 });
        let rows = all_rows(&agent, "list_instances", filter).await?;
        assert_eq!(repo["instanceCount"], json!(rows.len()));
        assert_eq!(repo["stackCount"], json!(distinct(&rows, "/stack")));
        assert_eq!(repo["componentCount"], json!(distinct(&rows, "/component")));
    }

    async fn get_repo_says_how_to_find_one(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (
                json!({ "owner": "acme", "repo": "nothing" }),
                "no repository acme/nothing in this workspace; list_repos shows those there are",
            ),
            (json!({ "owner": "acme" }), "Invalid arguments: missing field `repo`"),
            (
                json!({ "owner": "acme", "repo": "infrastructure", "workspace": "rival" }),
                "Invalid arguments: unknown field `workspace`, expected `owner` or `repo`",
            ),
        ];
        refuses(&agent, "get_repo", &cases).await?;
    }
}
