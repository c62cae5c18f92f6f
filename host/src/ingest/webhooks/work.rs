//! One delivery while it is applied.

use serde_json::{Value, json};

use super::error::WebhookError;
use super::payload::Payload;
use crate::audit::{Actor, Entry};
use crate::clock::Timestamp;
use crate::id::Entropy;
use crate::ingest::github::Recorder;
use crate::ingest::github::repositories::{self as told, full_name};
use crate::store::Tx;
use crate::store::github::outcomes::Settled;
use crate::store::github::{FullName, Target, repositories};

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Told to the workspaces that it concerns.
    Applied,
    /// Nothing to tell; why.
    Ignored(&'static str),
    /// Nothing here to tell it to, as yet; why. It is not remembered, so that it can be delivered again once there is.
    Unheard(&'static str),
    /// Taken before.
    Duplicate,
}

impl Outcome {
    /// The word in the answer.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Ignored(_) | Self::Unheard(_) => "ignored",
            Self::Duplicate => "duplicate",
        }
    }

    /// Why, where there is more to say.
    pub(super) const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Ignored(reason) | Self::Unheard(reason) => Some(reason),
            Self::Applied | Self::Duplicate => None,
        }
    }

    /// Of an event of a repository.
    pub(super) const fn of(targets: &[Target]) -> Self {
        if targets.is_empty() {
            return Self::Unheard("no workspace has this repository, or none that is linked to its installation");
        }
        Self::Applied
    }
}

/// A line for the audit log.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) workspace_id: String,
    /// Category and action.
    pub(super) event: (&'static str, &'static str),
    /// Kind and id.
    pub(super) target: (&'static str, String),
    /// Security: names, numbers and words of GitHub's; no text that a person wrote.
    pub(super) metadata: Value,
}

impl Note {
    /// The entry.
    pub(super) fn entry(self, now: Timestamp, request_id: &str) -> Entry {
        let (kind, id) = self.target;
        Entry::new(now, Actor::GithubApp, self.event, request_id)
            .with_workspace(self.workspace_id)
            .with_target(kind, id)
            .with_metadata(&self.metadata)
    }
}

/// A delivery, its transaction, and what there is to note in it at the end.
pub(super) struct Work<'a> {
    pub(super) tx: &'a mut Tx,
    pub(super) payload: &'a Payload,
    pub(super) entropy: &'a Entropy,
    pub(super) now: Timestamp,
    /// Of the repositories that are told of.
    pub(super) host: String,
    pub(super) notes: Vec<Note>,
}

impl<'a> Work<'a> {
    /// What happened, in GitHub's word.
    pub(super) fn action(&self) -> &'a str {
        self.payload.action.or_empty()
    }

    /// What becomes of an event whose action is none of these: GitHub adds some, and this server cannot tell what they
    /// mean. None if the event has one of them, or no action.
    pub(super) fn unless_known(&self, actions: &[&str]) -> Option<Outcome> {
        let is_known = self.action().is_empty() || actions.contains(&self.action());
        (!is_known).then_some(Outcome::Ignored("this server does not know the action"))
    }

    /// Notes that a run that is over changed its instance's status.
    pub(super) fn note_status(&mut self, target: &Target, run_id: &str, settled: Option<Settled>) {
        let Some(settled) = settled else { return };
        let metadata = json!({
            "repository": self.repository_name(),
            "instanceId": settled.instance_id,
            "component": settled.component,
            "stack": settled.stack,
            "from": settled.from,
            "status": settled.to,
            "runId": run_id,
        });
        self.notes.push(Note {
            workspace_id: target.scope.workspace_id().to_owned(),
            event: ("instance", "drift_status_updated"),
            target: ("instance", settled.instance_id),
            metadata,
        });
    }

    /// The repository's name as `owner/name`, if the event has one.
    pub(super) fn repository_name(&self) -> Option<String> {
        let name = self.payload.repository.as_ref().and_then(full_name)?;
        Some(format!("{}/{}", name.owner, name.name))
    }

    /// For what webhooks and the backfill write in the same way.
    pub(super) fn recorder(&mut self) -> Recorder<'_> {
        Recorder { tx: &mut *self.tx, entropy: self.entropy, now: self.now }
    }

    /// The repository's name.
    pub(super) fn repository(&self) -> Result<FullName<'a>, WebhookError> {
        let repository = self.payload.repository.as_ref();
        repository.and_then(full_name).ok_or(WebhookError::MissingField("repository"))
    }

    /// The repository in the workspaces that have it, locked.
    pub(super) async fn targets(&mut self) -> Result<Vec<Target>, WebhookError> {
        let repository = self.repository()?;
        self.targets_named(repository).await
    }

    /// The repository in the workspaces that have it, locked; where its id is not known, by this name, which it may
    /// have had before. What the event tells of the repository itself is written.
    pub(super) async fn targets_named(&mut self, name: FullName<'_>) -> Result<Vec<Target>, WebhookError> {
        let payload = self.payload;
        let repository = payload.repository.as_ref().and_then(|repository| told::read(repository, None));
        let repository = repository.ok_or(WebhookError::MissingField("repository"))?;
        let installation = payload.installation.as_ref().and_then(|installation| installation.id);
        let targets = repositories::find_targets(self.tx, repository.github_id, name, installation, &self.host).await?;
        for target in &targets {
            repositories::lock(self.tx, target, self.now).await?;
            repositories::settle(self.tx, target, &repository).await?;
        }
        Ok(targets)
    }
}
