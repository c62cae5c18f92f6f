//! The log of a job: GitHub answers with the address of a file, which holds the text.

use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Response, StatusCode};
use url::Url;

use super::app::{Call, GithubApp};
use crate::config::is_private_enough;
use crate::upstream::GithubError;

const ENDPOINT: &str = "log of a job";

/// How long a log may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Logs beyond this are given up: their end cannot be had without the rest.
const MAX_DOWNLOAD: usize = 256 << 20;

/// What GitHub has of a job's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobLog {
    /// The log, as GitHub keeps it: UTF-8, possibly with a byte order mark and colours.
    Text {
        /// The end of the log, from the start of a line.
        bytes: Vec<u8>,
        /// Whether the beginning was left out.
        truncated: bool,
    },
    /// It has expired (410); it never comes back.
    Gone,
    /// There is none (404): the job is not over, it had no step, or somebody deleted the log. Of a job that
    /// was over long ago, it never comes, unless the installation does not see the repository
    /// ([`GithubApp::has_job`]).
    Missing,
}

impl GithubApp {
    /// The log of a job, or its last `max_bytes`. In memory are twice as many at most.
    ///
    /// `installation` and `job` are GitHub's ids. It may use up the rate limit, which the backfill leaves
    /// some of.
    pub async fn job_log(
        &self,
        installation: i64,
        owner: &str,
        repo: &str,
        job: i64,
        max_bytes: usize,
    ) -> Result<JobLog, GithubError> {
        let url = self.url(&["repos", owner, repo, "actions", "jobs", &job.to_string(), "logs"], &[]);
        let (asked, response) = self.ask_where_it_is(installation, url).await?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(JobLog::Missing),
            StatusCode::GONE => Ok(JobLog::Gone),
            StatusCode::OK => read_end(response, max_bytes).await,
            status if status.is_redirection() => {
                let target = target(&asked, &response).filter(|target| !self.is_api(target));
                self.download(&target.ok_or(GithubError::Unreadable { endpoint: ENDPOINT })?, max_bytes).await
            }
            status => Err(GithubError::Status { endpoint: ENDPOINT, status: status.as_u16() }),
        }
    }

    /// Whether the installation sees a job. GitHub says 404 of all that is in a repository that it may not see.
    pub(crate) async fn has_job(
        &self,
        installation: i64,
        owner: &str,
        repo: &str,
        job: i64,
    ) -> Result<bool, GithubError> {
        let url = self.url(&["repos", owner, repo, "actions", "jobs", &job.to_string()], &[]);
        let (_, response) = self.ask_where_it_is(installation, url).await?;
        match response.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            status => Err(GithubError::Status { endpoint: ENDPOINT, status: status.as_u16() }),
        }
    }

    /// Asks, and once more if the API leads to another address of its own: where a repository is that was renamed
    /// or transferred. Gives the URL that answered, too.
    async fn ask_where_it_is(&self, installation: i64, url: Url) -> Result<(Url, Response), GithubError> {
        let mut call = Call { installation, endpoint: ENDPOINT, url, is_urgent: true };
        let mut response = self.ask(&call).await?;
        // Security: the token goes to the API alone.
        if let Some(target) = target(&call.url, &response).filter(|target| self.is_api(target)) {
            call.url = target;
            response = self.ask(&call).await?;
        }
        Ok((call.url, response))
    }

    /// Reads the log where it is. That is the last redirect that is followed.
    async fn download(&self, target: &Url, max_bytes: usize) -> Result<JobLog, GithubError> {
        // Security: without the installation's token. The address is signed, and belongs to a store of files.
        let request = self.http().get(target.clone()).timeout(TIMEOUT);
        let response = request.send().await.map_err(GithubError::unreachable)?;
        match response.status() {
            StatusCode::OK => read_end(response, max_bytes).await,
            StatusCode::NOT_FOUND => Ok(JobLog::Missing),
            StatusCode::GONE => Ok(JobLog::Gone),
            status => Err(GithubError::Status { endpoint: ENDPOINT, status: status.as_u16() }),
        }
    }
}

/// Where the answer leads, if it leads anywhere.
fn target(asked: &Url, response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection())?;
    let target = asked.join(location.to_str().ok()?).ok()?;
    is_as_private(asked, &target).then_some(target)
}

