-- What is broken, and what was seen first, is told from these alone.
CREATE INDEX workflow_runs_by_failed_deployment ON workflow_runs (workspace_id, created_at)
    WHERE command IN ('apply', 'remediate') AND conclusion IN ('failure', 'timed_out', 'startup_failure');
CREATE INDEX workflow_runs_by_dispatch_error ON workflow_runs (workspace_id, created_at)
    WHERE dispatch_error IS NOT NULL;
CREATE INDEX instances_by_missing_detection ON instances (workspace_id, status, enabled, drift_enabled)
    WHERE enabled AND NOT drift_enabled;
CREATE INDEX affected_instances_by_time ON affected_instances (workspace_id, uploaded_at);
CREATE INDEX workspace_tokens_by_workspace ON workspace_tokens (workspace_id);
