-- Counts over a stretch of time read these alone.
CREATE INDEX workflow_runs_by_time ON workflow_runs
    (workspace_id, created_at, command, trigger_kind, status, conclusion, plan_exit_code);
CREATE INDEX workflow_runs_by_repository_time ON workflow_runs (repository_id, created_at);
CREATE INDEX workflow_runs_by_decision ON workflow_runs (workspace_id, approval_decided_at)
    WHERE approval_decided_at IS NOT NULL;
CREATE INDEX instance_status_changes_by_time ON instance_status_changes (workspace_id, at);
CREATE INDEX pull_requests_by_merge ON pull_requests (workspace_id, merged_at);
CREATE INDEX commits_by_time ON commits (workspace_id, committed_at);
