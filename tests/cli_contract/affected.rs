//! `POST /api/v1/affected-stacks`.

use anyhow::Result;
use serde_json::{Value, json};
use tests::harness::Engine;

use super::{Ci, refused, succeeded};

fn comparison(head_sha: &str, stacks: Value) -> Value {
    json!({
        "head_sha": head_sha, "base_sha": "base", "repo_url": "git@github.com:org/repo.git", "repo_name": "repo",
        "repo_owner": "org", "repo_host": "github.com", "stacks": stacks,
    })
}

fn item(component: &str, dependents: Value) -> Value {
    json!({
        "component": component, "component_type": "", "component_path": "", "stack": "dev", "stack_slug": "",
        "affected": "", "affected_all": null, "dependents": dependents, "included_in_dependents": false,
        "settings": null,
    })
}

/// One chunk of a comparison in three.
fn chunk(batch: &str, index: u8, stacks: Value) -> Value {
    let mut body = comparison("abc", stacks);
    body["batch_id"] = json!(batch);
    body["batch_index"] = json!(index);
    body["batch_total"] = json!(3);
    body
}

/// `sha component own|dependent deletion`, sorted.
async fn affected(ci: &Ci) -> Result<Vec<String>> {
    let rows = ci.app.db_text(
        "SELECT a.head_sha || ' ' || a.component || ' ' || CASE WHEN a.is_dependent THEN 'dependent' ELSE 'own' END \
         || ' ' || COALESCE(a.deletion_type, '-') FROM affected_instances a \
         JOIN repositories r ON r.id = a.repository_id WHERE r.owner = 'org'",
    );
    let mut rows = rows.await?;
    rows.sort_unstable();
    Ok(rows)
}

on_both_engines! {
    async fn dependents_are_kept_with_what_they_depend_on(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let mut gone = item("dns", json!([]));
        gone["deleted"] = json!(true);
        gone["deletion_type"] = json!("stack");
        let stacks = json!([item("vpc", json!([item("eks/cluster", json!([item("app", json!([]))]))])), gone]);
        let reply = ci.post("/affected-stacks", &ci.token, &comparison("abc", stacks)).await?;
        assert_eq!(
            succeeded(&reply)?,
            &json!({ "repository": "org/repo", "headSha": "abc", "instances": 4, "replayed": false })
        );
        assert_eq!(
            affected(&ci).await?,
            ["abc app dependent -", "abc dns own stack", "abc eks/cluster dependent -", "abc vpc own -"]
        );
    }

    async fn a_new_comparison_of_a_commit_replaces_the_one_before(engine: Engine) {
        let ci = Ci::start(engine).await?;
        for (sha, components) in [("abc", vec!["vpc", "eks"]), ("def", vec!["dns"]), ("abc", vec!["rds"])] {
            let stacks = components.into_iter().map(|component| item(component, json!([]))).collect();
            succeeded(&ci.post("/affected-stacks", &ci.token, &comparison(sha, stacks)).await?)?;
        }
        assert_eq!(affected(&ci).await?, ["abc rds own -", "def dns own -"]);
        // A commit that affects nothing.
        succeeded(&ci.post("/affected-stacks", &ci.token, &comparison("abc", json!([]))).await?)?;
        assert_eq!(affected(&ci).await?, ["def dns own -"]);
    }

    async fn chunks_add_up_in_any_order_and_count_once(engine: Engine) {
        let ci = Ci::start(engine).await?;
        succeeded(&ci.post("/affected-stacks", &ci.token, &comparison("abc", json!([item("old", json!([]))]))).await?)?;
        for (index, component, replayed) in
            [(1, "eks", false), (0, "vpc", false), (1, "other", true), (2, "rds", false), (0, "other", true)]
        {
            let stacks = json!([item(component, json!([item("app", json!([]))]))]);
            let reply = ci.post("/affected-stacks", &ci.token, &chunk("b1", index, stacks)).await?;
            assert_eq!(succeeded(&reply)?["replayed"], replayed, "{component}");
        }
        // An instance that one chunk has as a dependent and another in its own right.
        let stacks = json!([item("app", json!([]))]);
        assert_eq!(
            affected(&ci).await?,
            ["abc app dependent -", "abc eks own -", "abc rds own -", "abc vpc own -"]
        );
        succeeded(&ci.post("/affected-stacks", &ci.token, &chunk("b2", 0, stacks)).await?)?;
        let stacks = json!([item("vpc", json!([item("app", json!([]))]))]);
        succeeded(&ci.post("/affected-stacks", &ci.token, &chunk("b2", 1, stacks)).await?)?;
        assert_eq!(affected(&ci).await?, ["abc app own -", "abc vpc own -"]);
    }

    async fn a_malformed_comparison_is_refused(engine: Engine) {
        let ci = Ci::start(engine).await?;
        for (body, message) in [
            (comparison("", json!([])), "`head_sha` must not be empty"),
            (comparison("abc", json!([{ "component": "vpc" }])), "`stacks[0].stack` is missing"),
        ] {
            assert_eq!(refused(&ci.post("/affected-stacks", &ci.token, &body).await?, 400, "ValidationError")?, message);
        }
        assert!(affected(&ci).await?.is_empty());
    }
}
