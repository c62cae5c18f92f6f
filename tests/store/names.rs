//! Repositories are found by their names as GitHub would: the case of letters does not matter.

use serde_json::{Value, json};
use tests::harness::{Engine, Fixture};

use crate::catalog::all_rows;

/// Lists with a filter by repository.
const LISTS: [(&str, &str); 8] = [
    ("list_badge_tokens", "{}"),
    ("list_commits", r#"{ "component": "vpc" }"#),
    ("list_components", "{}"),
    ("list_deployments", "{}"),
    ("list_instances", "{}"),
    ("list_pull_requests", "{}"),
    ("list_stacks", "{}"),
    ("list_workflow_runs", r#"{ "since": "2026-08-20" }"#),
];

on_both_engines! {
    async fn lists_know_a_repository_in_any_case(engine: Engine) {
        let app = Fixture::new(engine).limits(100_000, 100_000).start().await?;
        let agent = app.agent("mia").await?;
        for (list, filter) in LISTS {
            let mut filter: Value = serde_json::from_str(filter)?;
            filter["limit"] = json!(100);
            filter["repo"] = json!("acme/infrastructure");
            let rows = all_rows(&agent, list, filter.clone()).await?;
            assert!(!rows.is_empty(), "{list}");
            filter["repo"] = json!("ACME/Infrastructure");
            assert_eq!(all_rows(&agent, list, filter).await?, rows, "{list}");
        }
    }

    async fn one_repository_and_what_is_in_it_are_found_in_any_case(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let newest = all_rows(&agent, "list_pull_requests", json!({ "repo": "acme/infrastructure" })).await?;
        let request = |owner: &str, repo: &str| json!({ "owner": owner, "repo": repo, "number": newest[0]["number"] });
        for (tool, known, other) in [
            (
                "get_repo",
                json!({ "owner": "acme", "repo": "infrastructure" }),
                json!({ "owner": "Acme", "repo": "INFRASTRUCTURE" }),
            ),
            ("get_pull_request", request("acme", "infrastructure"), request("ACME", "Infrastructure")),
            (
                "get_stack",
                json!({ "stack": "plat-use2-prod", "repo": "acme/infrastructure" }),
                json!({ "stack": "plat-use2-prod", "repo": "ACME/infrastructure" }),
            ),
        ] {
            let (known, other) = (agent.call(tool, known).await?, agent.call(tool, other).await?);
            assert_eq!(other.structured()?, known.structured()?, "{tool}");
        }
    }

    async fn a_name_stands_for_the_repository_of_the_own_workspace(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let filter = json!({ "repo": "acme/infrastructure", "limit": 100 });
        let before = all_rows(&agent, "list_instances", filter.clone()).await?;
        // The rival has one of the same name now, with an id that comes before all.
        app.db_execute(
            "INSERT INTO repositories (id, workspace_id, host, owner, name, status, created_at) \
             SELECT 'repo_0', w.id, 'github.com', 'Acme', 'Infrastructure', 'active', 0 FROM workspaces w \
             WHERE w.slug = 'rival'",
        )
        .await?;
        assert_eq!(all_rows(&agent, "list_instances", filter).await?, before);
    }
}
