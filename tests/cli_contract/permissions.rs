//! What a repository lets its workflows upload, by patterns over the claims of their tokens.

use anyhow::Result;
use atmos_mcp::cli::Cli;
use clap::Parser as _;
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

    /// Runs `atmos-mcp ci-permission` for Acme; gives what it fails with.
    async fn ci_permission(&self, arguments: &[&str]) -> Result<Option<String>> {
        let config = &self.app.app().config;
        let folder = tempfile::TempDir::new()?;
        let file = folder.path().join("atmos-mcp.toml");
        let toml = format!(
            "listen = \"127.0.0.1:0\"\npublic_url = \"{}\"\ndata = \"{}\"\n\
             [database]\nurl = \"{}\"\n[tools]\ndir = \"-\"\n",
            config.public_url.issuer(),
            config.data.display(),
            config.database.url
        );
        std::fs::write(&file, toml)?;
        let file = file.display().to_string();
        let mut line = vec!["atmos-mcp", "ci-permission"];
        line.extend(arguments);
        line.extend(["--workspace", "acme", "--config", file.as_str()]);
        let ran = match Cli::try_parse_from(line) {
            Ok(cli) => cli.run(|_| None).await,
            Err(error) => return Ok(Some(error.to_string())),
        };
        Ok(ran.err().map(|error| format!("{error:#}")))
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

    async fn an_operator_says_what_workflows_may_upload(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let add = [
            "add", "--repo", "org/repo", "--permission", "instances_update", "--permission", "instances_create",
            "--workflow", "plan.yaml", "--branch", "^(main|develop)$",
        ];
        assert!(ci.is_let_in(&[on_branch("feature")]).await?, "no grants: everything is allowed");
        assert_eq!(ci.ci_permission(&add).await?, None);
        assert!(ci.is_let_in(&[on_branch("main")]).await?);
        assert!(!ci.is_let_in(&[on_branch("feature")]).await?);
        let other = ("workflow_ref", json!("org/repo/.github/workflows/other.yaml@refs/heads/main"));
        assert!(!ci.is_let_in(&[on_branch("main"), other]).await?);
        let patterns = "SELECT permission || ' ' || workflow_pattern || ' ' || branch_pattern || ' ' || environment_pattern \
             FROM repository_permissions ORDER BY permission";
        assert_eq!(ci.app.db_text(patterns).await?, [
            "instances_create plan.yaml ^(main|develop)$ *",
            "instances_update plan.yaml ^(main|develop)$ *",
        ]);
        let refused = ci.ci_permission(&add).await?.unwrap_or_default();
        assert!(refused.starts_with("--permission instances_create: org/repo has this grant, perm_"), "{refused}");

        assert_eq!(ci.ci_permission(&["list"]).await?, None);
        for id in ci.app.db_text("SELECT id FROM repository_permissions").await? {
            assert!(!ci.is_let_in(&[on_branch("feature")]).await?);
            assert_eq!(ci.ci_permission(&["remove", "--id", &id]).await?, None);
            let refused = ci.ci_permission(&["remove", "--id", &id]).await?.unwrap_or_default();
            assert!(refused.contains("workspace acme has no such grant"), "{refused}");
        }
        assert!(ci.is_let_in(&[on_branch("feature")]).await?, "again no grants");
        let noted = "SELECT a.action || ' ' || a.actor_type || ' ' || r.name FROM audit_log a \
             JOIN repositories r ON r.id = a.target_id WHERE a.category = 'permission' ORDER BY a.action";
        let expected = ["assigned operator repo", "assigned operator repo", "removed operator repo", "removed operator repo"];
        assert_eq!(ci.app.db_text(noted).await?, expected);
    }

    async fn a_grant_that_would_let_nobody_in_is_refused(engine: Engine) {
        let ci = Ci::start(engine).await?;
        let add = ["add", "--repo", "org/repo", "--permission", "instances_update"];
        for (arguments, text) in [
            (["--branch", "(main"], "a pattern is *, an exact text, or a regular expression"),
            (["--workflow", ".github/workflows/plan.yaml"], "without the folder"),
            (["--permission", "everything"], "one of affected_stacks_create, deployments_create"),
        ] {
            let refused = ci.ci_permission(&[add.as_slice(), &arguments].concat()).await?.unwrap_or_default();
            assert!(refused.contains(text), "{arguments:?}: {refused}");
        }
        let nowhere = ["add", "--repo", "org/nothing", "--permission", "instances_update"];
        let refused = ci.ci_permission(&nowhere).await?.unwrap_or_default();
        assert_eq!(refused, "--repo org/nothing: workspace acme has no such repository");
        assert!(ci.is_let_in(&[]).await?, "nothing was written");
    }
}
