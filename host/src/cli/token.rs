//! `atmos-mcp token create`

use anyhow::Context as _;

use super::{Location, demo, print};
use crate::clock::Clock;
use crate::config::Config;
use crate::id::Entropy;
use crate::oauth::{PlainToken, TokenKind};
use crate::store::{Store, workspace_tokens, workspaces};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a token and print it once; the database keeps its hash alone.
    Create {
        #[command(flatten)]
        location: Location,
        /// Slug of the workspace that uploads go to.
        #[arg(long)]
        workspace: String,
        /// What the token is for, for your own memory.
        #[arg(long)]
        name: String,
    },
}

pub(super) async fn run(command: Command, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    let Command::Create { location, workspace, name } = command;
    let store = open(&location, environment).await?;
    let scope = workspaces::find_scope_by_slug(&store.read, &workspace)
        .await?
        .with_context(|| format!("--workspace {workspace}: there is no workspace with this slug"))?;
    let (clock, entropy) = (Clock::System, Entropy::system());
    let (token, now) = (PlainToken::generate(TokenKind::Workspace, &entropy), clock.now());
    let id = entropy.id("wt", now);
    workspace_tokens::insert_token(&store.write, &scope, &id, &name, token.hash().as_bytes(), now).await?;
    store.close().await;
    print(&format!("Token {id} for workspace {workspace}. It is shown once; set it as ATMOS_PRO_TOKEN:"))?;
    print(token.expose())?;
    Ok(())
}

async fn open(location: &Location, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<Store> {
    let url = match (&location.config, &location.data) {
        (Some(config), _) => Config::load(config, environment)?.database.url,
        (None, Some(data)) => {
            anyhow::ensure!(
                data.is_dir(),
                "--data {}: there is no such folder; start `atmos-mcp demo` first",
                data.display()
            );
            demo::database_url(data)
        }
        (None, None) => anyhow::bail!("--config or --data is needed"),
    };
    Ok(Store::connect(&url, 2).await?)
}
