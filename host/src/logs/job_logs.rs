//! A job's log: from the database, else from GitHub, once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

use super::error::FetchError;
use super::flights::{Flight, Flights};
use super::packing::{off_reactor, pack, unpack};
use crate::authz::WorkspaceScope;
use crate::clock::{Clock, Timestamp};
use crate::error_chain::Chain;
use crate::store::job_logs::{self, LogRow, NewLog};
use crate::store::{Reader, Store, StoreError, Writer};
use crate::upstream::{GithubApp, GithubError, JobLog};

/// Bytes of a log that are kept: its end, where what goes wrong is said.
const MAX_TEXT: usize = 16 << 20;

/// Fetches at once: each holds a log in memory.
const MAX_FETCHES: usize = 8;

/// Kept texts above this are read a few at a time, so that many calls at once do not fill the memory.
const LARGE: usize = 1 << 20;

/// Large texts in memory at once, beside those that are fetched.
const MAX_LARGE: usize = 16;

/// How long a caller waits for GitHub. The fetch goes on without it, so that a later call finds the log.
const PATIENCE: Duration = Duration::from_secs(8);

/// How long after a job's end GitHub may not have its log yet.
const SETTLING: Duration = Duration::from_hours(1);

/// A job's log, or why there is none.
#[derive(Debug, Clone)]
pub enum LogState {
    /// The log.
    Text(Arc<LogText>),
    /// GitHub no longer has it.
    Expired,
    /// The job has not finished, or did so a moment ago.
    NotReady,
    /// No GitHub App is configured, or it has no access to the repository.
    NoSource,
    /// GitHub did not answer; it may later.
    Unreachable,
}

/// The text of a log, as GitHub serves it but for the byte order mark.
#[derive(Debug, Default)]
pub struct LogText {
    /// Lines with timestamps and ANSI sequences.
    pub text: String,
    /// Whether the beginning is missing, because the log is longer than what is kept.
    pub incomplete: bool,
    /// Of a large text that was kept: its place among those in memory, until nobody has it any more.
    _place: Option<OwnedSemaphorePermit>,
}

impl LogText {
    /// A text that takes no place: what was just fetched, or is small.
    pub(crate) const fn new(text: String, incomplete: bool) -> Self {
        Self { text, incomplete, _place: None }
    }
}

/// The logs of all jobs; cheap to clone.
///
/// It writes what it fetches. The capabilities beside it hold a reader alone.
#[derive(Clone)]
pub struct JobLogs {
    reader: Reader,
    writer: Writer,
    github_app: Option<GithubApp>,
    clock: Clock,
    flights: Flights<LogState>,
    slots: Arc<Semaphore>,
    /// Of large texts that were kept. Who has a place waits for no other.
    places: Arc<Semaphore>,
}

/// What the database says.
enum Found {
    Known(LogState),
    OnGithub(Source),
}

/// Where GitHub has a log.
struct Source {
    installation: i64,
    owner: String,
    name: String,
    github_job_id: i64,
    completed_at: Option<Timestamp>,
}

impl JobLogs {
    /// Logs that `store` keeps and `github_app` fetches.
    pub fn new(store: &Store, github_app: Option<GithubApp>, clock: Clock) -> Self {
        let (reader, writer) = (store.read.clone(), store.write.clone());
        let (slots, places) = (Arc::new(Semaphore::new(MAX_FETCHES)), Arc::new(Semaphore::new(MAX_LARGE)));
        Self { reader, writer, github_app, clock, flights: Flights::default(), slots, places }
    }

    /// The log of a job; none if the workspace has no such job.
    pub async fn read(&self, scope: &WorkspaceScope, job_id: &str) -> Result<Option<LogState>, StoreError> {
        let state = match (self.look(scope, job_id).await?, &self.github_app) {
            (None, _) => return Ok(None),
            (Some(Found::Known(state)), _) => state,
            (Some(Found::OnGithub(_)), None) => LogState::NoSource,
            (Some(Found::OnGithub(_)), Some(github)) => wait(self.fetch_once(github, scope, job_id)).await,
        };
        Ok(Some(state))
    }

