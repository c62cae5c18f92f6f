//! Logs of jobs, which are on another server than the one that is asked.

use std::time::Duration;

use anyhow::Result;
use atmos_mcp::upstream::{GithubError, JobLog};
use tests::harness::{Engine, INSTALLATION, NOW, TestApp};

use super::{github_app, open, start, start_with_instances};

const LOG: &str = "\u{feff}2026-08-21T09:00:00.1234567Z ##[group]Run atmos\n2026-08-21T09:00:01.0000000Z Error: no\n";

async fn log(app: &TestApp, job: i64, max_bytes: usize) -> Result<JobLog> {
    Ok(github_app(app)?.job_log(INSTALLATION, "acme", "synced", job, max_bytes).await?)
}

on_both_engines! {
    async fn a_log_is_fetched_without_showing_the_token(engine: Engine) {
        let (app, github) = start(engine).await?;
        github.world().logs.insert(9_001, Some(LOG.to_owned()));
        let whole = JobLog::Text { bytes: LOG.as_bytes().to_vec(), truncated: false };
        assert_eq!(log(&app, 9_001, LOG.len()).await?, whole);
        assert_eq!(github.world().leaks, 0);
        let end = JobLog::Text { bytes: b"2026-08-21T09:00:01.0000000Z Error: no\n".to_vec(), truncated: true };
        assert_eq!(log(&app, 9_001, 50).await?, end);
    }

    async fn a_log_may_be_expired_or_missing(engine: Engine) {
        let (app, github) = start(engine).await?;
        github.world().logs.insert(9_001, None);
        assert_eq!(log(&app, 9_001, 1_000).await?, JobLog::Gone);
        assert_eq!(log(&app, 9_002, 1_000).await?, JobLog::Missing);
    }

    async fn a_log_of_a_renamed_repository_is_found(engine: Engine) {
        let (app, github) = start(engine).await?;
        github.world().logs.insert(9_001, Some(LOG.to_owned()));
        github.world().renamed.push("acme/synced".to_owned());
        let whole = JobLog::Text { bytes: LOG.as_bytes().to_vec(), truncated: false };
        assert_eq!(log(&app, 9_001, LOG.len()).await?, whole);
        assert_eq!((github.requests("/repositories/4711/actions/jobs/9001/logs"), github.world().leaks), (1, 0));
    }

    async fn a_log_may_use_what_a_sync_leaves_of_the_limit(engine: Engine) {
        let (app, github) = start_with_instances(engine).await?;
        github.world().logs.insert(9_001, Some(LOG.to_owned()));
        let reset = NOW.plus(Duration::from_mins(30));
        github.world().budget = Some((3, reset.seconds()));
        let mut backfill = open(&app).await?;
        backfill.run().await?;
        assert!(matches!(log(&app, 9_001, 1_000).await?, JobLog::Text { .. }));
        assert!(matches!(log(&app, 9_001, 1_000).await?, JobLog::Text { .. }));
        for _ in 0..2 {
            let used_up = github_app(&app)?.job_log(INSTALLATION, "acme", "synced", 9_001, 1_000).await;
            assert!(matches!(used_up, Err(GithubError::RateLimited { until }) if until == reset), "{used_up:?}");
        }
        // GitHub is not asked what it would refuse.
        assert_eq!(github.requests("/actions/jobs/9001/logs"), 2);
    }

    async fn a_name_cannot_leave_its_place_in_the_address(engine: Engine) {
        let (app, github) = start(engine).await?;
        let asked = github_app(&app)?.job_log(INSTALLATION, "..", "a/b?c#d", 9_001, 1_000).await?;
        assert_eq!(asked, JobLog::Missing);
        let last = github.world().requests.last().cloned().unwrap_or_default();
        assert_eq!(last, "GET /api/v3/repos/a%2Fb%3Fc%23d/actions/jobs/9001/logs");
    }
}
