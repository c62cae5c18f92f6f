-- Lists of runs walk one of these from the newest row on. Which one is chosen is in `host/src/store/keyset.rs`.
CREATE INDEX workflow_runs_by_branch ON workflow_runs (workspace_id, branch, id);
CREATE INDEX workflow_runs_by_command_status ON workflow_runs (workspace_id, command, status, id);
CREATE INDEX workflow_runs_by_component_command ON workflow_runs (workspace_id, component, command, id);
CREATE INDEX workflow_runs_by_stack_component ON workflow_runs (workspace_id, stack, component, id);

-- Most runs are of no pull request.
CREATE INDEX workflow_runs_by_pull_request ON workflow_runs (repository_id, pull_request_number, id)
    WHERE pull_request_number IS NOT NULL;
-- Which pull requests touched a component or a stack.
CREATE INDEX workflow_runs_by_component_request ON workflow_runs
    (workspace_id, component, stack, repository_id, pull_request_number) WHERE pull_request_number IS NOT NULL;
CREATE INDEX workflow_runs_by_stack_request ON workflow_runs
    (workspace_id, stack, repository_id, pull_request_number) WHERE pull_request_number IS NOT NULL;

CREATE INDEX pull_requests_by_repository ON pull_requests (repository_id, id);
