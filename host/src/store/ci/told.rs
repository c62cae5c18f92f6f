//! What GitHub has told of the run that a result is of, and what the result tells of the run.

use super::Target;
use super::results::Command;
use super::verdict::{DRIFT_DETECTION, Verdict};
use crate::clock::Timestamp;
use crate::store::{StoreError, Tx, sql};

/// What is known of a run before a result of it is kept. Nothing, if the result is the first to tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Whether a later attempt is known, so that the result says nothing of the run as it is now.
    pub(super) is_outdated: bool,
    /// Whether the run was over without this result.
    lacks_result: bool,
    /// When it was over.
    ended_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    instance_id: Option<String>,
    run_attempt: Option<i64>,
    result_attempt: Option<i64>,
    dispatch_error: Option<String>,
    ended_at: Option<i64>,
}

/// What is known of the session's run, as far as it is of this instance alone.
pub(super) async fn find(tx: &mut Tx, target: &Target<'_>, instance_id: &str) -> Result<Told, StoreError> {
    let Some(session) = target.upload.session else { return Ok(Told::default()) };
    let Some(github_run_id) = session.github_run_id else { return Ok(Told::default()) };
    let row: Option<Row> = tx
        .fetch_optional(
            sql("SELECT instance_id, run_attempt, result_attempt, dispatch_error, \
                 CASE WHEN status = 'completed' AND github_updated_at IS NOT NULL THEN finished_at END AS ended_at \
                 FROM workflow_runs WHERE workspace_id = $1 AND repository_id = $2 AND github_run_id = $3")
            .bind(target.upload.scope.workspace_id())
            .bind(target.repository_id)
            .bind(github_run_id),
        )
        .await?;
    Ok(row.map(|row| row.told(instance_id, session.run_attempt)).unwrap_or_default())
}

impl Row {
    fn told(&self, instance_id: &str, attempt: Option<i64>) -> Told {
        let is_of_it = self.instance_id.as_deref().is_none_or(|id| id == instance_id);
        let is_outdated = is_of_it && attempt.is_some() && attempt < self.run_attempt.max(self.result_attempt);
        Told {
            is_outdated,
            lacks_result: is_of_it && !is_outdated && self.dispatch_error.as_deref() == Some("missing_plan_result"),
            // Of the later attempt, if there is one.
            ended_at: self.ended_at.filter(|_| !is_outdated).map(Timestamp::from_micros),
        }
    }
}

impl Told {
    /// A run of which a plan was missed is a drift detection, whatever the session makes of its workflow.
    pub(super) fn correct(&self, verdict: Verdict) -> Verdict {
        if self.lacks_result && verdict.command == Command::Plan {
            Verdict { trigger: DRIFT_DETECTION, ..verdict }
        } else {
            verdict
        }
    }

    /// Where the result stands among others: where its run ended, if that has come first. It knows better than the
    /// end of its own run.
    pub(super) fn stands_at(&self, at: Timestamp, now: Timestamp) -> Timestamp {
        self.ended_at.map_or(at, |ended_at| ended_at.min(now).max(at))
    }
}

/// Notes with the run what its upload said (`success` or `failure`), and that no result is missing any more.
pub(super) async fn note_result(
    tx: &mut Tx,
    target: &Target<'_>,
    told: &Told,
    (run_id, result): (&str, &str),
) -> Result<(), StoreError> {
    if told.is_outdated {
        return Ok(());
    }
    tx.execute(
        sql("UPDATE workflow_runs SET result = $3, result_attempt = COALESCE($4, run_attempt), \
             dispatch_error = CASE WHEN dispatch_error = 'missing_plan_result' THEN NULL ELSE dispatch_error END \
             WHERE workspace_id = $1 AND id = $2")
        .bind(target.upload.scope.workspace_id())
        .bind(run_id)
        .bind(result)
        .bind(target.upload.session.and_then(|session| session.run_attempt)),
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(run_attempt: i64, ended_at: Option<i64>) -> Row {
        Row {
            instance_id: Some("inst_1".to_owned()),
            run_attempt: Some(run_attempt),
            result_attempt: None,
            dispatch_error: Some("missing_plan_result".to_owned()),
            ended_at,
        }
    }

    #[test]
    fn a_result_of_an_attempt_that_is_over_says_nothing_of_the_next() {
        let told = row(2, Some(9)).told("inst_1", Some(1));
        assert_eq!(told, Told { is_outdated: true, lacks_result: false, ended_at: None });
        assert!(!row(2, None).told("inst_1", Some(2)).is_outdated);
        assert!(!row(2, None).told("inst_1", None).is_outdated);
        // The row is another instance's.
        assert!(!row(2, None).told("inst_2", Some(1)).is_outdated);
    }

    #[test]
    fn a_result_stands_where_its_run_ended_but_never_in_the_future() {
        let at = |ended_at| {
            let told = row(1, ended_at).told("inst_1", Some(1));
            told.stands_at(Timestamp::from_micros(5), Timestamp::from_micros(20)).micros()
        };
        assert_eq!([at(None), at(Some(3)), at(Some(9)), at(Some(99))], [5, 5, 9, 20]);
    }

    #[test]
    fn a_plan_that_was_missed_is_a_drift_detection() {
        let push = |command| Verdict { command, trigger: "push" };
        let told = row(1, None).told("inst_1", Some(1));
        assert_eq!(told.correct(push(Command::Plan)).trigger, DRIFT_DETECTION);
        assert_eq!(told.correct(push(Command::Apply)).trigger, "push");
        assert_eq!(Told::default().correct(push(Command::Plan)).trigger, "push");
    }
}
