//! Results of plans and applies, and what they change.

use serde_json::Value;

use super::change::{Change, Known};
use super::runs::{self, Outcome};
use super::told;
use super::verdict::{Subject, Verdict, conclusion_of, judge, status_of};
use super::{RepositoryRow, Target, Upload, touch_repository};
use crate::clock::Timestamp;
use crate::store::inventory::{Chunk, record_chunk};
use crate::store::{StoreError, Tx, sql};

/// What ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Plan,
    Apply,
    Remediate,
}

impl Command {
    /// The name in the database and on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Remediate => "remediate",
        }
    }
}

/// A result, as uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InstanceResult {
    pub(crate) component: String,
    pub(crate) stack: String,
    pub(crate) component_type: Option<String>,
    pub(crate) command: Command,
    pub(crate) exit_code: i64,
    /// When it ran; now, if the upload does not tell.
    pub(crate) last_run: Option<Timestamp>,
    /// The commit, where the upload tells and not only the session.
    pub(crate) sha: Option<String>,
}

/// The results of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandResults {
    /// Owner and name.
    pub(crate) repository: (String, String),
    /// The same if the upload is repeated; none if that cannot be told.
    pub(crate) upload_id: Option<String>,
    pub(crate) results: Vec<InstanceResult>,
}

/// What the results of a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CommandApplied {
    /// In the order of the results.
    Now(Vec<Applied>),
    /// They had come before; nothing was changed.
    Before,
}

/// What a result did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) instance_id: String,
    pub(crate) run_id: String,
    pub(crate) command: &'static str,
    pub(crate) trigger: &'static str,
    /// None if the instance was created.
    pub(crate) from: Option<String>,
    /// Its status now.
    pub(crate) to: String,
    /// Whether a newer result had come before, so that the status stayed.
    pub(crate) is_late: bool,
}

/// Applies a result; none if the workspace does not have the repository.
///
/// An instance that no inventory has named yet is created: its workflow may run before the first upload.
/// Results may come late and in any order; an older one leaves a run, but never changes what a newer one
/// has said.
pub(crate) async fn apply_result(
    tx: &mut Tx,
    upload: &Upload<'_>,
    repository: (&str, &str),
    result: &InstanceResult,
) -> Result<Option<Applied>, StoreError> {
    let Some(repository) = touch_repository(tx, upload, repository).await? else { return Ok(None) };
    apply_to(tx, upload, &repository, result).await.map(Some)
}

/// Applies the results of a command like [`apply_result`], and not again if they had come before.
pub(crate) async fn apply_command(
    tx: &mut Tx,
    upload: &Upload<'_>,
    command: &CommandResults,
) -> Result<Option<CommandApplied>, StoreError> {
    let (owner, name) = &command.repository;
    let Some(repository) = touch_repository(tx, upload, (owner, name)).await? else { return Ok(None) };
    if let Some(id) = &command.upload_id {
        // The table is shared with inventory uploads, whose ids are the CLI's own.
        let chunk = Chunk { upload_id: format!("exec:{id}"), index: 0, total: 1 };
        if !record_chunk(tx, &repository.id, &chunk, upload.now).await? {
            return Ok(Some(CommandApplied::Before));
        }
    }
    let mut applied = Vec::with_capacity(command.results.len());
    for result in &command.results {
        applied.push(apply_to(tx, upload, &repository, result).await?);
    }
    Ok(Some(CommandApplied::Now(applied)))
}

async fn apply_to(
    tx: &mut Tx,
    upload: &Upload<'_>,
    repository: &RepositoryRow,
    result: &InstanceResult,
) -> Result<Applied, StoreError> {
    let sha = upload.session.and_then(|session| session.sha.as_deref()).or(result.sha.as_deref());
    let target = Target { upload, repository_id: &repository.id, sha };
    // Security: a run of the future would shut out all results until then.
    let at = result.last_run.unwrap_or(upload.now).min(upload.now);
    let (known, is_new) = match find_instance(tx, &target, result).await? {
        Some(known) => (known, false),
        None => (insert_instance(tx, &target, result).await?, true),
    };
    let told = told::find(tx, &target, &known.id).await?;
    let verdict = told.correct(judge_result(repository, &known, upload, result));
    let outcome = Outcome {
        instance_id: &known.id,
        component: &result.component,
        stack: &result.stack,
        verdict,
        conclusion: conclusion_of(verdict.command, result.exit_code),
        plan_exit_code: (verdict.command == Command::Plan && !told.is_outdated).then_some(result.exit_code),
        at,
    };
    let run_id = runs::record_outcome(tx, &target, &outcome).await?;
    told::note_result(tx, &target, &told, (&run_id, outcome.conclusion)).await?;
    let at = told.stands_at(at, upload.now);
    let change = Change::of(&known, verdict, status_of(verdict.command, result.exit_code), at);
    update_instance(tx, &target, (&known, result), &change, &run_id).await?;
    let from = (!is_new).then(|| known.status.clone());
    if from.as_ref() != Some(&change.status) {
        insert_status_change(tx, &target, (known.id.as_str(), from.as_deref(), &change), &run_id).await?;
    }
    Ok(Applied {
        instance_id: known.id,
        run_id,
        command: verdict.command.name(),
        trigger: verdict.trigger,
        from,
        to: change.status,
        is_late: change.last_run_at.is_none(),
    })
}

