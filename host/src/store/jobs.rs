//! Jobs of workflow runs, for reading. `github/jobs.rs` writes them.

use serde::Deserialize;

use super::page::Page;
use super::{Reader, StoreError, sql};
use crate::authz::WorkspaceScope;

/// One job.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct JobRow {
    pub(crate) id: String,
    pub(crate) name: String,
    /// GitHub's word.
    pub(crate) status: String,
    /// GitHub's word.
    pub(crate) conclusion: Option<String>,
    pub(crate) run_attempt: i64,
    pub(crate) started_at: Option<i64>,
    pub(crate) completed_at: Option<i64>,
    pub(crate) github_url: Option<String>,
    /// JSON; see [`JobRow::steps`].
    pub(crate) steps: String,
    /// Where the job stands in [`list_jobs`]: attempt and GitHub's number.
    pub(crate) position: String,
}

/// A step of a job, as GitHub told it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StepRow {
    pub(crate) number: Option<i64>,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) started_at: Option<i64>,
    pub(crate) completed_at: Option<i64>,
}

/// Which jobs are wanted; an empty field does not restrict.
#[derive(Debug, Default)]
pub(crate) struct JobFilter {
    pub(crate) statuses: Vec<&'static str>,
    pub(crate) conclusions: Vec<&'static str>,
}

const SELECT: &str = "SELECT j.id, j.name, j.status, j.conclusion, j.run_attempt, j.started_at, j.completed_at, \
     j.github_url, j.steps, CAST(j.run_attempt AS TEXT) || ':' || CAST(j.github_job_id AS TEXT) AS position \
     FROM jobs j WHERE j.workspace_id = $1";

/// Jobs of a run: newest attempt first, within it in GitHub's order.
pub(crate) async fn list_jobs(
    reader: &Reader,
    scope: &WorkspaceScope,
    run_id: &str,
    filter: &JobFilter,
    page: &Page,
) -> Result<Vec<JobRow>, StoreError> {
    let mut query = sql(SELECT).bind(scope.workspace_id());
    query.push(" AND j.run_id = ");
    query.push_bind(run_id);
    for (column, words) in [(" AND j.status IN ", &filter.statuses), (" AND j.conclusion IN ", &filter.conclusions)] {
        if !words.is_empty() {
            query.push(column);
            query.push_in(words.iter().copied());
        }
    }
    if let Some((attempt, github_job_id)) = page.after().and_then(read_position) {
        query.push(" AND (j.run_attempt < ");
        query.push_bind(attempt);
        query.push(" OR (j.run_attempt = ");
        query.push_bind(attempt);
        query.push(" AND j.github_job_id > ");
        query.push_bind(github_job_id);
        query.push("))");
    }
    query.push(" ORDER BY j.run_attempt DESC, j.github_job_id LIMIT ");
    query.push_bind(page.fetch_limit());
    reader.fetch_all(query).await
}

/// One job.
pub(crate) async fn find_job(reader: &Reader, scope: &WorkspaceScope, id: &str) -> Result<Option<JobRow>, StoreError> {
    let mut query = sql(SELECT).bind(scope.workspace_id());
    query.push(" AND j.id = ");
    query.push_bind(id);
    reader.fetch_optional(query).await
}

/// Whether the workspace has this run: tells an unknown run from one without jobs.
pub(crate) async fn has_run(reader: &Reader, scope: &WorkspaceScope, run_id: &str) -> Result<bool, StoreError> {
    let query = sql("SELECT w.id FROM workflow_runs w WHERE w.workspace_id = $1 AND w.id = $2")
        .bind(scope.workspace_id())
        .bind(run_id);
    let run: Option<(String,)> = reader.fetch_optional(query).await?;
    Ok(run.is_some())
}

/// Only this server writes positions, and cursors are authenticated.
fn read_position(position: &str) -> Option<(i64, i64)> {
    let (attempt, github_job_id) = position.split_once(':')?;
    Some((attempt.parse().ok()?, github_job_id.parse().ok()?))
}

impl JobRow {
    /// The steps, in GitHub's order.
    pub(crate) fn steps(&self) -> Result<Vec<StepRow>, StoreError> {
        serde_json::from_str(&self.steps).map_err(|_| StoreError::Inconsistent {
            table: "jobs",
            id: self.id.clone(),
            what: "steps that cannot be read",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_with_or_without_their_fields() {
        let json = r#"[{"number":1,"name":"Set up job","status":"completed","conclusion":"success","startedAt":5,
            "completedAt":6},{"number":null,"name":"Plan","status":"queued","conclusion":null}]"#;
        let row = |steps: &str| JobRow {
            id: "job_1".to_owned(),
            name: "plan".to_owned(),
            status: "completed".to_owned(),
            conclusion: None,
            run_attempt: 1,
            started_at: None,
            completed_at: None,
            github_url: None,
            steps: steps.to_owned(),
            position: "1:2".to_owned(),
        };
        let steps = row(json).steps().unwrap();
        assert_eq!((steps[0].started_at, steps[0].conclusion.as_deref()), (Some(5), Some("success")));
        assert_eq!(steps[1], StepRow { name: "Plan".to_owned(), status: "queued".to_owned(), ..StepRow::default() });
        assert!(row("{").steps().unwrap_err().to_string().contains("job_1"));
        assert_eq!(read_position("2:9001"), Some((2, 9001)));
    }
}