    async fn look(&self, scope: &WorkspaceScope, job_id: &str) -> Result<Option<Found>, StoreError> {
        let Some(row) = job_logs::find_log(&self.reader, scope, job_id).await? else { return Ok(None) };
        if row.fetched_at.is_some() {
            return Ok(Some(Found::Known(read_content(&self.places, job_id, row).await?)));
        }
        Ok(Some(locate(row)))
    }

    /// Starts a fetch, unless one of the same log is under way. It does not end with the call that started it.
    fn fetch_once(&self, github: &GithubApp, scope: &WorkspaceScope, job_id: &str) -> Flight<LogState> {
        let (flight, ticket) = self.flights.join(job_id);
        if let Some(ticket) = ticket {
            let (logs, github, scope, job_id) = (self.clone(), github.clone(), scope.clone(), job_id.to_owned());
            let fetch = async move {
                let state = logs.fetch(&github, &scope, &job_id).await;
                ticket.land(state);
            };
            tokio::spawn(fetch.in_current_span());
        }
        flight
    }

    async fn fetch(&self, github: &GithubApp, scope: &WorkspaceScope, job_id: &str) -> LogState {
        let _slot = self.slots.acquire().await;
        let error = match self.try_fetch(github, scope, job_id).await {
            Ok(state) => return state,
            Err(error) => error,
        };
        tracing::warn!(job.id = job_id, error = %Chain(&error), "a job's log could not be fetched");
        match error {
            FetchError::Github(
                GithubError::Forbidden { .. } | GithubError::NotInstalled { .. } | GithubError::Suspended { .. },
            ) => LogState::NoSource,
            _ => LogState::Unreachable,
        }
    }

    async fn try_fetch(
        &self,
        github: &GithubApp,
        scope: &WorkspaceScope,
        job_id: &str,
    ) -> Result<LogState, FetchError> {
        // Another fetch may have ended since the caller looked.
        let source = match self.look(scope, job_id).await? {
            Some(Found::OnGithub(source)) => source,
            Some(Found::Known(state)) => return Ok(state),
            None => return Ok(LogState::NoSource),
        };
        let now = self.clock.now();
        let Source { installation, owner, name, github_job_id, completed_at } = &source;
        let log = github.job_log(*installation, owner, name, *github_job_id, MAX_TEXT).await?;
        let has_settled = completed_at.is_none_or(|at| now.since(at) >= SETTLING);
        // A repository that is out of sight has no log either, and may come back.
        let is_hidden = has_settled
            && log == JobLog::Missing
            && !github.has_job(*installation, owner, name, *github_job_id).await?;
        let (state, new) = match log {
            JobLog::Text { bytes, truncated } => kept(bytes, truncated).await?,
            JobLog::Missing if !has_settled => return Ok(LogState::NotReady),
            JobLog::Missing if is_hidden => return Ok(LogState::NoSource),
            // GitHub tells the two apart only for a while. What is gone is asked for once.
            JobLog::Gone | JobLog::Missing => {
                (LogState::Expired, NewLog { content: None, bytes: 0, lines: 0, truncated: false })
            }
        };
        if let Err(error) = job_logs::insert_log(&self.writer, scope, job_id, new, now).await {
            tracing::error!(job.id = job_id, error = %Chain(&error), "a job's log could not be kept");
        }
        Ok(state)
    }
}

/// What GitHub served as text, and as it is kept.
async fn kept(served: Vec<u8>, is_end: bool) -> Result<(LogState, NewLog), FetchError> {
    let packed = off_reactor(served.len(), move || pack(&served, MAX_TEXT)).await??;
    let bytes = i64::try_from(packed.text.len()).unwrap_or(i64::MAX);
    let truncated = is_end || packed.truncated;
    let text = LogText::new(packed.text, truncated);
    let new = NewLog { content: Some(packed.content), bytes, lines: packed.lines, truncated };
    Ok((LogState::Text(Arc::new(text)), new))
}

