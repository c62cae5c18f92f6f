//! Lists of GitHub's REST API, a page at a time.

use reqwest::header::LINK;
use reqwest::{Method, StatusCode};
use url::Url;

use super::app::{Call, GithubApp};
use super::types::{
    Commit, Installation, PullRequest, Repositories, Repository, WorkflowJob, WorkflowJobs, WorkflowRun, WorkflowRuns,
};
use crate::clock::Timestamp;
use crate::upstream::GithubError;
use crate::upstream::body::{read_body, read_json};

/// Items of a page: the most that GitHub gives.
pub(crate) const PER_PAGE: usize = 100;

/// Larger pages are refused. A workflow run has about 15 kB.
const MAX_BODY: usize = 32 << 20;

/// A repository, and as which installation it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RepositoryPath<'a> {
    pub(crate) installation: i64,
    pub(crate) owner: &'a str,
    pub(crate) name: &'a str,
}

/// A page of a list.
#[derive(Debug, Default)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) has_next: bool,
}

impl GithubApp {
    /// What GitHub says of an installation. Asked as the App.
    pub(crate) async fn installation(&self, id: i64) -> Result<Installation, GithubError> {
        let endpoint = "installation";
        let url = self.url(&["app", "installations", &id.to_string()], &[]);
        read_json(endpoint, &self.ask_as_app(Method::GET, endpoint, id, &url).await?)
    }

    /// The repositories of an installation. Pages count from 1, here and below.
    pub(crate) async fn repositories(&self, installation: i64, page: i64) -> Result<Page<Repository>, GithubError> {
        let endpoint = "list of repositories";
        let url = self.page_url(&["installation", "repositories"], page, &[]);
        let (body, has_next) = self.fetch(Call { installation, endpoint, url, is_urgent: false }).await?;
        let list: Repositories = read_json(endpoint, &body)?;
        Ok(Page { items: list.repositories, has_next })
    }

    /// The workflow runs that were created in a stretch of time, both ends included, newest first. GitHub gives
    /// the newest 1,000 of them.
    pub(crate) async fn workflow_runs(
        &self,
        at: RepositoryPath<'_>,
        (from, to): (Timestamp, Timestamp),
        page: i64,
    ) -> Result<Page<WorkflowRun>, GithubError> {
        let endpoint = "list of workflow runs";
        let created = format!("{from}..{to}");
        let url = self.page_url(&["repos", at.owner, at.name, "actions", "runs"], page, &[("created", &created)]);
        let call = Call { installation: at.installation, endpoint, url, is_urgent: false };
        let (body, has_next) = self.fetch(call).await?;
        let list: WorkflowRuns = read_json(endpoint, &body)?;
        Ok(Page { items: list.workflow_runs, has_next })
    }

    /// One workflow run; none if GitHub has it no more.
    pub(crate) async fn workflow_run(
        &self,
        at: RepositoryPath<'_>,
        id: i64,
    ) -> Result<Option<WorkflowRun>, GithubError> {
        let endpoint = "workflow run";
        let url = self.url(&["repos", at.owner, at.name, "actions", "runs", &id.to_string()], &[]);
        match self.fetch(Call { installation: at.installation, endpoint, url, is_urgent: false }).await {
            Ok((body, _)) => read_json(endpoint, &body).map(Some),
            Err(GithubError::Status { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The jobs of the latest attempt of a run; none if GitHub has the run no more.
    pub(crate) async fn jobs(
        &self,
        at: RepositoryPath<'_>,
        run: i64,
        page: i64,
    ) -> Result<Page<WorkflowJob>, GithubError> {
        let endpoint = "list of jobs";
        let run = run.to_string();
        let segments = ["repos", at.owner, at.name, "actions", "runs", &run, "jobs"];
        let url = self.page_url(&segments, page, &[("filter", "latest")]);
        let (body, has_next) =
            match self.fetch(Call { installation: at.installation, endpoint, url, is_urgent: false }).await {
                Err(GithubError::Status { status: 404, .. }) => return Ok(Page::default()),
                answer => answer?,
            };
        let list: WorkflowJobs = read_json(endpoint, &body)?;
        Ok(Page { items: list.jobs, has_next })
    }

    /// Pull requests in every state, the last updated first.
    pub(crate) async fn pull_requests(
        &self,
        at: RepositoryPath<'_>,
        page: i64,
    ) -> Result<Page<PullRequest>, GithubError> {
        let endpoint = "list of pull requests";
        let order = [("state", "all"), ("sort", "updated"), ("direction", "desc")];
        let url = self.page_url(&["repos", at.owner, at.name, "pulls"], page, &order);
        let call = Call { installation: at.installation, endpoint, url, is_urgent: false };
        let (body, has_next) = self.fetch(call).await?;
        Ok(Page { items: read_json(endpoint, &body)?, has_next })
    }

    /// Commits of the default branch of a stretch of time, newest first.
    pub(crate) async fn commits(
        &self,
        at: RepositoryPath<'_>,
        (from, to): (Timestamp, Timestamp),
        page: i64,
    ) -> Result<Page<Commit>, GithubError> {
        let endpoint = "list of commits";
        let (since, until) = (from.to_string(), to.to_string());
        let window = [("since", since.as_str()), ("until", until.as_str())];
        let url = self.page_url(&["repos", at.owner, at.name, "commits"], page, &window);
        match self.fetch(Call { installation: at.installation, endpoint, url, is_urgent: false }).await {
            Ok((body, has_next)) => Ok(Page { items: read_json(endpoint, &body)?, has_next }),
            // The repository is empty.
            Err(GithubError::Status { status: 409, .. }) => Ok(Page::default()),
            Err(error) => Err(error),
        }
    }

    fn page_url(&self, segments: &[&str], page: i64, query: &[(&str, &str)]) -> Url {
        let mut url = self.url(segments, query);
        url.query_pairs_mut().append_pair("per_page", &PER_PAGE.to_string()).append_pair("page", &page.to_string());
        url
    }

    /// The body, and whether there is another page.
    async fn fetch(&self, call: Call) -> Result<(Vec<u8>, bool), GithubError> {
        let response = self.ask(&call).await?;
        let status = response.status();
        if status != StatusCode::OK {
            return Err(GithubError::Status { endpoint: call.endpoint, status: status.as_u16() });
        }
        let link = response.headers().get(LINK).and_then(|link| link.to_str().ok());
        let has_next = link.is_some_and(|link| link.contains("rel=\"next\""));
        Ok((read_body(call.endpoint, response, MAX_BODY).await?, has_next))
    }
}