fn judge_result(repository: &RepositoryRow, known: &Known, upload: &Upload<'_>, result: &InstanceResult) -> Verdict {
    let settings = known.settings.as_deref();
    let pro: Value = settings.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let subject = Subject {
        pro: &pro,
        status: &known.status,
        drift_enabled: known.drift_enabled,
        default_branch: repository.default_branch.as_deref(),
    };
    judge(result.command, subject, upload.session)
}

async fn find_instance(tx: &mut Tx, target: &Target<'_>, result: &InstanceResult) -> Result<Option<Known>, StoreError> {
    tx.fetch_optional(
        sql("SELECT id, status, drift_status, enabled, drift_enabled, settings, last_run_at, last_drift_run_at \
             FROM instances WHERE workspace_id = $1 AND repository_id = $2 AND stack = $3 AND component = $4")
        .bind(target.upload.scope.workspace_id())
        .bind(target.repository_id)
        .bind(&result.stack)
        .bind(&result.component),
    )
    .await
}

async fn insert_instance(tx: &mut Tx, target: &Target<'_>, result: &InstanceResult) -> Result<Known, StoreError> {
    let id = target.upload.entropy.id("inst", target.upload.now);
    tx.execute(
        sql("INSERT INTO instances (id, workspace_id, repository_id, component, stack, component_type, status, \
             drift_status, enabled, drift_enabled, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, 'unknown', 'disabled', $7, $8, $9, $9)")
        .bind(&id)
        .bind(target.upload.scope.workspace_id())
        .bind(target.repository_id)
        .bind(&result.component)
        .bind(&result.stack)
        .bind(result.component_type.as_deref())
        .bind(true)
        .bind(false)
        .bind(target.upload.now),
    )
    .await?;
    Ok(Known {
        id,
        status: "unknown".to_owned(),
        drift_status: "disabled".to_owned(),
        enabled: true,
        drift_enabled: false,
        settings: None,
        last_run_at: None,
        last_drift_run_at: None,
    })
}

async fn update_instance(
    tx: &mut Tx,
    target: &Target<'_>,
    (known, result): (&Known, &InstanceResult),
    change: &Change,
    run_id: &str,
) -> Result<(), StoreError> {
    let run_at = |at: Option<Timestamp>| at.map(|_| run_id);
    tx.execute(
        sql("UPDATE instances SET status = $3, drift_status = $4, \
             last_run_at = COALESCE($5, last_run_at), last_run_id = COALESCE($6, last_run_id), \
             last_drift_run_at = COALESCE($7, last_drift_run_at), \
             last_drift_run_id = COALESCE($8, last_drift_run_id), \
             component_type = COALESCE(component_type, $9), updated_at = $10 \
             WHERE workspace_id = $1 AND id = $2")
        .bind(target.upload.scope.workspace_id())
        .bind(&known.id)
        .bind(&change.status)
        .bind(&change.drift_status)
        .bind(change.last_run_at)
        .bind(run_at(change.last_run_at))
        .bind(change.last_drift_run_at)
        .bind(run_at(change.last_drift_run_at))
        .bind(result.component_type.as_deref())
        .bind(target.upload.now),
    )
    .await?;
    Ok(())
}

async fn insert_status_change(
    tx: &mut Tx,
    target: &Target<'_>,
    (instance_id, from, change): (&str, Option<&str>, &Change),
    run_id: &str,
) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO instance_status_changes (id, workspace_id, instance_id, from_status, to_status, at, run_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(target.upload.entropy.id("isc", target.upload.now))
        .bind(target.upload.scope.workspace_id())
        .bind(instance_id)
        .bind(from)
        .bind(&change.status)
        .bind(change.at)
        .bind(run_id),
    )
    .await?;
    Ok(())
}
