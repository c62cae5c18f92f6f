//! Names that show other than they are do not come in.

use anyhow::Result;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tests::harness::{Engine, Fixture, Reply, TestApp, text};

/// A right-to-left override, an escape sequence of terminals, and a space without width.
const EVIL: [(&str, &str); 3] =
    [("evil\u{202e}comp", "U+202E"), ("evil\u{1b}[31mcomp", "U+001B"), ("evil\u{200b}comp", "U+200B")];

/// The message with which a request is refused.
async fn refusal(app: &TestApp, method: Method, path: &str, token: &str, body: &Value) -> Result<String> {
    let request = Client::new().request(method, app.url(&format!("/api/v1{path}"))).bearer_auth(token).json(body);
    let reply = Reply::read(request).await?;
    assert_eq!((reply.status.as_u16(), text(&reply.body, "/errorTag")), (400, "ValidationError"), "{}", reply.body);
    Ok(text(&reply.body, "/errorMessage").to_owned())
}

on_both_engines! {
    async fn a_name_must_show_as_it_is(engine: Engine) {
        let app = Fixture::new(engine).start().await?;
        let token = app.workspace_token("acme").await?;
        for (evil, code) in EVIL {
            let encoded: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
            let inventory = |owner: &str, repo: &str, stack: &str, component: &str| {
                let instances = json!([{ "component": component, "stack": stack }]);
                json!({ "repo_owner": owner, "repo_name": repo, "instances": instances })
            };
            let affected = json!({
                "repo_owner": "org", "repo_name": "repo", "head_sha": "abc",
                "stacks": [{
                    "component": "vpc", "stack": "dev", "dependents": [{ "component": evil, "stack": "dev" }],
                }],
            });
            let components = json!([{ "component": evil, "stack": "dev", "exit_code": 0 }]);
            let exec = json!({
                "command": "plan", "repo_owner": "org", "repo_name": "repo", "data": { "components": components },
            });
            let by_component = format!("/repos/org/repo/instances?stack=dev&component={encoded}");
            let by_stack = format!("/repos/org/repo/instances?component=vpc&stack={encoded}");
            let result = json!({ "command": "plan", "exit_code": 0 });
            for (method, path, body, field) in [
                (Method::POST, "/instances", inventory("org", "repo", "dev", evil), "instances[0].component"),
                (Method::POST, "/instances", inventory("org", "repo", evil, "vpc"), "instances[0].stack"),
                (Method::POST, "/instances", inventory("org", evil, "dev", "vpc"), "repo_name"),
                (Method::POST, "/instances", inventory(evil, "repo", "dev", "vpc"), "repo_owner"),
                (Method::POST, "/affected-stacks", affected, "stacks[0].dependents[0].component"),
                (Method::POST, "/atmos/exec", exec, "data.components[0].component"),
                (Method::PATCH, by_component.as_str(), result.clone(), "component"),
                (Method::PATCH, by_stack.as_str(), result, "stack"),
                (Method::POST, "/locks", json!({ "key": format!("org/repo/dev/{evil}") }), "key"),
            ] {
                let message = refusal(&app, method, path, &token, &body).await?;
                let expected = format!("`{field}` must not contain control or invisible characters, and has {code}");
                assert_eq!(message, expected);
            }
        }
        let kept = app.db_text("SELECT component FROM instances WHERE component LIKE 'evil%'").await?;
        assert!(kept.is_empty(), "{kept:?}");
    }
}
