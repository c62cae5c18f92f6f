-- What the upload of a run said of its instance (`success` or `failure`; NULL until it comes), and in which attempt.
ALTER TABLE workflow_runs ADD COLUMN result TEXT;
ALTER TABLE workflow_runs ADD COLUMN result_attempt BIGINT;

-- The attempt that a summary is of.
ALTER TABLE job_summaries ADD COLUMN run_attempt BIGINT;

-- Which of two states of one second is the later (`host/src/ingest/github/pull_requests.rs`). What is there already
-- gives way to later seconds alone.
ALTER TABLE pull_requests ADD COLUMN github_rank BIGINT NOT NULL DEFAULT 7;

-- Workflows that have opened a session: they are of Atmos, whatever they are called.
CREATE TABLE uploading_workflows (
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    workflow_file TEXT NOT NULL,
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
    PRIMARY KEY (repository_id, workflow_file)
);
INSERT INTO uploading_workflows (repository_id, workflow_file, workspace_id)
SELECT DISTINCT repository_id, workflow_file, workspace_id FROM workflow_runs
WHERE plan_exit_code IS NOT NULL AND workflow_file IS NOT NULL;
