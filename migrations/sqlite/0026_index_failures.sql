-- Which runs of a repository failed, and which instances of a component are in a status: newest first.
CREATE INDEX workflow_runs_by_failed_repository ON workflow_runs (repository_id, id)
    WHERE conclusion IN ('failure', 'timed_out', 'startup_failure');
CREATE INDEX instances_by_component_and_status ON instances (workspace_id, component, status, id);
