-- A repository has at most one badge token in force.
CREATE UNIQUE INDEX badge_tokens_in_force ON badge_tokens (repository_id) WHERE revoked_at IS NULL;

-- The latest deployment is one step in these, however many plans lie above it.
CREATE INDEX workflow_runs_by_repository_deployment ON workflow_runs (repository_id, id)
    WHERE command IN ('apply', 'remediate');
CREATE INDEX workflow_runs_by_instance_deployment ON workflow_runs (instance_id, id)
    WHERE command IN ('apply', 'remediate');
