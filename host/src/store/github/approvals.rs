//! Approvals of waiting runs, from deployment reviews.
//!
//! A row holds one approval, that of the review that was told last: a second environment that is waited for
//! after a decision is pending again. A decision stays when its request comes after it, and one for another
//! environment than the one that is waited for changes nothing. `approval_decided_at` is the time of the last
//! decision, also while another is waited for: what is older than it comes late.
//!
//! A job that waits says the same where no review is told of: of a wait timer, or if the event was missed.

use super::Target;
use crate::clock::Timestamp;
use crate::store::{StoreError, Tx, sql};

/// A review that was requested.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    pub(crate) attempt: i64,
    pub(crate) environment: Option<&'a str>,
    /// Who may decide: logins and names of teams, JSON list.
    pub(crate) reviewers: Option<String>,
    pub(crate) at: Timestamp,
}

/// A review that was decided.
#[derive(Debug, Clone)]
pub(crate) struct Decision<'a> {
    pub(crate) attempt: i64,
    /// `approved` or `rejected`.
    pub(crate) state: &'static str,
    /// Empty if the event does not name them.
    pub(crate) environments: Vec<&'a str>,
    /// Who decided, JSON list.
    pub(crate) reviewers: Option<String>,
    pub(crate) at: Timestamp,
}

/// Notes that a run waits for a review.
pub(crate) async fn request(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
    request: &Request<'_>,
) -> Result<(), StoreError> {
    tx.execute(
        sql("UPDATE workflow_runs SET approval_state = 'pending', approval_environment = $3, \
             approval_reviewers = $4 WHERE workspace_id = $1 AND id = $2 \
             AND COALESCE(run_attempt, $5) = $5 AND status <> 'completed' \
             AND (approval_decided_at IS NULL OR approval_decided_at < $6)")
        .bind(target.scope.workspace_id())
        .bind(run_id)
        .bind(request.environment)
        .bind(request.reviewers.as_deref())
        .bind(request.attempt)
        .bind(request.at),
    )
    .await?;
    Ok(())
}

/// A job of the run's latest attempt that waits.
const WAITING_JOB: &str = "EXISTS (SELECT 1 FROM jobs j WHERE j.run_id = workflow_runs.id AND j.status = 'waiting' \
     AND j.run_attempt = COALESCE(workflow_runs.run_attempt, j.run_attempt))";

/// Notes that a run waits if one of its jobs does. It waits as a whole if no other job works. What a review has
/// decided stays.
pub(crate) async fn wait_for_jobs(tx: &mut Tx, target: &Target, run_id: &str) -> Result<(), StoreError> {
    let mut update = sql("UPDATE workflow_runs SET \
         approval_state = CASE WHEN approval_state = 'none' THEN 'pending' ELSE approval_state END, \
         status = CASE WHEN approval_state IN ('approved', 'rejected') OR EXISTS (SELECT 1 FROM jobs j WHERE j.run_id = workflow_runs.id \
         AND j.status = 'in_progress' AND j.run_attempt = COALESCE(workflow_runs.run_attempt, j.run_attempt)) \
         THEN status ELSE 'waiting' END WHERE workspace_id = $1 AND id = $2 AND status <> 'completed' AND ")
    .bind(target.scope.workspace_id())
    .bind(run_id);
    update.push(WAITING_JOB);
    tx.execute(update).await?;
    Ok(())
}

/// Notes that a run goes on when the last of its jobs that waited does. What waits for a review that was requested is
/// decided by that.
pub(crate) async fn go_on(tx: &mut Tx, target: &Target, run_id: &str) -> Result<(), StoreError> {
    let mut update = sql("UPDATE workflow_runs SET \
         approval_state = CASE WHEN approval_state = 'pending' AND approval_environment IS NULL THEN 'none' \
         ELSE approval_state END, status = CASE WHEN status = 'waiting' THEN 'in_progress' ELSE status END \
         WHERE workspace_id = $1 AND id = $2 AND status <> 'completed' AND NOT ")
    .bind(target.scope.workspace_id())
    .bind(run_id);
    update.push(WAITING_JOB);
    tx.execute(update).await?;
    Ok(())
}

/// Notes a decision. Who decided takes the place of who could have.
pub(crate) async fn decide(
    tx: &mut Tx,
    target: &Target,
    run_id: &str,
    decision: &Decision<'_>,
) -> Result<(), StoreError> {
    let environments = (!decision.environments.is_empty()).then(|| decision.environments.join(", "));
    let mut update = sql("UPDATE workflow_runs SET approval_state = $3, \
         approval_environment = COALESCE($4, approval_environment), \
         approval_reviewers = COALESCE($5, approval_reviewers), approval_decided_at = $6 \
         WHERE workspace_id = $1 AND id = $2 AND COALESCE(run_attempt, $7) = $7 \
         AND (approval_decided_at IS NULL OR approval_decided_at < $6)")
    .bind(target.scope.workspace_id())
    .bind(run_id)
    .bind(decision.state)
    .bind(environments)
    .bind(decision.reviewers.as_deref())
    .bind(decision.at)
    .bind(decision.attempt);
    if !decision.environments.is_empty() {
        update.push(" AND (approval_state <> 'pending' OR approval_environment IS NULL OR approval_environment IN ");
        update.push_in(decision.environments.iter().copied());
        update.push(")");
    }
    tx.execute(update).await?;
    Ok(())
}
