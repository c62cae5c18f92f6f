//! `atmos-mcp installation` and `atmos-mcp sync`, as the operator types them.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use atmos_mcp::cli::Cli;
use clap::Parser as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::harness::{Engine, TestApp, root};

use super::{pull, repository, start};

/// A configuration file for the commands, beside a running server.
struct Operator {
    folder: TempDir,
}

impl Operator {
    fn new(app: &TestApp, github: &Value) -> Result<Self> {
        let folder = TempDir::new()?;
        let head = format!(
            "listen = \"127.0.0.1:0\"\npublic_url = \"https://mcp.example.com\"\ndata = {}\n[database]\nurl = {}\n\
             [tools]\ndir = {}\n[github]\n",
            json!(folder.path().join("data")),
            json!(app.database_url()),
            json!(root().join("target/tools")),
        );
        let fields = github.as_object().into_iter().flatten();
        let lines: Vec<String> = fields.map(|(name, value)| format!("{name} = {value}\n")).collect();
        std::fs::write(folder.path().join("atmos-mcp.toml"), head + &lines.concat())?;
        Ok(Self { folder })
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("atmos-mcp.toml")
    }

    /// Runs a command; gives what it fails with.
    async fn run(&self, arguments: &[&str]) -> Result<Option<String>> {
        let mut line: Vec<OsString> = vec!["atmos-mcp".into()];
        line.extend(arguments.iter().map(OsString::from));
        line.extend(["--config".into(), self.config().into_os_string()]);
        let ran = Cli::try_parse_from(line)?.run(|_| None).await;
        Ok(ran.err().map(|error| format!("{error:#}")))
    }
}

const LINK: [&str; 6] = ["installation", "link", "--workspace", "rival", "--installation", "51804417"];

const LINKS: &str = "SELECT w.slug || '|' || g.account || '|' || g.status FROM github_installations g \
     JOIN workspaces w ON w.id = g.workspace_id WHERE g.github_id = 51804417 ORDER BY w.slug";

const AUDITED: &str = "SELECT category || '.' || action || ' ' || target_type FROM audit_log \
     WHERE actor_type = 'operator' AND category = 'github' AND request_id LIKE 'cli_%' ORDER BY action";

on_both_engines! {
    async fn an_operator_links_an_installation_and_syncs_it(engine: Engine) {
        let (app, github) = start(engine).await?;
        let operator = Operator::new(&app, &github.config())?;
        assert_eq!(operator.run(&LINK).await?, None);
        assert_eq!(app.db_text(LINKS).await?, ["acme|acme|active", "rival|acme|active"]);
        // Again: it takes what GitHub says now.
        github.world().is_suspended = true;
        assert_eq!(operator.run(&LINK).await?, None);
        assert_eq!(app.db_text(LINKS).await?, ["acme|acme|active", "rival|acme|suspended"]);
        github.world().is_suspended = false;
        assert_eq!(operator.run(&LINK).await?, None);
        assert_eq!(operator.run(&["installation", "list"]).await?, None);

        github.world().repositories.push(repository("synced"));
        github.world().pulls.insert("acme/synced".to_owned(), vec![pull(12, &json!({}))]);
        let command =
            ["sync", "github", "--workspace", "rival", "--installation", "51804417", "--since", "3650", "--full"];
        assert_eq!(operator.run(&command).await?, None);
        let pulls = app
            .db_text(
                "SELECT w.slug || '|' || p.owner || '/' || p.name || '|' || CAST(q.number AS TEXT) \
                 FROM pull_requests q JOIN repositories p ON p.id = q.repository_id \
                 JOIN workspaces w ON w.id = p.workspace_id WHERE p.name = 'synced'",
            )
            .await?;
        assert_eq!(pulls, ["rival|acme/synced|12"]);
        assert_eq!(app.db_text(AUDITED).await?, [
            "github.installation_linked github_installation",
            "github.installation_linked github_installation",
            "github.installation_linked github_installation",
            "github.repository_imported repository",
            "github.synced workspace",
        ]);
    }

    async fn a_link_that_cannot_be_says_why(engine: Engine) {
        let (app, github) = start(engine).await?;
        let operator = Operator::new(&app, &github.config())?;
        let refused = operator.run(&[LINK.as_slice(), &["--account", "somebody"]].concat()).await?;
        assert_eq!(refused.as_deref(), Some("--account: installation 51804417 is of acme"));
        let unknown = ["installation", "link", "--workspace", "rival", "--installation", "1"];
        let refused = operator.run(&unknown).await?.unwrap_or_default();
        assert!(refused.contains("GitHub knows no installation 1 of this App"), "{refused}");
        assert_eq!(app.db_text(LINKS).await?, ["acme|acme|active"]);

        // Without an App, the operator has to know the account.
        let without = Operator::new(&app, &json!({ "client_id": "Iv1.test", "client_secret": "test" }))?;
        let refused = without.run(&LINK).await?.unwrap_or_default();
        assert!(refused.starts_with("--account is needed"), "{refused}");
        let named = [LINK.as_slice(), &["--account", "acme"]].concat();
        assert_eq!(without.run(&named).await?, None);
        let refused = without.run(&named).await?.unwrap_or_default();
        assert!(refused.ends_with("workspace rival is linked to it already"), "{refused}");
        let refused = without.run(&["sync", "github", "--workspace", "rival"]).await?.unwrap_or_default();
        assert!(refused.starts_with("github.app_id and github.private_key_file are needed"), "{refused}");
    }

    async fn workflows_of_another_host_than_the_apps_are_refused_by_name(engine: Engine) {
        let (app, github) = start(engine).await?;
        let operator = Operator::new(&app, &github.config())?;
        let config = std::fs::read_to_string(operator.config())?;
        std::fs::write(operator.config(), format!("{config}[oidc]\nhost = \"127.0.0.1\"\n"))?;
        assert_eq!(operator.run(&["installation", "list"]).await?, None);
        std::fs::write(operator.config(), format!("{config}[oidc]\nhost = \"github.com\"\n"))?;
        let refused = operator.run(&["installation", "list"]).await?.unwrap_or_default();
        assert!(refused.starts_with("oidc.host: must be the host of github.url"), "{refused}");
    }

    async fn half_an_app_is_refused_by_name(engine: Engine) {
        let (app, _github) = start(engine).await?;
        let half = json!({ "client_id": "Iv1.test", "client_secret": "test", "app_id": 4_711 });
        let refused = Operator::new(&app, &half)?.run(&["installation", "list"]).await?.unwrap_or_default();
        assert!(refused.starts_with("github.app_id: needs a private key"), "{refused}");
    }
}
