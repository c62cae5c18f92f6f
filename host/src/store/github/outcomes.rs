//! What a run that is over says of its instance.
//!
//! Success says nothing: only the exit code that the CLI uploads tells whether an instance is in sync. A drift
//! detection that succeeds without one has missed its purpose.

use std::time::Duration;

use super::Target;
use crate::clock::Timestamp;
use crate::id::Entropy;
use crate::store::words::is_failure;
use crate::store::{StoreError, Tx, sql};

/// How long a run that is over is news. What ran before may be from a time when nobody uploaded results.
const NEWS: Duration = Duration::from_hours(24);

/// A completed run beside its instance as it is now.
#[derive(Debug, sqlx::FromRow)]
struct Completed {
    id: String,
    instance_id: String,
    component: String,
    stack: String,
    command: String,
    trigger_kind: String,
    conclusion: Option<String>,
    plan_exit_code: Option<i64>,
    /// What the upload of the latest attempt said: `success` or `failure`.
    result: Option<String>,
    started_at: i64,
    finished_at: Option<i64>,
    status: String,
    drift_status: String,
    last_run_id: Option<String>,
    last_run_at: Option<i64>,
    last_drift_run_at: Option<i64>,
}

impl Completed {
    /// What ended well by its own result did its work, whatever the workflow made of it.
    fn has_failed(&self) -> bool {
        let ended_well = self.result.as_deref() == Some("success") || matches!(self.plan_exit_code, Some(0 | 2));
        is_failure(self.conclusion.as_deref()) && !ended_well
    }

    fn is_detection(&self) -> bool {
        self.trigger_kind == "drift_detection"
    }

    /// Whether this is a drift detection that did what it could, and of which nothing arrived. A run that failed says
    /// why in its log; one that was cancelled was not tried.
    ///
    /// Results that come with a workspace token are of no run that is known: one since the start may be this run's.
    fn lacks_result(&self, now: Timestamp) -> bool {
        let is_silent = self.result.is_none()
            && self.plan_exit_code.is_none()
            && matches!(self.conclusion.as_deref(), Some("success" | "neutral"));
        let is_alone = self.last_run_id.as_ref() == Some(&self.id) || is_later(self.started_at, self.last_run_at);
        let is_news = self.finished_at.is_some_and(|at| Timestamp::from_micros(at) >= now.minus(NEWS));
        self.is_detection() && self.command == "plan" && is_silent && is_alone && is_news && self.accepts_drift()
    }

    /// Where a run stands among others. One that says something stands where it ended, as results do. One that says
    /// nothing stands where it began, so that it does not shut out what others said while it ran.
    fn stands_at(&self, says_something: bool, now: Timestamp) -> Timestamp {
        let ended_at = self.finished_at.filter(|_| says_something).unwrap_or(self.started_at);
        Timestamp::from_micros(ended_at).min(now)
    }

    fn accepts_drift(&self) -> bool {
        !["disabled", "orphaned"].contains(&self.drift_status.as_str())
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

    /// A result may have come before it was known that the run looks for drift.
    fn next_drift_status(&self, lacks_result: bool) -> &str {
        match self.plan_exit_code {
            _ if !self.accepts_drift() => &self.drift_status,
            _ if lacks_result || self.has_failed() => "error",
            Some(0) => "in_sync",
            Some(2) => "drifted",
            _ => &self.drift_status,
        }
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
/// that stands no later than the last one that is known changes nothing. A result that comes after all mends what its
/// absence did.
pub(crate) async fn settle(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
    entropy: &Entropy,
    now: Timestamp,
) -> Result<Option<Settled>, StoreError> {
    let Some(run) = find_completed(tx, target, run_id).await? else { return Ok(None) };
    let at = run.stands_at(run.has_failed(), now);
    let is_newest = is_later(at.micros(), run.last_run_at);
    let is_changed = is_newest && run.next_status() != run.status;
    if is_newest {
        note_run(tx, target, &run, at, now).await?;
    }
    if is_changed {
        let at = run.finished_at.map_or(now, Timestamp::from_micros).min(now);
        let id = entropy.id("isc", at);
        insert_status_change(tx, target, run_id, id, &run, at).await?;
    }
    if run.is_detection() {
        settle_drift(tx, target, &run, now).await?;
    }
    Ok(is_changed.then(|| run.settled()))
}

async fn settle_drift(tx: &mut Tx, target: &Target, run: &Completed, now: Timestamp) -> Result<(), StoreError> {
    let lacks_result = run.lacks_result(now);
    let at = run.stands_at(lacks_result || run.has_failed(), now);
    if is_later(at.micros(), run.last_drift_run_at) {
        note_detection(tx, target, run, (at, run.next_drift_status(lacks_result)), now).await?;
    }
    if lacks_result {
        note_missing_result(tx, target, &run.id).await?;
    }
    Ok(())
}

async fn find_completed(tx: &mut Tx, target: &Target, run_id: &str) -> Result<Option<Completed>, StoreError> {
    tx.fetch_optional(
        sql("SELECT r.id, i.id AS instance_id, i.component, i.stack, r.command, r.trigger_kind, r.conclusion, \
             r.plan_exit_code, r.result, COALESCE(r.started_at, r.created_at) AS started_at, r.finished_at, i.status, \
             i.drift_status, i.last_run_id, i.last_run_at, i.last_drift_run_at \
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
    run: &Completed,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE instances SET last_run_id = $3, last_run_at = $4, status = $5, updated_at = $6 \
             WHERE workspace_id = $1 AND id = $2")
        .bind(target.scope.workspace_id())
        .bind(&run.instance_id)
        .bind(&run.id)
        .bind(at)
        .bind(run.next_status())
        .bind(now),
    )
    .await?;
    Ok(())
}

async fn note_detection(
    tx: &mut Tx,
    target: &Target,
    run: &Completed,
    (at, drift_status): (Timestamp, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE instances SET last_drift_run_id = $3, last_drift_run_at = $4, drift_status = $5, updated_at = $6 \
             WHERE workspace_id = $1 AND id = $2")
        .bind(target.scope.workspace_id())
        .bind(&run.instance_id)
        .bind(&run.id)
        .bind(at)
        .bind(drift_status)
        .bind(now),
    )
    .await?;
    Ok(())
}

async fn note_missing_result(tx: &mut Tx, target: &Target, run_id: &str) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE workflow_runs SET dispatch_error = 'missing_plan_result' \
             WHERE workspace_id = $1 AND id = $2 AND dispatch_error IS NULL")
        .bind(target.scope.workspace_id())
        .bind(run_id),
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