/// Where a log is that is not kept.
fn locate(row: LogRow) -> Found {
    if row.status != "completed" {
        return Found::Known(LogState::NotReady);
    }
    if row.conclusion.as_deref() == Some("skipped") {
        // It printed nothing, and GitHub keeps no log of that.
        return Found::Known(LogState::Text(Arc::default()));
    }
    match row.installation {
        None => Found::Known(LogState::NoSource),
        Some(installation) => Found::OnGithub(Source {
            installation,
            owner: row.owner,
            name: row.name,
            github_job_id: row.github_job_id,
            completed_at: row.completed_at.map(Timestamp::from_micros),
        }),
    }
}

/// Reads what is kept of a log: nothing, if GitHub no longer had it.
async fn read_content(places: &Arc<Semaphore>, job_id: &str, row: LogRow) -> Result<LogState, StoreError> {
    let Some(content) = row.content else { return Ok(LogState::Expired) };
    let bytes = row.bytes.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(MAX_TEXT);
    let place = if bytes > LARGE { Arc::clone(places).acquire_owned().await.ok() } else { None };
    let text = off_reactor(bytes, move || unpack(&content, MAX_TEXT)).await;
    let text = text.ok().and_then(Result::ok).ok_or_else(|| StoreError::Inconsistent {
        table: "job_logs",
        id: job_id.to_owned(),
        what: "a text that cannot be decompressed",
    })?;
    let incomplete = row.truncated.unwrap_or(false);
    Ok(LogState::Text(Arc::new(LogText { text, incomplete, _place: place })))
}

async fn wait(mut flight: Flight<LogState>) -> LogState {
    match tokio::time::timeout(PATIENCE, flight.wait_for(Option::is_some)).await {
        Ok(Ok(state)) => state.clone().unwrap_or(LogState::Unreachable),
        Ok(Err(_)) | Err(_) => LogState::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> LogRow {
        LogRow {
            status: "completed".to_owned(),
            conclusion: Some("failure".to_owned()),
            completed_at: Some(7),
            github_job_id: 9001,
            owner: "acme".to_owned(),
            name: "infrastructure".to_owned(),
            installation: Some(5),
            fetched_at: None,
            content: None,
            bytes: None,
            truncated: None,
        }
    }

    /// The row of a log that is kept.
    fn kept_row(text: &str) -> LogRow {
        let packed = pack(text.as_bytes(), MAX_TEXT).unwrap();
        let bytes = i64::try_from(text.len()).ok();
        LogRow { fetched_at: Some(8), content: Some(packed.content), bytes, truncated: Some(true), ..row() }
    }

    fn located(row: LogRow) -> Option<LogState> {
        match locate(row) {
            Found::Known(state) => Some(state),
            Found::OnGithub(_) => None,
        }
    }

    #[test]
    fn github_is_asked_only_for_what_it_may_have() {
        assert!(located(row()).is_none());
        let running = LogRow { status: "in_progress".to_owned(), conclusion: None, ..row() };
        assert!(matches!(located(running), Some(LogState::NotReady)));
        let skipped = LogRow { conclusion: Some("skipped".to_owned()), ..row() };
        assert!(matches!(located(skipped), Some(LogState::Text(log)) if log.text.is_empty()));
        let unconnected = LogRow { installation: None, ..row() };
        assert!(matches!(located(unconnected), Some(LogState::NoSource)));
    }

    #[tokio::test]
    async fn what_is_kept_is_read() {
        let places = Arc::new(Semaphore::new(0));
        let kept = read_content(&places, "job_1", kept_row("a log\n")).await.unwrap();
        assert!(matches!(kept, LogState::Text(log) if log.text == "a log\n" && log.incomplete));
        assert!(matches!(read_content(&places, "job_1", row()).await, Ok(LogState::Expired)));
        let damaged = LogRow { content: Some(vec![1, 2, 3]), ..kept_row("a log\n") };
        let damaged = read_content(&places, "job_1", damaged).await.unwrap_err();
        assert!(damaged.to_string().contains("job_1"));
    }

    #[tokio::test]
    async fn a_large_text_has_its_place_as_long_as_somebody_has_it() {
        let places = Arc::new(Semaphore::new(1));
        let large = kept_row(&"a line of a log\n".repeat(LARGE / 10));
        let read = read_content(&places, "job_1", large).await.unwrap();
        assert_eq!(places.available_permits(), 0);
        drop(read);
        assert_eq!(places.available_permits(), 1);
    }
}
