-- What GitHub and the atmos CLI tell of runs, jobs, commits and pull requests.
ALTER TABLE workflow_runs ADD COLUMN github_run_id BIGINT;
ALTER TABLE workflow_runs ADD COLUMN run_attempt BIGINT;
ALTER TABLE workflow_runs ADD COLUMN workflow_name TEXT;
-- File name in `.github/workflows/`.
ALTER TABLE workflow_runs ADD COLUMN workflow_file TEXT;
ALTER TABLE workflow_runs ADD COLUMN component TEXT;
ALTER TABLE workflow_runs ADD COLUMN stack TEXT;
ALTER TABLE workflow_runs ADD COLUMN branch TEXT;
ALTER TABLE workflow_runs ADD COLUMN ref TEXT;
ALTER TABLE workflow_runs ADD COLUMN sha TEXT;
ALTER TABLE workflow_runs ADD COLUMN actor TEXT;
ALTER TABLE workflow_runs ADD COLUMN github_url TEXT;
-- `none`, `pending`, `approved` or `rejected`.
ALTER TABLE workflow_runs ADD COLUMN approval_state TEXT NOT NULL DEFAULT 'none';
ALTER TABLE workflow_runs ADD COLUMN approval_environment TEXT;
-- GitHub logins, JSON list.
ALTER TABLE workflow_runs ADD COLUMN approval_reviewers TEXT;
ALTER TABLE workflow_runs ADD COLUMN approval_decided_at BIGINT;
-- Why no run came of a dispatch; a word of docs/ingest.md.
ALTER TABLE workflow_runs ADD COLUMN dispatch_error TEXT;
-- The run whose failure blocks this one.
ALTER TABLE workflow_runs ADD COLUMN parent_run_id TEXT COLLATE "C";
ALTER TABLE workflow_runs ADD COLUMN pull_request_number BIGINT;
-- GitHub's own `updated_at`: an older event never overwrites a newer state.
ALTER TABLE workflow_runs ADD COLUMN github_updated_at BIGINT;
CREATE UNIQUE INDEX workflow_runs_by_github_id ON workflow_runs (repository_id, github_run_id);
CREATE INDEX workflow_runs_by_status ON workflow_runs (workspace_id, status, id);
CREATE INDEX workflow_runs_by_conclusion ON workflow_runs (workspace_id, conclusion, id);
CREATE INDEX workflow_runs_by_command ON workflow_runs (workspace_id, command, id);
CREATE INDEX workflow_runs_by_trigger ON workflow_runs (workspace_id, trigger_kind, id);
CREATE INDEX workflow_runs_by_approval ON workflow_runs (workspace_id, approval_state, id);
CREATE INDEX workflow_runs_by_repository ON workflow_runs (repository_id, id);
CREATE INDEX workflow_runs_by_stack ON workflow_runs (workspace_id, stack, id);
CREATE INDEX workflow_runs_by_component ON workflow_runs (workspace_id, component, id);
CREATE INDEX workflow_runs_by_sha ON workflow_runs (workspace_id, sha, id);
