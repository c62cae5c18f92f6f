//! `atmos-mcp badge-token create | rotate | revoke | list`

use anyhow::{Context as _, bail};
use serde_json::json;

use super::operator::Operator;
use super::repo_name::RepoName;
use super::{Location, print};
use crate::audit::Entry;
use crate::authz::WorkspaceScope;
use crate::badge::{Address, BadgeToken, Kind};
use crate::clock::Timestamp;
use crate::keys::ServerKey;
use crate::store::Tx;
use crate::store::badges::{self, NewestToken, TokenRow};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a token for a repository that has none in force, and print the badge's URL.
    Create(Place),
    /// Replace a repository's token: badges with the old one become "unknown" within a minute.
    Rotate(Place),
    /// Revoke a repository's token: its badges become "unknown" within a minute.
    Revoke(Place),
    /// Print the tokens of a workspace, newest first.
    List {
        #[command(flatten)]
        location: Location,
        /// Slug of the workspace.
        #[arg(long)]
        workspace: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Place {
    #[command(flatten)]
    location: Location,
    /// Slug of the workspace.
    #[arg(long)]
    workspace: String,
    /// The repository, OWNER/NAME.
    #[arg(long, value_parser = RepoName::parse)]
    repo: RepoName,
}

pub(super) async fn run(command: Command, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    match command {
        Command::Create(place) => create(Operator::open(&place.location, environment).await?, &place).await,
        Command::Rotate(place) => rotate(Operator::open(&place.location, environment).await?, &place).await,
        Command::Revoke(place) => revoke(Operator::open(&place.location, environment).await?, &place).await,
        Command::List { location, workspace } => list(Operator::open(&location, environment).await?, &workspace).await,
    }
}

async fn create(operator: Operator, place: &Place) -> anyhow::Result<()> {
    let key = server_key(&operator)?;
    let scope = operator.workspace(&place.workspace).await?;
    let mut tx = operator.store.write.begin().await?;
    let (repository_id, newest) = find(&mut tx, &scope, place).await?;
    if let Some(NewestToken { id, revoked_at: None, .. }) = &newest {
        bail!("--repo {}: it has the token {id} already; `badge-token rotate` replaces it", place.repo);
    }
    let generation = newest.map_or(1, |newest| newest.generation + 1);
    let at = (&operator.entropy, operator.now);
    let id = badges::insert_token(&mut tx, &scope, &repository_id, generation, at).await?;
    tx.commit().await?;
    let entry = entry(&operator, &scope, "created", &id, place);
    let token = BadgeToken { id, generation };
    publish(operator, &entry, &token.id, &token.sign(&key), place).await
}

async fn rotate(operator: Operator, place: &Place) -> anyhow::Result<()> {
    let key = server_key(&operator)?;
    let scope = operator.workspace(&place.workspace).await?;
    let mut tx = operator.store.write.begin().await?;
    let (repository_id, newest) = find(&mut tx, &scope, place).await?;
    let old = in_force(newest, place)?;
    badges::revoke_token(&mut tx, &scope, &old.id, operator.now).await?;
    let generation = old.generation + 1;
    let at = (&operator.entropy, operator.now);
    let id = badges::insert_token(&mut tx, &scope, &repository_id, generation, at).await?;
    tx.commit().await?;
    let entry = entry(&operator, &scope, "rotated", &id, place);
    let token = BadgeToken { id, generation };
    publish(operator, &entry, &token.id, &token.sign(&key), place).await
}

async fn revoke(operator: Operator, place: &Place) -> anyhow::Result<()> {
    let scope = operator.workspace(&place.workspace).await?;
    let mut tx = operator.store.write.begin().await?;
    let (_, newest) = find(&mut tx, &scope, place).await?;
    let old = in_force(newest, place)?;
    badges::revoke_token(&mut tx, &scope, &old.id, operator.now).await?;
    tx.commit().await?;
    let entry = entry(&operator, &scope, "revoked", &old.id, place);
    operator.finish(&[&entry]).await?;
    Ok(print(&format!("Badge token {} of {} is revoked.", old.id, place.repo))?)
}

async fn list(operator: Operator, slug: &str) -> anyhow::Result<()> {
    let key = server_key(&operator)?;
    let scope = operator.workspace(slug).await?;
    let rows = badges::list_all_tokens(&operator.store.read, &scope).await?;
    operator.store.close().await;
    print(&format!("{:34} {:40} {:28} {:28} TOKEN", "ID", "REPOSITORY", "CREATED", "LAST USED"))?;
    for row in rows {
        print(&line(row, &key))?;
    }
    Ok(())
}

fn line(row: TokenRow, key: &ServerKey) -> String {
    let time = |micros: i64| Timestamp::from_micros(micros).to_string();
    let repo = format!("{}/{}", row.owner, row.name);
    let used = row.last_used_at.map_or_else(|| "never".to_owned(), time);
    let token = match row.revoked_at {
        Some(at) => format!("revoked {}", time(at)),
        None => BadgeToken { id: row.id.clone(), generation: row.generation }.sign(key),
    };
    format!("{:34} {repo:40} {:28} {used:28} {token}", row.id, time(row.created_at))
}

/// The repository, locked, and its newest token.
async fn find(tx: &mut Tx, scope: &WorkspaceScope, place: &Place) -> anyhow::Result<(String, Option<NewestToken>)> {
    let RepoName { owner, name } = &place.repo;
    let repository_id = badges::lock_repository(tx, scope, (owner.as_str(), name.as_str()))
        .await?
        .with_context(|| format!("--repo {}: workspace {} has no such repository", place.repo, place.workspace))?;
    let newest = badges::find_newest_token(tx, scope, &repository_id).await?;
    Ok((repository_id, newest))
}

fn in_force(newest: Option<NewestToken>, place: &Place) -> anyhow::Result<NewestToken> {
    newest
        .filter(|token| token.revoked_at.is_none())
        .with_context(|| format!("--repo {}: it has no token; `badge-token create` makes one", place.repo))
}

fn entry(operator: &Operator, scope: &WorkspaceScope, action: &'static str, id: &str, place: &Place) -> Entry {
    operator
        .entry(scope, ("badge_token", action))
        .with_target("badge_token", id)
        .with_metadata(&json!({ "repository": place.repo.to_string() }))
}

/// Writes the audit row, and prints what to put into a README.
async fn publish(operator: Operator, entry: &Entry, id: &str, text: &str, place: &Place) -> anyhow::Result<()> {
    let public_url = operator.public_url.clone();
    operator.finish(&[entry]).await?;
    let repo = place.repo.to_string();
    let address = Address::of_repo(Kind::DriftStatus, &repo, text);
    print(&format!("Badge token {id} for {repo}. It shows badges of this repository and nothing else:"))?;
    print(text)?;
    print(&match public_url {
        Some(public_url) => address.url(&public_url),
        None => address.path(),
    })?;
    Ok(())
}

/// Read before anything is changed: without it a token could not be shown.
fn server_key(operator: &Operator) -> anyhow::Result<ServerKey> {
    ServerKey::load_or_create(&operator.data, &operator.entropy)
        .with_context(|| format!("the server's key in {} cannot be read", operator.data.display()))
}
