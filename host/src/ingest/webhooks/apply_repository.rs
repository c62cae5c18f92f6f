//! `repository`: names, default branch, deletion. Name and branch are written as those of every event are
//! ([`Work::targets`]).

use serde_json::json;

use super::error::WebhookError;
use super::payload::{Changes, FormerOwner};
use super::work::{Note, Outcome, Work};
use crate::store::github::{FullName, Target, repositories};

/// Applies an event of a repository. One that was created comes with its installation, or with its first
/// upload.
pub(super) async fn apply(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let name = work.repository()?;
    let former = work.payload.changes.as_ref().and_then(|changes| former_name(changes, name));
    if let Some(former) = former {
        work.targets_named(former).await?;
    }
    let targets = work.targets().await?;
    for target in &targets {
        if work.action() == "deleted" && repositories::mark_deleted(work.tx, target).await? {
            work.notes.push(removed(target, name));
        }
    }
    Ok(Outcome::of(&targets))
}

/// The name before a renaming or a transfer.
fn former_name<'a>(changes: &'a Changes, now: FullName<'a>) -> Option<FullName<'a>> {
    let name = changes.repository.as_ref().and_then(|change| change.name.as_ref()?.from.get());
    let owner = changes.owner.as_ref().and_then(|change| login(change.from.as_ref()?));
    (name.is_some() || owner.is_some())
        .then(|| FullName { owner: owner.unwrap_or(now.owner), name: name.unwrap_or(now.name) })
}

fn login(owner: &FormerOwner) -> Option<&str> {
    owner.user.as_ref().or(owner.organization.as_ref())?.login.get()
}

fn removed(target: &Target, name: FullName<'_>) -> Note {
    Note {
        workspace_id: target.scope.workspace_id().to_owned(),
        event: ("github", "repository_removed"),
        target: ("repository", target.repository_id.clone()),
        metadata: json!({ "repository": format!("{}/{}", name.owner, name.name) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_former_name_is_in_the_changes() {
        let now = FullName { owner: "acme", name: "infra" };
        let former = |changes: serde_json::Value| {
            let changes: Changes = serde_json::from_value(changes).unwrap();
            former_name(&changes, now).map(|name| format!("{}/{}", name.owner, name.name))
        };
        let renamed = json!({ "repository": { "name": { "from": "infrastructure" } } });
        assert_eq!(former(renamed).as_deref(), Some("acme/infrastructure"));
        let transferred = json!({ "owner": { "from": { "organization": { "login": "octo" } } } });
        assert_eq!(former(transferred).as_deref(), Some("octo/infra"));
        assert_eq!(former(json!({ "default_branch": { "from": "master" } })), None);
    }
}
