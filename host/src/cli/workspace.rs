//! `atmos-mcp workspace create`, and its entitlements.

use anyhow::bail;
use serde_json::json;

use super::member::{self, Login, parse_login};
use super::operator::Operator;
use super::{Location, entitlement, print};
use crate::authz::Role;
use crate::store::workspaces;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a workspace and name its first owner.
    Create(Create),
    /// Change what a workspace may use.
    #[command(subcommand)]
    Entitlement(entitlement::Command),
}

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    #[command(flatten)]
    location: Location,
    /// What people see, for example "Acme".
    #[arg(long, value_parser = parse_name)]
    name: String,
    /// What commands and addresses hold, for example acme; it stays the same for ever.
    #[arg(long, value_parser = parse_slug)]
    slug: String,
    /// GitHub login of the first owner, who need not have signed in yet.
    #[arg(long, value_parser = parse_login)]
    owner: Login,
}

pub(super) async fn run(command: Command, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    match command {
        Command::Create(new) => create(new, environment).await,
        Command::Entitlement(command) => entitlement::run(command, environment).await,
    }
}

async fn create(new: Create, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    let Create { location, name, slug, owner } = new;
    let operator = Operator::open(&location, environment).await?;
    let id = operator.entropy.id("ws", operator.now);
    let mut tx = operator.store.write.begin().await?;
    let scope = match workspaces::insert_workspace(&mut tx, &id, (name.as_str(), slug.as_str()), operator.now).await {
        Ok(scope) => scope,
        Err(error) if error.is_conflict() => bail!("--slug {slug}: there is a workspace with this slug already"),
        Err(error) => return Err(error.into()),
    };
    let added = member::assign(&mut tx, &scope, &owner, Role::Owner, operator.now).await?;
    tx.commit().await?;
    let created = operator
        .entry(&scope, ("workspace", "created"))
        .with_target("workspace", &id)
        .with_metadata(&json!({ "name": name, "slug": slug }));
    let assigned = added.entry(&operator, &scope, &owner, Role::Owner);
    operator.finish(&[&created, &assigned]).await?;
    print(&format!("Workspace {id} \"{name}\" ({slug}) is made. {}", added.sentence(&owner, Role::Owner, &slug)))?;
    Ok(())
}

fn parse_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let is_good = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_good { Ok(name.to_owned()) } else { Err("a name has 1 to 100 characters".to_owned()) }
}

/// `^[a-z0-9][a-z0-9-]{1,38}$`
fn parse_slug(text: &str) -> Result<String, String> {
    let is_good = (2..=39).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_good {
        return Ok(text.to_owned());
    }
    Err("a slug has 2 to 39 lower-case letters (a-z), digits and hyphens, and does not start with a hyphen".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_short_and_fit_into_addresses() {
        let longest = "a".repeat(39);
        for good in ["acme", "a1", "1a", "a-", "acme-eu-2", longest.as_str()] {
            assert_eq!(parse_slug(good), Ok(good.to_owned()));
        }
        let too_long = "a".repeat(40);
        for bad in ["", "a", "-a", "Acme", "a_b", "a b", "a/b", "a.b", "é1", "a\n", too_long.as_str()] {
            assert!(parse_slug(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_are_trimmed_and_not_empty() {
        assert_eq!(parse_name(" Acme GmbH "), Ok("Acme GmbH".to_owned()));
        for bad in ["", "  ", "a\u{1b}b"] {
            assert!(parse_name(bad).is_err(), "{bad:?}");
        }
    }
}
