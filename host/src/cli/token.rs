//! `atmos-mcp token create | list | revoke`

use anyhow::ensure;
use serde_json::json;

use super::operator::Operator;
use super::{Location, print};
use crate::clock::Timestamp;
use crate::oauth::{PlainToken, TokenKind};
use crate::store::workspace_tokens::{self, WorkspaceTokenRow};

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
    /// Print the tokens of a workspace, newest first, without what they are.
    List {
        #[command(flatten)]
        location: Location,
        /// Slug of the workspace.
        #[arg(long)]
        workspace: String,
    },
    /// Revoke a token; its next upload is refused.
    Revoke {
        #[command(flatten)]
        location: Location,
        /// Slug of the workspace.
        #[arg(long)]
        workspace: String,
        /// Id of the token, `wt_…`, as `token list` prints it.
        #[arg(long)]
        id: String,
    },
}

pub(super) async fn run(command: Command, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    match command {
        Command::Create { location, workspace, name } => {
            create(Operator::open(&location, environment).await?, &workspace, &name).await
        }
        Command::List { location, workspace } => list(Operator::open(&location, environment).await?, &workspace).await,
        Command::Revoke { location, workspace, id } => {
            revoke(Operator::open(&location, environment).await?, &workspace, &id).await
        }
    }
}

async fn create(operator: Operator, slug: &str, name: &str) -> anyhow::Result<()> {
    let scope = operator.workspace(slug).await?;
    let token = PlainToken::generate(TokenKind::Workspace, &operator.entropy);
    let (id, hash) = (operator.entropy.id("wt", operator.now), token.hash());
    workspace_tokens::insert_token(&operator.store.write, &scope, &id, name, hash.as_bytes(), operator.now).await?;
    let entry = operator
        .entry(&scope, ("workspace_token", "created"))
        .with_target("workspace_token", &id)
        .with_metadata(&json!({ "name": name }));
    operator.finish(&[&entry]).await?;
    print(&format!("Token {id} for workspace {slug}. It is shown once; set it as ATMOS_PRO_TOKEN:"))?;
    print(token.expose())?;
    Ok(())
}

async fn list(operator: Operator, slug: &str) -> anyhow::Result<()> {
    let scope = operator.workspace(slug).await?;
    let tokens = workspace_tokens::list_tokens(&operator.store.read, &scope).await?;
    operator.store.close().await;
    print(&format!("{:30} {:28} {:36} NAME", "ID", "CREATED", "STATE"))?;
    for token in tokens {
        let created = Timestamp::from_micros(token.created_at).to_string();
        print(&format!("{:30} {created:28} {:36} {}", token.id, state(&token, operator.now), token.name))?;
    }
    Ok(())
}

fn state(token: &WorkspaceTokenRow, now: Timestamp) -> String {
    let (revoked, expires) =
        (token.revoked_at.map(Timestamp::from_micros), token.expires_at.map(Timestamp::from_micros));
    match (revoked, expires) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if at <= now => format!("expired {at}"),
        (None, Some(at)) => format!("live until {at}"),
        (None, None) => "live".to_owned(),
    }
}

async fn revoke(operator: Operator, slug: &str, id: &str) -> anyhow::Result<()> {
    let scope = operator.workspace(slug).await?;
    let is_revoked = workspace_tokens::revoke_token(&operator.store.write, &scope, id, operator.now).await?;
    ensure!(is_revoked, "--id {id}: workspace {slug} has no such token, or it was revoked before");
    let entry = operator.entry(&scope, ("workspace_token", "revoked")).with_target("workspace_token", id);
    operator.finish(&[&entry]).await?;
    Ok(print(&format!("Token {id} is revoked."))?)
}
