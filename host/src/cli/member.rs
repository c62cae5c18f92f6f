//! `atmos-mcp member add | remove | list`
//!
//! People sign in with GitHub, so they are named by login. Who has not signed in yet is kept as an
//! invitation, which the first sign-in turns into a membership.

use anyhow::ensure;
use serde_json::json;

use super::operator::Operator;
use super::{Location, print};
use crate::audit::Entry;
use crate::authz::{Role, WorkspaceScope};
use crate::clock::Timestamp;
use crate::store::{StoreError, Tx, invited_members, users};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Add somebody to a workspace, or change their role.
    Add {
        #[command(flatten)]
        place: Place,
        /// GitHub login; its owner need not have signed in yet.
        #[arg(long, value_parser = parse_login)]
        login: Login,
        /// member, admin or owner.
        #[arg(long, value_parser = parse_role)]
        role: Role,
    },
    /// Take somebody out of a workspace; their MCP clients are out with their next request.
    Remove {
        #[command(flatten)]
        place: Place,
        /// GitHub login.
        #[arg(long, value_parser = parse_login)]
        login: Login,
    },
    /// Print who belongs to a workspace.
    List(Place),
}

#[derive(Debug, clap::Args)]
pub(super) struct Place {
    #[command(flatten)]
    location: Location,
    /// Slug of the workspace.
    #[arg(long)]
    workspace: String,
}

/// A GitHub login, in lower case: GitHub takes no account of case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Login(String);

/// How somebody was added.
pub(super) enum Added {
    /// Has signed in before.
    Member { user_id: String },
    /// Has not.
    Invited,
}

pub(super) async fn run(command: Command, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    match command {
        Command::Add { place, login, role } => {
            let operator = Operator::open(&place.location, environment).await?;
            add(operator, &place.workspace, &login, role).await
        }
        Command::Remove { place, login } => {
            let operator = Operator::open(&place.location, environment).await?;
            remove(operator, &place.workspace, &login).await
        }
        Command::List(place) => {
            let operator = Operator::open(&place.location, environment).await?;
            list(operator, &place.workspace).await
        }
    }
}

async fn add(operator: Operator, slug: &str, login: &Login, role: Role) -> anyhow::Result<()> {
    let scope = operator.workspace(slug).await?;
    let mut tx = operator.store.write.begin().await?;
    let added = assign(&mut tx, &scope, login, role, operator.now).await?;
    tx.commit().await?;
    let entry = added.entry(&operator, &scope, login, role);
    operator.finish(&[&entry]).await?;
    Ok(print(&added.sentence(login, role, slug))?)
}

async fn remove(operator: Operator, slug: &str, login: &Login) -> anyhow::Result<()> {
    let scope = operator.workspace(slug).await?;
    let mut tx = operator.store.write.begin().await?;
    let was_member = users::delete_membership(&mut tx, &scope, &login.0).await?;
    let was_invited = invited_members::delete_invitation(&mut tx, &scope, &login.0).await?;
    ensure!(was_member || was_invited, "--login {}: neither a member of {slug} nor invited", login.0);
    tx.commit().await?;
    let entry = operator
        .entry(&scope, ("team_member", "removed"))
        .with_target("login", &login.0)
        .with_metadata(&json!({ "login": login.0 }));
    operator.finish(&[&entry]).await?;
    Ok(print(&format!("{} no longer belongs to {slug}.", login.0))?)
}

async fn list(operator: Operator, slug: &str) -> anyhow::Result<()> {
    let scope = operator.workspace(slug).await?;
    let members = users::list_members(&operator.store.read, &scope).await?;
    let invitations = invited_members::list_invitations(&operator.store.read, &scope).await?;
    operator.store.close().await;
    print(&format!("{:40} {:8} STATE", "LOGIN", "ROLE"))?;
    for member in members {
        let state = member.github_id.map_or_else(|| "demo user".to_owned(), |id| format!("GitHub id {id}"));
        print(&format!("{:40} {:8} {state}", member.login, member.role))?;
    }
    for invitation in invitations {
        print(&format!("{:40} {:8} invited, has not signed in yet", invitation.login, invitation.role))?;
    }
    Ok(())
}

/// Makes a user a member, or invites the login if nobody has signed in with it yet.
pub(super) async fn assign(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    login: &Login,
    role: Role,
    now: Timestamp,
) -> Result<Added, StoreError> {
    let Some(user) = users::find_github_user(tx, &login.0).await? else {
        invited_members::upsert_invitation(tx, scope, &login.0, role, now).await?;
        return Ok(Added::Invited);
    };
    users::insert_membership(tx, scope, &user.id, role, now).await?;
    // Left over if the login was invited before its owner took it.
    invited_members::delete_invitation(tx, scope, &login.0).await?;
    Ok(Added::Member { user_id: user.id })
}

impl Added {
    /// The row of the audit log.
    pub(super) fn entry(&self, operator: &Operator, scope: &WorkspaceScope, login: &Login, role: Role) -> Entry {
        let facts = json!({ "login": login.0, "role": role.name() });
        let entry = match self {
            Self::Member { user_id } => operator.entry(scope, ("team_member", "added")).with_target("user", user_id),
            Self::Invited => operator.entry(scope, ("team_member", "invited")).with_target("login", &login.0),
        };
        entry.with_metadata(&facts)
    }

    /// What to tell the operator.
    pub(super) fn sentence(&self, login: &Login, role: Role, slug: &str) -> String {
        let (login, role) = (&login.0, role.name());
        match self {
            Self::Member { .. } => format!("{login} is now {role} of {slug}."),
            Self::Invited => format!("{login} becomes {role} of {slug} on signing in with GitHub for the first time."),
        }
    }
}

/// Reads a GitHub login, with or without `@`.
pub(super) fn parse_login(text: &str) -> Result<Login, String> {
    let login = text.strip_prefix('@').unwrap_or(text);
    // Logins of managed users end in an underscore and the name of their enterprise.
    let is_good = (1..=100).contains(&login.len())
        && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_good {
        return Ok(Login(login.to_ascii_lowercase()));
    }
    Err("a GitHub login has letters (a-z), digits and hyphens; it is what github.com/LOGIN shows".to_owned())
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "a role is member, admin or owner".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_compared_in_lower_case() {
        for text in ["dana", "Dana", "@DANA"] {
            assert_eq!(parse_login(text), Ok(Login("dana".to_owned())));
        }
        assert_eq!(parse_login("dana-lee_acme"), Ok(Login("dana-lee_acme".to_owned())));
        for bad in ["", "@", "dana@acme.example", "dana lee", "https://github.com/dana", "é"] {
            assert!(parse_login(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn roles_are_three() {
        assert_eq!(parse_role("admin"), Ok(Role::Admin));
        assert!(parse_role("Owner").is_err() && parse_role("").is_err());
    }
}
