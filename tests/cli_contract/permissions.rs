//! What a repository lets its workflows upload, by patterns over the claims of their tokens.

use anyhow::Result;
use serde_json::{Value, json};
use tests::harness::Engine;

use super::{Ci, inventory, refused, succeeded};

impl Ci {
    /// Grants a permission to the workflows of `org/repo` that match: workflow, branch, environment.
    async fn grant(&self, permission: &str, [workflow, branch, environment]: [&str; 3]) -> Result<()> {
        let sql = format!(
            "INSERT INTO repository_permissions (id, workspace_id, repository_id, permission, workflow_pattern, \
             branch_pattern, environment_pattern, created_at) SELECT 'rp_{permission}_{}', r.workspace_id, r.id, \
             '{permission}', '{workflow}', '{branch}', '{environment}', 0 FROM repositories r WHERE r.owner = 'org'",
            workflow.len() * 10_000 + branch.len() * 100 + environment.len()
        );
        self.app.db_execute(&sql).await
    }

    /// Whether a job with these claims gets a session.
    async fn is_let_in(&self, changes: &[(&str, Value)]) -> Result<bool> {
        let reply = self.exchange(&self.issuer.token(&self.issuer.claims(changes))?).await?;
        if reply.status == 200 {
            succeeded(&reply)?;
            return Ok(true);
        }
        refused(&reply, 403, "Forbidden")?;
        Ok(false)
    }
}

fn on_branch(branch: &str) -> (&'static str, Value) {
    ("ref", json!(format!("refs/heads/{branch}")))
}

on_both_engines! {
    async fn a_session_may_do_what_its_repository_grants(engine: Engine) {
        let ci = Ci::start(engine).await?;
        ci.grant("instances_update", ["plan.yaml", "*", "*"]).await?;
        let session = ci.session(&[]).await?;
        succeeded(&ci.result(&session, "vpc", &json!({ "command": "plan", "exit_code": 0 })).await?)?;
        let affected = json!({ "repo_owner": "org", "repo_name": "repo", "head_sha": "abc", "stacks": [] });
        for (reply, permission) in [
            (ci.app.upload(&session, &inventory("repo")).await?, "Instances Create"),
            (ci.post("/affected-stacks", &session, &affected).await?, "Affected Stacks Create"),
            (ci.post("/locks", &session, &json!({ "key": "org/repo/a/b" })).await?, "Deployments Create"),
        ] {
            let message = format!("the workflow may not do this: it needs the permission \"{permission}\" for org/repo");
            assert_eq!(refused(&reply, 403, "Forbidden")?, message);
        }
        // A static token is the workspace's.
        succeeded(&ci.app.upload(&ci.token, &inventory("repo")).await?)?;
    }

    async fn patterns_are_anything_a_text_or_a_regular_expression(engine: Engine) {
        let ci = Ci::start(engine).await?;
        assert!(ci.is_let_in(&[on_branch("any")]).await?, "no rows: everything is granted");
        ci.grant("instances_update", ["*", "^(main|develop)$", "*"]).await?;
        for (branch, is_let_in) in [("main", true), ("develop", true), ("developer", false), ("feature", false)] {
            assert_eq!(ci.is_let_in(&[on_branch(branch)]).await?, is_let_in, "{branch}");
        }
        ci.grant("instances_update", [".*-apply[.]yml", "*", "prod.*"]).await?;
        let apply = ("workflow_ref", json!("org/repo/.github/workflows/vpc-apply.yml@refs/heads/feature"));
        for (environment, is_let_in) in [("prod-eu", true), ("nonprod-eu", false), ("", false)] {
            let changes = [on_branch("feature"), apply.clone(), ("environment", json!(environment))];
            assert_eq!(ci.is_let_in(&changes).await?, is_let_in, "{environment}");
        }
    }

    async fn a_malformed_pattern_lets_nobody_in(engine: Engine) {
        let ci = Ci::start(engine).await?;
        ci.grant("instances_update", ["*", "(main", "*"]).await?;
        assert!(!ci.is_let_in(&[]).await?);
        let reply = ci.exchange(&ci.issuer.token(&ci.issuer.claims(&[]))?).await?;
        assert_eq!(
            refused(&reply, 403, "Forbidden")?,
            "org/repo lets no workflow upload that is \"plan.yaml\" on branch \"main\" in environment \"\": check the \
             patterns of the repository's permissions"
        );
    }

    async fn a_pull_request_does_not_pass_for_a_branch_by_the_name_of_its_own(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let from = |head: &str, base: &str| {
            [("ref", json!("refs/pull/9/merge")), ("head_ref", json!(head)), ("base_ref", json!(base))]
        };
        ci.grant("instances_update", ["*", "main", "*"]).await?;
        assert!(ci.is_let_in(&[on_branch("main")]).await?);
        assert!(!ci.is_let_in(&from("main", "main")).await?);
        ci.grant("instances_update", ["*", "^(main|develop|release)$", "*"]).await?;
        for (head, base, is_let_in) in [
            ("main", "develop", false),
            ("release", "release", false),
            ("develop", "main", true),
            ("feature", "main", false),
        ] {
            assert_eq!(ci.is_let_in(&from(head, base)).await?, is_let_in, "{head} into {base}");
        }
        ci.grant("instances_update", ["*", "refs/pull/.*", "*"]).await?;
        assert!(ci.is_let_in(&from("main", "main")).await?);
    }

    async fn a_pull_request_counts_by_its_own_branch(engine: Engine) {
        let ci = Ci::start(engine).await?;
        ci.grant("affected_stacks_create", ["*", "feature/.*", "*"]).await?;
        let pull_request = [("ref", json!("refs/pull/7/merge")), ("head_ref", json!("feature/vpc"))];
        assert!(ci.is_let_in(&pull_request).await?);
        assert!(!ci.is_let_in(&[("ref", json!("refs/heads/main")), ("head_ref", json!("feature/vpc"))]).await?);
        assert!(!ci.is_let_in(&[("ref", json!("refs/tags/feature/vpc"))]).await?);
    }
}
