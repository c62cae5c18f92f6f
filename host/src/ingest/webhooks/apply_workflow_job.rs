//! `workflow_job`: queued, waiting, `in_progress`, completed.

use super::error::WebhookError;
use super::work::{Outcome, Work};
use crate::ingest::github::jobs;

/// Applies an event of a job.
pub(super) async fn apply(work: &mut Work<'_>) -> Result<Outcome, WebhookError> {
    let payload = work.payload.workflow_job.as_ref().ok_or(WebhookError::MissingField("workflow_job"))?;
    let told = jobs::read(payload, work.now)?;
    if let Some(ignored) = work.unless_known(&["queued", "waiting", "in_progress", "completed"]) {
        return Ok(ignored);
    }
    let targets = work.targets().await?;
    for target in &targets {
        let kept = jobs::store(&mut work.recorder(), target, &told).await?;
        work.note_status(target, &kept.run_id, kept.settled);
    }
    Ok(Outcome::of(&targets))
}
