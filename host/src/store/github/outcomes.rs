//! What a run that is over says of its instance.
//!
//! Success says nothing: only the exit code that the CLI uploads tells whether an instance is in sync.

use super::Target;
use crate::clock::Timestamp;
use crate::id::Entropy;
use crate::store::words::is_failure;
use crate::store::{StoreError, Tx, sql};

/// A completed run beside its instance as it is now.
#[derive(Debug, sqlx::FromRow)]
struct Completed {
    instance_id: String,
    component: String,
    stack: String,
    trigger_kind: String,
    conclusion: Option<String>,
    plan_exit_code: Option<i64>,
    started_at: i64,
    finished_at: Option<i64>,
    status: String,
    drift_status: String,
    last_run_at: Option<i64>,
    last_drift_run_at: Option<i64>,
}

impl Completed {
    /// A plan that ended with 0 or 2 did its work, whatever the workflow made of it.
    fn has_failed(&self) -> bool {
        is_failure(self.conclusion.as_deref()) && !matches!(self.plan_exit_code, Some(0 | 2))
    }

    const fn is_newest(&self) -> bool {
        is_later(self.started_at, self.last_run_at)
    }

    fn is_newest_detection(&self) -> bool {
        self.trigger_kind == "drift_detection" && is_later(self.started_at, self.last_drift_run_at)
    }

    /// What is switched off or gone has no result.
    fn next_status(&self) -> &str {
        let accepts = !["disabled", "orphaned"].contains(&self.status.as_str());
        if accepts && self.has_failed() { "error" } else { &self.status }
    }

    fn settled(self) -> Settled {
        let to = self.next_status().to_owned();
        Settled { instance_id: self.instance_id, component: self.component, stack: self.stack, from: self.status, to }
    }

    fn next_drift_status(&self) -> &str {
        let accepts = !["disabled", "orphaned"].contains(&self.drift_status.as_str());
        if accepts && self.has_failed() { "error" } else { &self.drift_status }
    }
}

const fn is_later(at: i64, known: Option<i64>) -> bool {
    match known {
        Some(known) => at > known,
        None => true,
    }
}

/// A change of an instance's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) instance_id: String,
    pub(crate) component: String,
    pub(crate) stack: String,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// Tells the run's instance, if it has one and the run is over; gives the change of status, if there is one. A run
/// that started no later than the last one that is known changes nothing.
pub(crate) async fn settle(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
    entropy: &Entropy,
    now: Timestamp,
) -> Result<Option<Settled>, StoreError> {
    let Some(run) = find_completed(tx, target, run_id).await? else { return Ok(None) };
    let is_changed = run.is_newest() && run.next_status() != run.status;
    if run.is_newest() {
        note_run(tx, target, run_id, &run, now).await?;
    }
    if is_changed {
        let at = run.finished_at.map_or(now, Timestamp::from_micros).min(now);
        let id = entropy.id("isc", at);
        insert_status_change(tx, target, run_id, id, &run, at).await?;
    }
    if run.is_newest_detection() {
        note_detection(tx, target, run_id, &run, now).await?;
    }
    Ok(is_changed.then(|| run.settled()))
}

async fn find_completed(tx: &mut Tx, target: &Target, run_id: &str) -> Result<Option<Completed>, StoreError> {
    tx.fetch_optional(
        sql("SELECT i.id AS instance_id, i.component, i.stack, r.trigger_kind, r.conclusion, r.plan_exit_code, \
             COALESCE(r.started_at, r.created_at) AS started_at, r.finished_at, i.status, i.drift_status, \
             i.last_run_at, i.last_drift_run_at \
             FROM workflow_runs r JOIN instances i ON i.id = r.instance_id AND i.workspace_id = r.workspace_id \
             WHERE r.workspace_id = $1 AND r.id = $2 AND r.status = 'completed'")
        .bind(target.scope.workspace_id())
        .bind(run_id),
    )
    .await
}

async fn note_run(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
    run: &Completed,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE instances SET last_run_id = $3, last_run_at = $4, status = $5, updated_at = $6 \
             WHERE workspace_id = $1 AND id = $2")
        .bind(target.scope.workspace_id())
        .bind(&run.instance_id)
        .bind(run_id)
        .bind(run.started_at)
        .bind(run.next_status())
        .bind(now),
    )
    .await?;
    Ok(())
}

async fn note_detection(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
    run: &Completed,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE instances SET last_drift_run_id = $3, last_drift_run_at = $4, drift_status = $5, updated_at = $6 \
             WHERE workspace_id = $1 AND id = $2")
        .bind(target.scope.workspace_id())
        .bind(&run.instance_id)
        .bind(run_id)
        .bind(run.started_at)
        .bind(run.next_drift_status())
        .bind(now),
    )
    .await?;
    Ok(())
}

async fn insert_status_change(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
    id: String,
    run: &Completed,
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        sql("INSERT INTO instance_status_changes (id, workspace_id, instance_id, from_status, to_status, at, run_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(id)
        .bind(target.scope.workspace_id())
        .bind(&run.instance_id)
        .bind(&run.status)
        .bind(run.next_status())
        .bind(at)
        .bind(run_id),
    )
    .await?;
    Ok(())
}
