//! Rows of a run's jobs, where a test needs other ones than the demo has.

use anyhow::Result;
use serde_json::{Value, json};
use tests::harness::{Engine, NOW, TestApp, hex};

/// A failed plan of `acme/infrastructure` that ran for a minute from ten o'clock.
pub(super) struct RunRows<'a> {
    app: &'a TestApp,
    engine: Engine,
    /// Its id.
    pub(super) id: &'static str,
}

/// A job of such a run; its id is `job_` and the number.
pub(super) struct JobRow<'a> {
    /// GitHub's number.
    pub(super) number: i64,
    pub(super) attempt: i64,
    pub(super) name: &'a str,
    pub(super) conclusion: Option<&'a str>,
    pub(super) steps: Vec<Value>,
}

impl JobRow<'_> {
    /// The first attempt of a job that failed, without steps.
    pub(super) const FAILED: Self =
        Self { number: 1, attempt: 1, name: "plan", conclusion: Some("failure"), steps: Vec::new() };

    /// Its id.
    pub(super) fn id(&self) -> String {
        format!("job_{}", self.number)
    }
}

/// A step that ran between these seconds after ten o'clock.
pub(super) fn step(number: i64, name: &str, conclusion: &str, (start, end): (i64, i64)) -> Value {
    let at = |second: i64| NOW.micros() + second * 1_000_000;
    json!({
        "number": number, "name": name, "status": "completed", "conclusion": conclusion,
        "startedAt": at(start), "completedAt": at(end),
    })
}

/// A log as GitHub serves it; the seconds after ten o'clock stand before each line.
pub(super) fn log(lines: &[&str]) -> String {
    let stamped = lines.iter().map(|line| {
        let (second, text) = line.split_once(' ').unwrap_or((*line, ""));
        format!("2026-08-21T10:00:{second}.1234567Z {text}\n")
    });
    format!("\u{feff}{}", stamped.collect::<String>())
}

impl<'a> RunRows<'a> {
    /// Inserts the run.
    pub(super) async fn insert(app: &'a TestApp, engine: Engine, id: &'static str) -> Result<Self> {
        let now = NOW.micros();
        let sql = format!(
            "INSERT INTO workflow_runs (id, workspace_id, repository_id, command, trigger_kind, status, conclusion, \
             created_at) SELECT '{id}', r.workspace_id, r.id, 'plan', 'manual', 'completed', 'failure', {now} \
             FROM repositories r JOIN workspaces w ON w.id = r.workspace_id \
             WHERE w.slug = 'acme' AND r.name = 'infrastructure'"
        );
        app.db_execute(&sql).await?;
        Ok(Self { app, engine, id })
    }

    /// Inserts a job: completed, if it has a conclusion.
    pub(super) async fn job(&self, job: &JobRow<'_>) -> Result<()> {
        let (status, completed_at, rank) = match job.conclusion {
            Some(_) => ("completed", (NOW.micros() + 60_000_000).to_string(), 3),
            None => ("in_progress", "NULL".to_owned(), 2),
        };
        let conclusion = job.conclusion.map_or("NULL".to_owned(), quoted);
        let (id, number, attempt, started_at) = (job.id(), job.number, job.attempt, NOW.micros());
        let (name, steps) = (quoted(job.name), quoted(&json!(job.steps).to_string()));
        let sql = format!(
            "INSERT INTO jobs (id, workspace_id, run_id, github_job_id, run_attempt, name, status, conclusion, \
             started_at, completed_at, steps, github_url, state_rank) \
             SELECT '{id}', w.workspace_id, w.id, {number}, {attempt}, {name}, '{status}', {conclusion}, \
             {started_at}, {completed_at}, {steps}, 'https://github.com/acme/infrastructure/job/{number}', {rank} \
             FROM workflow_runs w WHERE w.id = '{}'",
            self.id
        );
        self.app.db_execute(&sql).await
    }

    /// Keeps the log of a job; none is one that GitHub no longer had.
    pub(super) async fn log(&self, job: &JobRow<'_>, text: Option<&str>) -> Result<()> {
        let content = match text {
            Some(text) => self.compressed(text)?,
            None => "NULL".to_owned(),
        };
        let (bytes, lines) = text.map_or((0, 0), |text| (text.len(), text.lines().count()));
        let sql = format!(
            "INSERT INTO job_logs (job_id, workspace_id, content, bytes, lines, truncated, fetched_at) \
             SELECT j.id, j.workspace_id, {content}, {bytes}, {lines}, false, {} FROM jobs j WHERE j.id = '{}'",
            NOW.micros(),
            job.id()
        );
        self.app.db_execute(&sql).await
    }

    /// Keeps the summary of a job; ids rise in the order of `number`.
    pub(super) async fn summary(&self, number: i64, job_name: &str, markdown: &str) -> Result<()> {
        let sql = format!(
            "INSERT INTO job_summaries (id, workspace_id, run_id, job_name, markdown, bytes, created_at) \
             SELECT 'sum_{number}', w.workspace_id, w.id, {}, {}, {}, {} FROM workflow_runs w WHERE w.id = '{}'",
            quoted(job_name),
            self.compressed(markdown)?,
            markdown.len(),
            NOW.micros(),
            self.id
        );
        self.app.db_execute(&sql).await
    }

    /// A text as the database keeps it, in the engine's SQL.
    fn compressed(&self, text: &str) -> Result<String> {
        let bytes = zstd::encode_all(text.as_bytes(), 3)?;
        let hex = hex(&bytes);
        Ok(match self.engine {
            Engine::Sqlite => format!("X'{hex}'"),
            Engine::Postgres => format!("decode('{hex}', 'hex')"),
        })
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
