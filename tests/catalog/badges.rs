//! `list_badge_types`, `list_badge_tokens`, `render_badge`.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, query, text};
use url::Url;

use super::{FOREIGN_CURSOR, all_rows, fields, refuses};
use crate::web::badges::Picture;

/// The types, in the order of the documentation.
const TYPES: [&str; 4] = ["drift_status", "deployment_status", "workflow_status", "instance_health"];

const TYPE_ERROR: &str = "Invalid arguments: `type`: must be one of `drift_status`, `deployment_status`, \
     `workflow_status`, `instance_health` (got `drift`)";

/// The first row of `list_badge_tokens` of an active repository, with its owner and name.
async fn first_token(agent: &Agent) -> Result<(Value, String, String)> {
    let rows = all_rows(agent, "list_badge_tokens", json!({})).await?;
    let row = rows.into_iter().find(|row| text(row, "/repo").starts_with("acme/")).context("a badge token")?;
    let (owner, name) = text(&row, "/repo").split_once('/').context("owner/name")?;
    let (owner, name) = (owner.to_owned(), name.to_owned());
    Ok((row, owner, name))
}

async fn render(agent: &Agent, arguments: Value) -> Result<Value> {
    Ok(agent.call("render_badge", arguments).await?.structured()?.clone())
}

/// A parameter of a badge's URL.
fn parameter(badge: &Value, name: &str) -> Result<Option<String>> {
    Ok(query(&Url::parse(text(badge, "/url"))?, name))
}

/// `owner/name` of Acme's repositories with a token in force, newest token first.
async fn repos_with_token(app: &TestApp) -> Result<Vec<String>> {
    app.db_text(
        "SELECT r.owner || '/' || r.name FROM badge_tokens t JOIN repositories r ON r.id = t.repository_id \
         JOIN workspaces w ON w.id = t.workspace_id WHERE w.slug = 'acme' AND t.revoked_at IS NULL ORDER BY t.id DESC",
    )
    .await
}

