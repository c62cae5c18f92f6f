//! The interactions of the published contract, in the order in which a job has them.

use anyhow::{Context as _, Result};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tests::harness::{Engine, REQUEST_TOKEN, Reply, text};

use super::{Ci, refused, succeeded};

/// As the contract has it, which wants whole seconds.
fn is_whole_second(time: &str) -> bool {
    let is_shaped = time.bytes().zip(*b"0000-00-00T00:00:00Z").all(|(found, shape)| match shape {
        b'0' => found.is_ascii_digit(),
        _ => found == shape,
    });
    is_shaped && time.len() == 20
}

/// Affected stacks, instances, an instance's status, lock and unlock, with the bodies of the contract.
async fn upload_all(ci: &Ci, token: &str) -> Result<()> {
    let affected = json!({
        "base_sha": "111222333444", "head_sha": "abc123def456", "repo_host": "github.com", "repo_name": "repo",
        "repo_owner": "org", "repo_url": "https://github.com/org/repo",
        "stacks": [{
            "affected": "", "affected_all": null, "component": "vpc", "component_path": "", "component_type": "",
            "dependents": [], "included_in_dependents": false, "settings": null, "stack": "dev-us-east-1",
            "stack_slug": "",
        }],
    });
    succeeded(&ci.post("/affected-stacks", token, &affected).await?)?;
    let instances = json!({
        "instances": [{ "component": "vpc", "component_type": "terraform", "stack": "dev-us-east-1" }],
        "repo_host": "github.com", "repo_name": "repo", "repo_owner": "org", "repo_url": "https://github.com/org/repo",
    });
    succeeded(&ci.post("/instances", token, &instances).await?)?;
    let path = "/repos/org/repo/instances?component=vpc&stack=dev-us-east-1";
    let result = json!({ "command": "plan", "exit_code": 0 });
    succeeded(&ci.send(Method::PATCH, path, token, &result).await?)?;

    let lock = ci.post("/locks", token, &json!({ "key": "org/repo/dev/vpc", "ttl": 3600 })).await?;
    let lock = succeeded(&lock)?;
    assert_eq!((text(lock, "/key"), text(lock, "/workspaceId")), ("org/repo/dev/vpc", ci.workspace.as_str()));
    assert!(text(lock, "/id").starts_with("lock_"), "{lock}");
    for time in ["/expiresAt", "/createdAt", "/updatedAt"] {
        assert!(is_whole_second(text(lock, time)), "{time} of {lock}");
    }
    assert_eq!(lock.get("deletedAt"), Some(&Value::Null));
    succeeded(&ci.send(Method::DELETE, "/locks", token, &json!({ "key": "org/repo/dev/vpc" })).await?)?;
    Ok(())
}

on_both_engines! {
    async fn a_job_exchanges_its_oidc_token_and_uploads(engine: Engine) {
        let ci = Ci::start(engine).await?;
        // What the CLI asks the runner for.
        let url = format!("{}/token?audience=atmos-pro.com", ci.issuer.url());
        let github = Reply::read(Client::new().get(url).bearer_auth(REQUEST_TOKEN)).await?;
        let reply = ci.exchange(github.body["value"].as_str().context("a token")?).await?;
        assert_eq!(reply.header("cache-control"), "no-store");
        let session = text(succeeded(&reply)?, "/token").to_owned();
        assert!(session.starts_with("atmos_cs_"), "not a session");
        upload_all(&ci, &session).await?;
    }

    async fn a_static_token_uploads_the_same(engine: Engine) {
        let ci = Ci::start(engine).await?;
        upload_all(&ci, &ci.token).await?;
    }

    async fn a_base_url_that_ends_in_a_slash_works(engine: Engine) {
        let ci = Ci::start(engine).await?;
        // So does an endpoint.
        for prefix in ["//api/v1", "/api/v1/", "//api/v1/"] {
            let path = format!("{prefix}/repos/org/repo/instances?stack=ci-dev&component=vpc");
            let request = Client::new()
                .patch(ci.app.url(&path))
                .bearer_auth(&ci.token)
                .json(&json!({ "command": "plan", "exit_code": 0 }));
            succeeded(&Reply::read(request).await?).context(path)?;
        }
    }

    async fn what_is_not_done_here_says_so(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let commit = json!({
            "branch": "main", "commitMessage": "test: pact contract verification",
            "changes": { "additions": [{ "path": "file.txt", "contents": "dGVzdA==" }], "deletions": [{ "path": "old.txt" }] },
        });
        let reply = ci.post("/git/commit", &ci.token, &commit).await?;
        assert_eq!(
            refused(&reply, 501, "NotImplemented")?,
            "this server does not create commits: see docs/ingest.md"
        );
        let reply = ci.post("/sts", &ci.token, &json!({ "policyName": "default" })).await?;
        refused(&reply, 501, "NotImplemented")?;
        let reply = ci.post("/security-findings", &ci.token, &json!({ "version": "2.1.0", "runs": [] })).await?;
        assert_eq!(
            refused(&reply, 501, "NotImplemented")?,
            "this server does not keep security findings: see docs/ingest.md"
        );
    }

    async fn the_limits_are_where_the_next_cli_reads_them(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let request = Client::new().get(ci.app.url("/api/v1/settings")).bearer_auth(&ci.token);
        let reply = Reply::read(request).await?;
        assert_eq!(succeeded(&reply)?, &json!({ "max_output_log_bytes": 3_145_728 }));
        assert_eq!(reply.body["max_output_log_bytes"], 3_145_728);
    }

    async fn nothing_is_taken_without_a_token(engine: Engine) {
        let ci = Ci::start(engine).await?;
        for (method, path) in [
            (Method::POST, "/affected-stacks"),
            (Method::PATCH, "/repos/org/repo/instances?stack=ci-dev&component=vpc"),
            (Method::PATCH, "/repos/org/repo/instances/ci-dev/vpc"),
            (Method::POST, "/locks"),
            (Method::DELETE, "/locks"),
            (Method::POST, "/job-summaries?jobName=plan"),
            (Method::POST, "/atmos/exec"),
            (Method::POST, "/atmos/exec/data"),
            (Method::GET, "/settings"),
            (Method::POST, "/git/commit"),
            (Method::POST, "/sts"),
            (Method::POST, "/security-findings"),
        ] {
            let reply = ci.send(method, path, "atmos_cs_guess", &json!({})).await?;
            refused(&reply, 401, "Unauthorized").with_context(|| path.to_owned())?;
            assert_eq!(reply.header("www-authenticate"), "Bearer");
        }
    }

    async fn nothing_is_taken_for_a_suspended_workspace(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let session = ci.session(&[]).await?;
        let lock = json!({ "key": "org/repo/dev/vpc", "ttl": 30 });
        ci.app.db_execute("UPDATE workspaces SET status = 'suspended' WHERE slug = 'acme'").await?;
        for token in [&ci.token, &session] {
            refused(&ci.post("/locks", token, &lock).await?, 401, "Unauthorized")?;
        }
        ci.app.db_execute("UPDATE workspaces SET status = 'active' WHERE slug = 'acme'").await?;
        for token in [&ci.token, &session] {
            succeeded(&ci.post("/locks", token, &lock).await?)?;
            succeeded(&ci.send(Method::DELETE, "/locks", token, &lock).await?)?;
        }
    }

    async fn another_method_is_refused_in_the_envelope(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let reply = ci.send(Method::PUT, "/locks", &ci.token, &json!({})).await?;
        let message = refused(&reply, 404, "NotFound")?;
        assert!(message.starts_with("this server has no endpoint PUT /api/v1/locks: "), "{message}");
    }
}
