//! Users, and who belongs to which workspace.

use super::{Reader, StoreError, Tx, sql};
use crate::authz::{Role, WorkspaceScope};
use crate::clock::Timestamp;

/// A user.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct UserRow {
    pub(crate) id: String,
    /// `None` for a demo user.
    pub(crate) github_id: Option<i64>,
    pub(crate) login: String,
}

/// A user to insert.
#[derive(Debug)]
pub(crate) struct NewUser<'a> {
    pub(crate) id: &'a str,
    pub(crate) github_id: Option<i64>,
    pub(crate) login: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) created_at: Timestamp,
}

/// Inserts a user.
pub(crate) async fn insert_user(tx: &mut Tx, user: &NewUser<'_>) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO users (id, github_id, login, name, created_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(user.id)
            .bind(user.github_id)
            .bind(user.login)
            .bind(user.name)
            .bind(user.created_at),
    )
    .await?;
    Ok(())
}

/// Brings the user with this GitHub id up to date, or inserts `user`; gives the id of the row.
///
/// GitHub gives a login that somebody gave up to others. Whoever had it here before keeps their row and their
/// memberships, under a login that GitHub gives to nobody; signing in puts it right.
pub(crate) async fn upsert_github_user(tx: &mut Tx, user: &NewUser<'_>) -> Result<String, StoreError> {
    tx.execute(
        sql("UPDATE users SET login = login || '-' || id \
             WHERE LOWER(login) = $1 AND (github_id IS NULL OR github_id <> $2)")
        .bind(user.login.to_ascii_lowercase())
        .bind(user.github_id),
    )
    .await?;
    let known: Option<(String,)> =
        tx.fetch_for_update(sql("SELECT id FROM users WHERE github_id = $1").bind(user.github_id)).await?;
    let Some((id,)) = known else {
        insert_user(tx, user).await?;
        return Ok(user.id.to_owned());
    };
    tx.execute(sql("UPDATE users SET login = $2, name = $3 WHERE id = $1").bind(&id).bind(user.login).bind(user.name))
        .await?;
    Ok(id)
}

/// The user who last signed in with GitHub under this login, in any case of its letters.
pub(crate) async fn find_github_user(tx: &mut Tx, login: &str) -> Result<Option<UserRow>, StoreError> {
    tx.fetch_optional(
        sql("SELECT id, github_id, login FROM users WHERE LOWER(login) = $1 AND github_id IS NOT NULL")
            .bind(login.to_ascii_lowercase()),
    )
    .await
}

/// The user with this id.
pub(crate) async fn find_user(reader: &Reader, user_id: &str) -> Result<Option<UserRow>, StoreError> {
    reader.fetch_optional(sql("SELECT id, github_id, login FROM users WHERE id = $1").bind(user_id)).await
}

/// Makes a user a member of a workspace, or changes their role.
pub(crate) async fn insert_membership(
    tx: &mut Tx,
    scope: &WorkspaceScope,
    user_id: &str,
    role: Role,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO memberships (user_id, workspace_id, role, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (user_id, workspace_id) DO UPDATE SET role = excluded.role")
        .bind(user_id)
        .bind(scope.workspace_id())
        .bind(role.name())
        .bind(now),
    )
    .await?;
    Ok(())
}

/// Takes a user of this login out of a workspace; false if there was none. The user's MCP clients are out
/// with their next request, because every request looks the membership up.
pub(crate) async fn delete_membership(tx: &mut Tx, scope: &WorkspaceScope, login: &str) -> Result<bool, StoreError> {
    let deleted = tx
        .execute(
            sql("DELETE FROM memberships WHERE workspace_id = $1 \
                 AND user_id IN (SELECT u.id FROM users u WHERE LOWER(u.login) = $2)")
            .bind(scope.workspace_id())
            .bind(login.to_ascii_lowercase()),
        )
        .await?;
    Ok(deleted > 0)
}

/// A member of a workspace.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct MemberRow {
    /// `None` for a demo user.
    pub(crate) github_id: Option<i64>,
    pub(crate) login: String,
    pub(crate) role: String,
}

/// The members of a workspace, by login.
pub(crate) async fn list_members(reader: &Reader, scope: &WorkspaceScope) -> Result<Vec<MemberRow>, StoreError> {
    reader
        .fetch_all(
            sql("SELECT u.github_id, u.login, m.role FROM memberships m \
                 JOIN users u ON u.id = m.user_id WHERE m.workspace_id = $1 ORDER BY u.login, u.id")
            .bind(scope.workspace_id()),
        )
        .await
}

/// A workspace that a user belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub(crate) workspace_id: String,
    pub(crate) name: String,
    pub(crate) slug: String,
    pub(crate) role: Role,
}

#[derive(sqlx::FromRow)]
struct MembershipRow {
    workspace_id: String,
    name: String,
    slug: String,
    role: String,
}

/// The active workspaces of a user, by name.
pub(crate) async fn list_memberships(reader: &Reader, user_id: &str) -> Result<Vec<Membership>, StoreError> {
    let rows: Vec<MembershipRow> = reader
        .fetch_all(
            sql("SELECT w.id AS workspace_id, w.name, w.slug, m.role FROM memberships m \
                 JOIN workspaces w ON w.id = m.workspace_id \
                 WHERE m.user_id = $1 AND w.status = 'active' ORDER BY w.name, w.id")
            .bind(user_id),
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            let role = parse_role(&row.role, user_id)?;
            Ok(Membership { workspace_id: row.workspace_id, name: row.name, slug: row.slug, role })
        })
        .collect()
}

/// A demo user in a workspace.
#[derive(Debug, Clone)]
pub(crate) struct DemoUser {
    pub(crate) id: String,
    pub(crate) login: String,
    pub(crate) name: Option<String>,
    pub(crate) workspace: String,
    pub(crate) role: Role,
}

#[derive(sqlx::FromRow)]
struct DemoUserRow {
    id: String,
    login: String,
    name: Option<String>,
    workspace: String,
    role: String,
}

/// The users without a GitHub account, once per active workspace they belong to, in the order they were
/// made.
pub(crate) async fn list_demo_users(reader: &Reader) -> Result<Vec<DemoUser>, StoreError> {
    let rows: Vec<DemoUserRow> = reader
        .fetch_all(sql("SELECT u.id, u.login, u.name, w.name AS workspace, m.role FROM users u \
             JOIN memberships m ON m.user_id = u.id \
             JOIN workspaces w ON w.id = m.workspace_id \
             WHERE u.github_id IS NULL AND w.status = 'active' ORDER BY u.created_at, u.id, w.name"))
        .await?;
    rows.into_iter()
        .map(|row| {
            let role = parse_role(&row.role, &row.id)?;
            Ok(DemoUser { id: row.id, login: row.login, name: row.name, workspace: row.workspace, role })
        })
        .collect()
}

fn parse_role(role: &str, user_id: &str) -> Result<Role, StoreError> {
    Role::parse(role).ok_or_else(|| StoreError::Inconsistent {
        table: "memberships",
        id: user_id.to_owned(),
        what: "role is not a role",
    })
}