on_both_engines! {
    async fn list_badge_types(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let rows = all_rows(&agent, "list_badge_types", json!({})).await?;
        let types: Vec<&str> = rows.iter().map(|row| text(row, "/type")).collect();
        assert_eq!(types, TYPES);
        for row in &rows {
            assert_eq!(fields(row), ["description", "exampleUrl", "parameters", "title", "type"]);
            let parameters = row["parameters"].as_array().context("parameters")?;
            let names: Vec<&str> = parameters.iter().map(|parameter| text(parameter, "/name")).collect();
            assert_eq!(names, ["type", "token", "repo", "stack", "component", "label", "style"]);
            let required = parameters.iter().filter(|parameter| parameter["required"] == true).count();
            assert_eq!((required, &parameters[0]["values"]), (2, &row["type"]));
            assert_eq!(parameters[6]["values"], "flat, flat-square, for-the-badge");
            // The placeholder is no token, but already a picture.
            let picture = Picture::open(text(row, "/exampleUrl")).await?;
            assert!(picture.says().ends_with(": unknown"), "{}", picture.says());
        }
    }

    async fn list_badge_types_names_what_the_endpoint_serves(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let (_, owner, name) = first_token(&agent).await?;
        for row in all_rows(&agent, "list_badge_types", json!({})).await? {
            let arguments = json!({ "type": row["type"], "owner": owner, "repo": name });
            let picture = Picture::open(text(&render(&agent, arguments).await?, "/url")).await?;
            assert!(!picture.says().starts_with("badge:"), "{row}: {}", picture.says());
            assert!(!picture.says().ends_with(": unknown"), "{row}: {}", picture.says());
        }
    }

    async fn list_badge_types_gives_the_same_rows_in_pages_of_any_size(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let whole = all_rows(&agent, "list_badge_types", json!({})).await?;
        for limit in 1..=5 {
            assert_eq!(all_rows(&agent, "list_badge_types", json!({ "limit": limit })).await?, whole, "limit {limit}");
        }
        refuses(&agent, "list_badge_types", &[(json!({ "cursor": "made-up" }), FOREIGN_CURSOR)]).await?;
    }

    async fn list_badge_tokens(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        app.db_execute("UPDATE badge_tokens SET last_used_at = NULL").await?;
        let rows = all_rows(&agent, "list_badge_tokens", json!({})).await?;
        let repos: Vec<&str> = rows.iter().map(|row| text(row, "/repo")).collect();
        assert_eq!(repos, repos_with_token(&app).await?);
        assert!(!rows.is_empty());
        for row in &rows {
            assert_eq!(fields(row), ["createdAt", "id", "lastUsedAt", "markdown", "repo", "types", "url"]);
            assert_eq!((&row["types"], &row["lastUsedAt"]), (&json!(TYPES), &Value::Null));
            let (url, repo) = (text(row, "/url"), text(row, "/repo"));
            assert!(url.starts_with(&app.url("/api/badge?type=drift_status&")), "{url}");
            assert_eq!(parameter(row, "repo")?.as_deref(), Some(repo));
            assert!(text(row, "/markdown").contains(&format!("]({url})]({})", app.url("/"))), "{row}");
            Picture::open(url).await?;
        }
        let again = all_rows(&agent, "list_badge_tokens", json!({})).await?;
        let now = app.app().clock.now().to_string();
        assert!(again.iter().all(|row| text(row, "/lastUsedAt") == now), "{again:?}");
    }

    async fn list_badge_tokens_of_one_repository(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let (row, ..) = first_token(&agent).await?;
        let found = all_rows(&agent, "list_badge_tokens", json!({ "repo": row["repo"] })).await?;
        assert_eq!(found, [row]);
        for repo in ["acme/nothing", "canary-rival/canary-rival-infrastructure"] {
            let reply = agent.call("list_badge_tokens", json!({ "repo": repo })).await?;
            let page = reply.structured()?;
            assert_eq!((&page["items"], &page["nextCursor"]), (&json!([]), &Value::Null));
            assert!(text(page, "/hint").contains("badge-token create"), "{page}");
        }
    }

    async fn list_badge_tokens_gives_the_same_rows_in_pages_of_any_size(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        // Every repository has one.
        app.db_execute(
            "INSERT INTO badge_tokens (id, workspace_id, repository_id, generation, created_at) \
             SELECT 'badge_' || r.id, r.workspace_id, r.id, 100, 0 FROM repositories r \
             WHERE r.id <> '' ON CONFLICT DO NOTHING",
        )
        .await?;
        let whole = all_rows(&agent, "list_badge_tokens", json!({ "limit": 100 })).await?;
        assert_eq!(whole.len(), all_rows(&agent, "list_repos", json!({})).await?.len());
        for limit in [1, 2, 5] {
            assert_eq!(all_rows(&agent, "list_badge_tokens", json!({ "limit": limit })).await?, whole, "limit {limit}");
        }
    }

    async fn list_badge_tokens_names_the_argument_that_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (json!({ "repo": "acme" }), "Invalid arguments: `repo` must be owner/name (got `acme`)"),
            (json!({ "limit": 0 }), "Invalid arguments: `limit`: must be between 1 and 100 (got 0)"),
            (json!({ "cursor": "made-up" }), FOREIGN_CURSOR),
            (
                json!({ "workspace": "rival" }),
                "Invalid arguments: unknown field `workspace`, expected one of `repo`, `limit`, `cursor`",
            ),
        ];
        refuses(&agent, "list_badge_tokens", &cases).await?;
    }

    async fn render_badge(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let (row, owner, name) = first_token(&agent).await?;
        let badge = render(&agent, json!({ "type": "drift_status", "owner": owner, "repo": name })).await?;
        assert_eq!(badge, json!({ "url": row["url"], "markdown": row["markdown"] }));
        assert_ne!(Picture::open(text(&badge, "/url")).await?.says(), "drift: unknown");

        let instances = all_rows(&agent, "list_instances", json!({ "repo": row["repo"] })).await?;
        let instance = instances.first().context("an instance")?;
        let arguments = json!({
            "type": "drift_status", "owner": owner, "repo": name, "stack": instance["stack"],
            "component": instance["component"], "label": "my [drift]", "style": "for-the-badge",
        });
        let badge = render(&agent, arguments).await?;
        assert!(text(&badge, "/markdown").starts_with("[![my \\[drift\\]]("), "{badge}");
        for (name, value) in [
            ("stack", text(instance, "/stack")),
            ("component", text(instance, "/component")),
            ("label", "my [drift]"),
            ("style", "for-the-badge"),
        ] {
            assert_eq!(parameter(&badge, name)?.as_deref(), Some(value), "{badge}");
        }
        let picture = Picture::open(text(&badge, "/url")).await?;
        assert!(picture.says().starts_with("my [drift]: "), "{}", picture.says());
        assert!(picture.svg.contains("MY [DRIFT]"), "{}", picture.svg);
    }

    async fn render_badge_says_what_is_missing(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let without = "SELECT r.owner || '/' || r.name FROM repositories r JOIN workspaces w ON w.id = r.workspace_id \
             WHERE w.slug = 'acme' AND NOT EXISTS (SELECT 1 FROM badge_tokens t \
             WHERE t.repository_id = r.id AND t.revoked_at IS NULL)";
        app.db_execute("UPDATE badge_tokens SET revoked_at = 1 WHERE generation > 0").await?;
        let mut repos = app.db_text(without).await?;
        repos.extend(["acme/nothing", "canary-rival/canary-rival-infrastructure"].map(ToOwned::to_owned));
        for repo in &repos {
            let (owner, name) = repo.split_once('/').context("owner/name")?;
            let badge = render(&agent, json!({ "type": "instance_health", "owner": owner, "repo": name })).await?;
            assert_eq!(parameter(&badge, "token")?.as_deref(), Some("BADGE_TOKEN"), "{badge}");
            let note = text(&badge, "/note");
            assert!(note.starts_with(&format!("{repo} has no badge token in this workspace")), "{note}");
            assert_eq!(Picture::open(text(&badge, "/url")).await?.says(), "instances: unknown");
        }
        let badge = render(&agent, json!({ "type": "instance_health" })).await?;
        assert!(text(&badge, "/note").contains("with `owner` and `repo` the token is filled in"), "{badge}");
        assert!(text(&badge, "/markdown").starts_with("[![Instance health]("), "{badge}");
    }

    async fn render_badge_says_that_there_is_no_such_stack_or_component(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let (row, owner, name) = first_token(&agent).await?;
        for (stack, component, part) in [
            (Some("nothing"), None, "nothing"),
            (None, Some("no\u{202e}thing"), "nothing"),
            (Some("plat-use2-prod"), Some("nothing"), "nothing in plat-use2-prod"),
        ] {
            let mut arguments = json!({ "type": "drift_status", "owner": owner, "repo": name });
            for (name, value) in [("stack", stack), ("component", component)] {
                if let Some(value) = value {
                    arguments[name] = value.into();
                }
            }
            let badge = render(&agent, arguments).await?;
            let note = format!("{} has no instance of {part}, so the badge shows \"unknown\"", text(&row, "/repo"));
            assert!(text(&badge, "/note").starts_with(&note), "{badge}");
            assert!(!text(&badge, "/markdown").contains('\u{202e}'), "{badge}");
            assert_eq!(Picture::open(text(&badge, "/url")).await?.says(), "drift: unknown");
        }
    }

    async fn render_badge_names_the_argument_that_is_wrong(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let agent = app.agent("mia").await?;
        let cases = [
            (json!({}), "Invalid arguments: missing field `type`"),
            (json!({ "type": "drift" }), TYPE_ERROR),
            (
                json!({ "type": "drift_status", "style": "3d" }),
                "Invalid arguments: `style`: must be one of `flat`, `flat-square`, `for-the-badge` (got `3d`)",
            ),
            (
                json!({ "type": "drift_status", "style": 5 }),
                "Invalid arguments: `style`: must be one of `flat`, `flat-square`, `for-the-badge` (got 5)",
            ),
            (
                json!({ "type": "drift_status", "label": "x".repeat(65) }),
                "Invalid arguments: `label` must have 1 to 64 characters (got 65)",
            ),
            (
                json!({ "type": "drift_status", "label": "" }),
                "Invalid arguments: `label` must have 1 to 64 characters (got 0)",
            ),
            (
                json!({ "type": "drift_status", "owner": "acme" }),
                "Invalid arguments: `owner` needs `repo` beside it",
            ),
            (
                json!({ "type": "drift_status", "repo": "infrastructure" }),
                "Invalid arguments: `repo` needs `owner` beside it",
            ),
        ];
        refuses(&agent, "render_badge", &cases).await?;
    }
}
