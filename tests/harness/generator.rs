//! A fleet of any size in the demo's workspace: for plans, latencies and pages at a million rows.
//!
//! Rows are made by the database itself, in statements that both engines understand. They are older than the
//! demo's, or as old. Per 5,000 instances there is a repository, with 100 stacks of 50
//! components each; per instance three runs, one change of status and one audit row; per 100 instances a pull
//! request with its commit.

use std::fmt::Write as _;

use anyhow::Result;
use atmos_mcp::id::base62;

use super::app::{NOW, TestApp};

/// Runs per instance.
const RUNS_PER_INSTANCE: u64 = 3;

/// Sixty days before the tests' present, in microseconds since the Unix epoch.
const START: i64 = NOW.micros() - 60 * 86_400_000_000;

/// Fifty-nine days, in microseconds.
const SPAN: i64 = 59 * 86_400_000_000;

/// Moments that the ids of runs and audit rows can have: one every nine minutes.
const MOMENTS: i64 = 10_000;

impl TestApp {
    /// Adds a fleet of about this many instances to Acme's workspace, and tells PostgreSQL's planner of it.
    pub async fn generate(&self, instances: u64) -> Result<()> {
        self.db_execute(&moments()).await?;
        let runs = instances * RUNS_PER_INSTANCE;
        let requests = (instances / 100).max(1);
        let scaled = |sql: &str, count: u64| {
            sql.replace("{count}", &count.to_string())
                .replace("{instances}", &instances.to_string())
                .replace("{requests}", &requests.to_string())
                .replace("{step}", &(SPAN / i64::try_from(count).unwrap_or(i64::MAX).max(1)).to_string())
                .replace("{start}", &START.to_string())
                .replace("{acme}", "(SELECT id FROM workspaces WHERE slug = 'acme')")
        };
        let steps = [
            (REPOSITORIES, instances.div_ceil(5_000)),
            (INSTANCES, instances),
            (STATUS_CHANGES, instances),
            (PULL_REQUESTS, requests),
            (COMMITS, requests),
            (AFFECTED, requests * 3),
            (RUNS, runs),
            (JOBS, runs),
            (AUDIT, instances),
        ];
        for (sql, count) in steps {
            self.db_execute(&scaled(sql, count)).await?;
        }
        self.db_execute("DROP TABLE fleet_moments").await?;
        if !self.database_url().starts_with("sqlite:") {
            self.db_execute("VACUUM ANALYZE").await?;
        }
        Ok(())
    }
}

/// How an id of each moment begins: ids sort by time, and lists that look for a stretch of time rely on it.
fn moments() -> String {
    let mut sql = "CREATE TABLE fleet_moments (step BIGINT PRIMARY KEY, prefix TEXT NOT NULL); \
         INSERT INTO fleet_moments (step, prefix) VALUES "
        .to_owned();
    for step in 0..=MOMENTS {
        let seconds = (START + SPAN / MOMENTS * step) / 1_000_000 - 1_400_000_000;
        let mut bytes = [0; 20];
        bytes[..4].copy_from_slice(&u32::try_from(seconds).unwrap_or(u32::MAX).to_be_bytes());
        let comma = if step == 0 { "" } else { ", " };
        // A write to a string cannot fail.
        write!(sql, "{comma}({step}, '{}0000000')", &base62(&bytes, 27)[..10]).ok();
    }
    sql
}

/// Numbers from 1 to `{count}`, as `n.i`; a fixed width makes texts of them sort like numbers.
macro_rules! insert {
    ($columns:literal, $select:literal) => {
        concat!(
            "INSERT INTO ",
            $columns,
            " WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {count}), \
             m AS (SELECT n.i, CAST(1000000000 + n.i AS TEXT) AS id, p.prefix AS moment \
             FROM n JOIN fleet_moments p ON p.step = n.i * 10000 / {count}) SELECT ",
            $select
        )
    };
}

const REPOSITORIES: &str = insert!(
    "repositories (id, workspace_id, host, owner, name, status, default_branch, last_activity_at, created_at)",
    "'repo_0g' || m.id, {acme}, 'github.com', 'scale', 'repo-' || m.id, 'active', 'main', {start}, {start} FROM m"
);

const INSTANCES: &str = insert!(
    "instances (id, workspace_id, repository_id, component, stack, component_type, status, drift_status, enabled, \
     drift_enabled, last_run_at, last_drift_run_at, created_at, updated_at)",
    "'inst_0g' || m.id, {acme}, 'repo_0g' || CAST(1000000001 + (m.i - 1) / 5000 AS TEXT), \
     'component-' || CAST((m.i - 1) % 50 AS TEXT), 'scale-' || CAST(1000000000 + (m.i - 1) / 50 AS TEXT), 'terraform', \
     CASE WHEN m.i % 100 < 85 THEN 'in_sync' WHEN m.i % 100 < 90 THEN 'drifted' WHEN m.i % 100 < 93 THEN 'error' \
     WHEN m.i % 100 < 96 THEN 'unknown' WHEN m.i % 100 < 98 THEN 'disabled' ELSE 'orphaned' END, \
     'in_sync', TRUE, m.i % 4 <> 0, {start} + m.i * {step}, {start} + m.i * {step}, {start}, {start} FROM m"
);

const STATUS_CHANGES: &str = insert!(
    "instance_status_changes (id, workspace_id, instance_id, from_status, to_status, at, run_id)",
    "'isc_0g' || m.id, {acme}, 'inst_0g' || m.id, 'in_sync', CASE WHEN m.i % 2 = 0 THEN 'drifted' ELSE 'error' END, \
     {start} + m.i * {step}, NULL FROM m"
);

