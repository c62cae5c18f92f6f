//! `installation` (created, deleted, suspend, unsuspend) and `installation_repositories` (added, removed).
//!
//! They concern the workspaces that the operator has linked to the installation, and no other: who installs
//! the App cannot choose a workspace here.

use serde_json::json;

use super::error::WebhookError;
use super::work::{Note, Outcome, Work};
use crate::clock::Timestamp;
use crate::ingest::github::repositories::read;
use crate::store::github::identity::Told;
use crate::store::github::installations::{self, InstallationRow};
use crate::store::github::{FullName, repositories};
use crate::upstream::github_app::types::{Installation, Repository};

const NOT_LINKED: Outcome = Outcome::Unheard("no workspace is linked to this installation");

/// Applies an event of an installation.
pub(super) async fn apply(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let (installation, github_id) = installation(work)?;
    let Some((status, at)) = new_status(work.action(), installation, work.now) else {
        return Ok(Outcome::Ignored("the installation itself stays as it is"));
    };
    let rows = installations::find_installations(work.tx, github_id).await?;
    if rows.is_empty() {
        return Ok(NOT_LINKED);
    }
    let created = if work.action() == "created" { work.payload.repositories.as_slice() } else { &[] };
    let account = installation.account.as_ref().and_then(|account| account.login.get());
    for mut row in rows {
        if installations::set_status(work.tx, &row, account, status, at, installation.updated_at.0).await? {
            status.clone_into(&mut row.status);
            follow(work, &row).await?;
        }
        import(work, &row, created).await?;
    }
    Ok(Outcome::Applied)
}

/// Applies an event of an installation's repositories.
pub(super) async fn apply_repositories(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let (_, github_id) = installation(work)?;
    let payload = work.payload;
    let rows = installations::find_installations(work.tx, github_id).await?;
    if rows.is_empty() {
        return Ok(NOT_LINKED);
    }
    for row in rows {
        import(work, &row, &payload.repositories_added).await?;
        remove(work, &row, &payload.repositories_removed).await?;
    }
    Ok(Outcome::Applied)
}

fn installation<'a>(work: &Work<'a>) -> Result<(&'a Installation, i64), WebhookError> {
    let installation = work.payload.installation.as_ref().ok_or(WebhookError::MissingField("installation"))?;
    let id = installation.id.ok_or(WebhookError::MissingField("installation.id"))?;
    Ok((installation, id))
}

/// The status that an action brings, and since when. GitHub tells when an installation was suspended; of the
/// end of a suspension it tells no time for sure, nor of a deletion, which has no successor anyway.
fn new_status(action: &str, installation: &Installation, now: Timestamp) -> Option<(&'static str, Timestamp)> {
    match action {
        "created" => Some(("active", installation.created_at.0.unwrap_or(now))),
        "suspend" => Some(("suspended", installation.suspended_at.0.or(installation.updated_at.0).unwrap_or(now))),
        "unsuspend" => Some(("active", now)),
        "deleted" => Some(("uninstalled", now)),
        _ => None,
    }
}

/// The repositories follow their installation.
async fn follow(work: &mut Work<'_>, row: &InstallationRow) -> Result<(), WebhookError> {
    let followed = installations::set_repository_status(work.tx, row, &row.status).await?;
    if row.status != "uninstalled" {
        return Ok(());
    }
    for repository in followed {
        let name = FullName { owner: &repository.owner, name: &repository.name };
        work.notes.push(note(row, "repository_removed", repository.id.clone(), name));
    }
    Ok(())
}

async fn import(work: &mut Work<'_>, row: &InstallationRow, added: &[Repository]) -> Result<(), WebhookError> {
    let (at, made) = (updated_at(work), (work.entropy, work.now));
    for told in told(added) {
        if let Some(id) = repositories::import(work.tx, row, &told, &work.host, at, made).await? {
            work.notes.push(note(row, "repository_imported", id, told.name));
        }
    }
    Ok(())
}

async fn remove(work: &mut Work<'_>, row: &InstallationRow, removed: &[Repository]) -> Result<(), WebhookError> {
    let at = updated_at(work);
    for told in told(removed) {
        if let Some(id) = repositories::remove(work.tx, row, &told, &work.host, at).await? {
            work.notes.push(note(row, "repository_removed", id, told.name));
        }
    }
    Ok(())
}

fn told(repositories: &[Repository]) -> Vec<Told<'_>> {
    repositories.iter().filter_map(|repository| read(repository, None)).collect()
}

/// As of when the installation is as the event tells.
fn updated_at(work: &Work<'_>) -> Option<Timestamp> {
    work.payload.installation.as_ref().and_then(|installation| installation.updated_at.0)
}

fn note(row: &InstallationRow, action: &'static str, id: String, name: FullName<'_>) -> Note {
    Note {
        workspace_id: row.workspace_id.clone(),
        event: ("github", action),
        target: ("repository", id),
        metadata: json!({ "repository": format!("{}/{}", name.owner, name.name) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspension_counts_from_its_own_time() {
        let now = Timestamp::from_micros(9_000_000);
        let installation: Installation = serde_json::from_value(json!({
            "id": 1, "created_at": 3, "updated_at": 5, "suspended_at": "1970-01-01T00:00:04Z",
        }))
        .unwrap();
        let status = |action: &str| new_status(action, &installation, now).map(|(word, at)| (word, at.seconds()));
        assert_eq!(status("suspend"), Some(("suspended", 4)));
        assert_eq!(status("created"), Some(("active", 3)));
        assert_eq!(status("unsuspend"), Some(("active", 9)));
        assert_eq!(status("deleted"), Some(("uninstalled", 9)));
        assert_eq!(status("new_permissions_accepted"), None);
    }
}
