//! Approvals of waiting runs, from deployment reviews.
//!
//! A row holds one approval, that of the review that was told last: a second environment that is waited for
//! after a decision is pending again. A decision stays when its request comes after it, and one for another
//! environment than the one that is waited for changes nothing. `approval_decided_at` is the time of the last
//! decision, also while another is waited for: what is older than it comes late.

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
