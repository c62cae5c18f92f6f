//! A repository of the demo, and its badges.

use anyhow::{Context as _, Result, ensure};
use atmos_mcp::cli::Cli;
use clap::Parser as _;
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tests::harness::{Agent, Engine, Fixture, TestApp, query, text};
use url::Url;

use crate::catalog::{STATUSES, all_rows};

/// A badge as a browser gets it.
pub(crate) struct Picture {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) svg: String,
}

impl Picture {
    /// Sends a request for a badge.
    pub(super) async fn read(request: RequestBuilder) -> Result<Self> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self { status, headers, svg: response.text().await? })
    }

    /// Opens the URL of a badge, which must be one.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let picture = Self::read(Client::new().get(url)).await?;
        ensure!(picture.status == 200, "{}: {}", picture.status, picture.svg);
        ensure!(picture.header("content-type") == "image/svg+xml; charset=utf-8", "{:?}", picture.headers);
        ensure!(picture.svg.starts_with("<svg ") && picture.svg.ends_with("</svg>\n"), "{}", picture.svg);
        Ok(picture)
    }

    /// A header's value, or nothing.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What it tells a screen reader.
    pub(crate) fn says(&self) -> &str {
        self.svg.split("aria-label=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
    }
}

/// A parameter of a badge's URL.
pub(super) type Parameter<'a> = (&'a str, &'a str);

/// Parameters, and further ones.
pub(super) fn with<'a>(first: &[Parameter<'a>], more: &[Parameter<'a>]) -> Vec<Parameter<'a>> {
    [first, more].concat()
}

/// A repository with a token in force. No drift detection is under way.
pub(super) struct Subject {
    pub(super) app: TestApp,
    pub(super) agent: Agent,
    pub(super) repo: String,
    pub(super) token: String,
}

impl Subject {
    pub(super) async fn start(engine: Engine) -> Result<Self> {
        let app = Fixture::new(engine).start().await?;
        app.db_execute("UPDATE workflow_runs SET status = 'completed' WHERE trigger_kind = 'drift_detection'").await?;
        let agent = app.agent("mia").await?;
        let (repo, token) = repo_and_token(&agent, "acme/").await?;
        Ok(Self { app, agent, repo, token })
    }

    /// The URL of a badge with this repository's token.
    pub(super) fn url(&self, parameters: &[Parameter<'_>]) -> Result<String> {
        badge_url(&self.app, &with(parameters, &[("token", self.token.as_str())]))
    }

    /// What a badge with this repository's token says.
    pub(super) async fn says(&self, parameters: &[Parameter<'_>]) -> Result<String> {
        Ok(Picture::open(&self.url(parameters)?).await?.says().to_owned())
    }

    /// The instances that `list_instances` has of a part of this repository.
    pub(super) async fn instances(&self, part: &[Parameter<'_>]) -> Result<Vec<Value>> {
        let mut filter = json!({ "repo": self.repo, "statusFilter": STATUSES, "limit": 100 });
        for (name, value) in part {
            filter[*name] = json!(value);
        }
        all_rows(&self.agent, "list_instances", filter).await
    }

    /// Id, stack and component of an instance.
    pub(super) async fn instance(&self) -> Result<(String, String, String)> {
        let rows = self.instances(&[]).await?;
        let row = rows.first().context("an instance")?;
        let part = |name: &str| text(row, name).to_owned();
        Ok((part("/id"), part("/stack"), part("/component")))
    }

    /// Adds a run of an instance, newer than all others. `suffix` sorts as the run does; the words are command,
    /// trigger, status and conclusion, which may be empty.
    pub(super) async fn add_run(&self, instance: &str, suffix: &str, words: [&str; 4]) -> Result<()> {
        let [command, trigger, status, conclusion] = words;
        let conclusion = if conclusion.is_empty() { "NULL".to_owned() } else { format!("'{conclusion}'") };
        let sql = format!(
            "INSERT INTO workflow_runs (id, workspace_id, repository_id, instance_id, component, stack, command, \
             trigger_kind, status, conclusion, created_at) SELECT 'run_zzz{suffix}', i.workspace_id, i.repository_id, \
             i.id, i.component, i.stack, '{command}', '{trigger}', '{status}', {conclusion}, {} FROM instances i \
             WHERE i.id = '{instance}'",
            self.app.app().clock.now().micros()
        );
        self.app.db_execute(&sql).await
    }
}

/// The URL of a badge.
pub(super) fn badge_url(app: &TestApp, parameters: &[Parameter<'_>]) -> Result<String> {
    Ok(Url::parse_with_params(&app.url("/api/badge"), parameters)?.to_string())
}

/// The first repository of an owner with a token, and the token.
pub(super) async fn repo_and_token(agent: &Agent, owner: &str) -> Result<(String, String)> {
    let rows = all_rows(agent, "list_badge_tokens", json!({})).await?;
    let row = rows.iter().find(|row| text(row, "/repo").starts_with(owner)).context("a badge token")?;
    Ok((text(row, "/repo").to_owned(), token_of(row)?))
}

/// The token in the URL of a row of `list_badge_tokens`.
pub(super) fn token_of(row: &Value) -> Result<String> {
    query(&Url::parse(text(row, "/url"))?, "token").context("a token in the URL")
}

/// Runs `atmos-mcp badge-token` on the server's database, as its operator does, for a repository of Acme.
pub(super) async fn badge_token(app: &TestApp, action: &str, repo: &str) -> Result<()> {
    let config = &app.app().config;
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
    let line = ["atmos-mcp", "badge-token", action, "--config", &file, "--workspace", "acme", "--repo", repo];
    Cli::try_parse_from(line)?.run(|_| None).await
}

/// What `atmos-mcp badge-token` says instead of doing it.
pub(super) async fn badge_token_refusal(app: &TestApp, action: &str, repo: &str) -> Result<String> {
    let refusal = badge_token(app, action, repo).await.err();
    Ok(refusal.with_context(|| format!("{action} {repo} was done"))?.to_string())
}