const PULL_REQUESTS: &str = insert!(
    "pull_requests (id, workspace_id, repository_id, number, title, author, state, draft, head_sha, head_ref, base_ref, \
     url, created_at, merged_at, closed_at, github_updated_at)",
    "'pr_0g' || m.id, {acme}, 'repo_0g' || CAST(1000000001 + (m.i - 1) / 50 AS TEXT), m.i, 'Change ' || m.id, \
     'author-' || CAST(m.i % 40 AS TEXT), CASE WHEN m.i % 20 = 0 THEN 'open' ELSE 'merged' END, m.i % 50 = 0, \
     'head' || m.id, 'branch-' || m.id, 'main', 'https://github.com/scale/pull/' || m.id, {start} + m.i * {step}, \
     CASE WHEN m.i % 20 = 0 THEN NULL ELSE {start} + m.i * {step} + 7200000000 END, NULL, {start} FROM m"
);

const COMMITS: &str = insert!(
    "commits (id, workspace_id, repository_id, sha, message, author, committed_at, url, pull_request_number)",
    "'cmt_0g' || m.id, {acme}, 'repo_0g' || CAST(1000000001 + (m.i - 1) / 50 AS TEXT), 'head' || m.id, 'Change ' || m.id, \
     'author-' || CAST(m.i % 40 AS TEXT), {start} + m.i * {step}, NULL, m.i FROM m"
);

/// Three per pull request.
const AFFECTED: &str = insert!(
    "affected_instances (repository_id, workspace_id, head_sha, stack, component, base_sha, is_dependent, uploaded_at)",
    "'repo_0g' || CAST(1000000001 + ((m.i - 1) / 3) / 50 AS TEXT), {acme}, \
     'head' || CAST(1000000001 + (m.i - 1) / 3 AS TEXT), 'scale-' || CAST(1000000000 + (m.i - 1) / 3 * 2 AS TEXT), \
     'component-' || CAST((m.i - 1) % 50 AS TEXT), 'base', FALSE, {start} FROM m"
);

/// Three of five look for drift; one of 20 fails; one of 5,000 waits for an approval, and as many still run.
const RUNS: &str = insert!(
    "workflow_runs (id, workspace_id, repository_id, instance_id, command, trigger_kind, status, conclusion, \
     plan_exit_code, created_at, started_at, finished_at, github_run_id, run_attempt, workflow_name, workflow_file, \
     component, stack, branch, ref, sha, actor, github_url, approval_state, pull_request_number, github_updated_at)",
    "'run_' || m.moment || m.id, {acme}, 'repo_0g' || CAST(1000000001 + ((m.i - 1) % {instances}) / 5000 AS TEXT), \
     'inst_0g' || CAST(1000000001 + (m.i - 1) % {instances} AS TEXT), \
     CASE WHEN m.i % 10 < 8 THEN 'plan' WHEN m.i % 100 = 99 THEN 'remediate' ELSE 'apply' END, \
     CASE WHEN m.i % 10 < 6 THEN 'drift_detection' WHEN m.i % 10 < 8 THEN 'pull_request' ELSE 'push' END, \
     CASE WHEN m.i % 5000 = 9 THEN 'waiting' WHEN m.i % 5000 = 18 THEN 'in_progress' ELSE 'completed' END, \
     CASE WHEN m.i % 5000 IN (9, 18) THEN NULL WHEN m.i % 20 = 7 THEN 'failure' ELSE 'success' END, \
     CASE WHEN m.i % 10 >= 8 THEN NULL WHEN m.i % 20 = 7 THEN 1 WHEN m.i % 9 = 0 THEN 2 ELSE 0 END, \
     {start} + m.i * {step}, {start} + m.i * {step}, {start} + m.i * {step} + 60000000, m.i, 1, 'Terraform', \
     'atmos-pro-terraform-plan.yaml', 'component-' || CAST(((m.i - 1) % {instances}) % 50 AS TEXT), \
     'scale-' || CAST(1000000000 + ((m.i - 1) % {instances}) / 50 AS TEXT), 'main', 'refs/heads/main', \
     'head' || CAST(1000000001 + m.i % {requests} AS TEXT), 'octocat', NULL, \
     CASE WHEN m.i % 5000 = 9 THEN 'pending' ELSE 'none' END, \
     CASE WHEN m.i % 10 IN (6, 7) THEN m.i % {requests} + 1 ELSE NULL END, {start} FROM m"
);

/// One job for each run that failed.
const JOBS: &str = insert!(
    "jobs (id, workspace_id, run_id, github_job_id, run_attempt, name, status, conclusion, started_at, completed_at, steps, \
     github_url, state_rank)",
    "'job_0g' || m.id, {acme}, 'run_' || m.moment || m.id, m.i, 1, 'terraform', 'completed', 'failure', {start}, {start}, '[]', \
     NULL, 3 FROM m WHERE m.i % 20 = 7 AND m.i % 5000 NOT IN (9, 18)"
);

const AUDIT: &str = insert!(
    "audit_log (id, at, workspace_id, actor_type, actor_id, client_id, category, action, target_type, target_id, outcome, \
     metadata, request_id)",
    "'aud_' || m.moment || m.id, {start} + m.i * {step}, {acme}, CASE WHEN m.i % 3 = 0 THEN 'user' ELSE 'mcp_client' END, \
     'actor-' || CAST(m.i % 20 AS TEXT), 'client-' || CAST(m.i % 20 AS TEXT), 'mcp', \
     CASE WHEN m.i % 200 = 0 THEN 'tool_denied' ELSE 'tool_called' END, 'tool', 'list_instances', \
     CASE WHEN m.i % 200 = 0 THEN 'denied' ELSE 'ok' END, '{}', 'req-' || m.id FROM m"
);