/// Whether nobody reads on the way to `target` what could not be read on the way to `asked`.
fn is_as_private(asked: &Url, target: &Url) -> bool {
    // Security: a log may hold secrets, so it comes over TLS; plain HTTP is for loopback alone, and only if GitHub
    // itself is there.
    target.scheme() == "https" || (asked.scheme() == "http" && is_private_enough(target))
}

async fn read_end(mut response: Response, max_bytes: usize) -> Result<JobLog, GithubError> {
    let (mut end, mut total) = (End::new(max_bytes), 0);
    while let Some(chunk) = response.chunk().await.map_err(GithubError::unreachable)? {
        total += chunk.len();
        if total > MAX_DOWNLOAD {
            return Err(GithubError::Unreadable { endpoint: ENDPOINT });
        }
        end.push(&chunk);
    }
    let (bytes, truncated) = end.finish();
    Ok(JobLog::Text { bytes, truncated })
}

/// The last bytes of a stream. What goes wrong in a job is at its end.
struct End {
    bytes: Vec<u8>,
    max: usize,
    truncated: bool,
}

impl End {
    const fn new(max: usize) -> Self {
        Self { bytes: Vec::new(), max, truncated: false }
    }

    fn push(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
        // Seldom, so that moving the rest to the front costs little.
        if self.bytes.len() > self.max.saturating_mul(2) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let extra = self.bytes.len().saturating_sub(self.max);
        if extra > 0 {
            self.bytes.drain(..extra);
            self.truncated = true;
        }
    }

    /// The bytes, and whether there were more. Half a line at the beginning is left out.
    fn finish(mut self) -> (Vec<u8>, bool) {
        self.cut();
        if self.truncated {
            let line = self.bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            // One line alone stays, cut as it is.
            if line < self.bytes.len() {
                self.bytes.drain(..line);
            }
        }
        (self.bytes, self.truncated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn end(max: usize, chunks: &[&str]) -> (String, bool) {
        let mut end = End::new(max);
        for chunk in chunks {
            end.push(chunk.as_bytes());
            assert!(end.bytes.len() <= max * 2);
        }
        let (bytes, truncated) = end.finish();
        (String::from_utf8(bytes).unwrap(), truncated)
    }

    #[test]
    fn a_log_comes_as_privately_as_github_answers() {
        let goes = |from: &str, to: &str| is_as_private(&Url::parse(from).unwrap(), &Url::parse(to).unwrap());
        assert!(goes("https://api.github.com/x", "https://logs.example/x"));
        assert!(!goes("https://api.github.com/x", "http://logs.example/x"));
        assert!(!goes("https://api.github.com/x", "http://127.0.0.1:9/x"));
        assert!(goes("http://127.0.0.1:8/x", "http://127.0.0.1:9/x"));
        assert!(!goes("http://127.0.0.1:8/x", "http://logs.example/x"));
    }

    #[test]
    fn the_end_of_a_log_is_kept_in_whole_lines() {
        assert_eq!(end(20, &["one\n", "two\n"]), ("one\ntwo\n".to_owned(), false));
        assert_eq!(end(8, &["one\n", "two\n"]), ("one\ntwo\n".to_owned(), false));
        assert_eq!(end(7, &["one\n", "two\n"]), ("two\n".to_owned(), true));
        assert_eq!(end(2, &["one\ntwo\nthree"]), ("ee".to_owned(), true));
        assert_eq!(end(3, &["one, two\n"]), ("wo\n".to_owned(), true));
        assert_eq!(end(0, &["one\n"]), (String::new(), true));
        assert_eq!(end(9, &[]), (String::new(), false));
    }

    proptest! {
        #[test]
        fn the_end_does_not_depend_on_the_chunks(text in "[a-c\n]{0,200}", size in 1_usize..50, max in 0_usize..80) {
            let chunks: Vec<&str> = text.as_bytes().chunks(size).map(|c| std::str::from_utf8(c).unwrap()).collect();
            let (kept, truncated) = end(max, &chunks);
            prop_assert!(text.ends_with(&kept) && kept.len() <= max);
            prop_assert_eq!(truncated, text.len() > max);
            prop_assert_eq!((kept, truncated), end(max, &[text.as_str()]));
        }
    }
}
