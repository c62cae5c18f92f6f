-- How many instances a repository, a stack or a component has, by status. Lists and counts read these rows and not the
-- instances. Triggers keep them exact, whoever writes. PostgreSQL has other triggers with the same result.
CREATE TABLE instance_rollups (
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
    -- `repo`, `stack` or `component`.
    kind          TEXT NOT NULL,
    -- Of the stack or component; empty for a repository.
    name          TEXT NOT NULL,
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    -- Instances with this `status`.
    unknown       BIGINT NOT NULL,
    in_sync       BIGINT NOT NULL,
    drifted       BIGINT NOT NULL,
    remediating   BIGINT NOT NULL,
    remediated    BIGINT NOT NULL,
    error         BIGINT NOT NULL,
    disabled      BIGINT NOT NULL,
    orphaned      BIGINT NOT NULL,
    -- The latest `last_run_at` of the instances.
    last_run_at   BIGINT,
    PRIMARY KEY (workspace_id, kind, name, repository_id)
) WITHOUT ROWID;
CREATE INDEX instance_rollups_by_repository ON instance_rollups (repository_id, kind, name);

INSERT INTO instance_rollups (workspace_id, kind, name, repository_id, unknown, in_sync, drifted, remediating,
    remediated, error, disabled, orphaned, last_run_at)
SELECT i.workspace_id, k.kind, CASE k.kind WHEN 'component' THEN i.component WHEN 'stack' THEN i.stack ELSE '' END,
    i.repository_id,
    SUM(CASE WHEN i.status = 'unknown' THEN 1 ELSE 0 END), SUM(CASE WHEN i.status = 'in_sync' THEN 1 ELSE 0 END),
    SUM(CASE WHEN i.status = 'drifted' THEN 1 ELSE 0 END), SUM(CASE WHEN i.status = 'remediating' THEN 1 ELSE 0 END),
    SUM(CASE WHEN i.status = 'remediated' THEN 1 ELSE 0 END), SUM(CASE WHEN i.status = 'error' THEN 1 ELSE 0 END),
    SUM(CASE WHEN i.status = 'disabled' THEN 1 ELSE 0 END), SUM(CASE WHEN i.status = 'orphaned' THEN 1 ELSE 0 END),
    MAX(i.last_run_at)
FROM instances i CROSS JOIN (SELECT 'component' AS kind UNION ALL SELECT 'repo' UNION ALL SELECT 'stack') k
GROUP BY 1, 2, 3, 4;

CREATE TRIGGER instances_count_new AFTER INSERT ON instances
BEGIN
    INSERT INTO instance_rollups (workspace_id, kind, name, repository_id, unknown, in_sync, drifted, remediating,
        remediated, error, disabled, orphaned, last_run_at)
    SELECT NEW.workspace_id, k.kind, k.name, NEW.repository_id,
        NEW.status = 'unknown', NEW.status = 'in_sync', NEW.status = 'drifted', NEW.status = 'remediating',
        NEW.status = 'remediated', NEW.status = 'error', NEW.status = 'disabled', NEW.status = 'orphaned',
        NEW.last_run_at
    FROM (SELECT 'component' AS kind, NEW.component AS name UNION ALL SELECT 'repo', ''
        UNION ALL SELECT 'stack', NEW.stack) k
    WHERE TRUE
    ON CONFLICT (workspace_id, kind, name, repository_id) DO UPDATE SET
        unknown = unknown + excluded.unknown, in_sync = in_sync + excluded.in_sync,
        drifted = drifted + excluded.drifted, remediating = remediating + excluded.remediating,
        remediated = remediated + excluded.remediated, error = error + excluded.error,
        disabled = disabled + excluded.disabled, orphaned = orphaned + excluded.orphaned,
        last_run_at = CASE WHEN excluded.last_run_at IS NULL OR last_run_at > excluded.last_run_at
            THEN last_run_at ELSE excluded.last_run_at END;
END;

-- A result: another status, or a later run. Most updates change neither.
CREATE TRIGGER instances_count_result AFTER UPDATE OF status, last_run_at ON instances
WHEN (NEW.status <> OLD.status OR NEW.last_run_at IS NOT OLD.last_run_at)
    AND NEW.workspace_id = OLD.workspace_id AND NEW.repository_id = OLD.repository_id
    AND NEW.stack = OLD.stack AND NEW.component = OLD.component
    AND (OLD.last_run_at IS NULL OR COALESCE(NEW.last_run_at >= OLD.last_run_at, FALSE))
BEGIN
    INSERT INTO instance_rollups (workspace_id, kind, name, repository_id, unknown, in_sync, drifted, remediating,
        remediated, error, disabled, orphaned, last_run_at)
    SELECT NEW.workspace_id, k.kind, k.name, NEW.repository_id,
        (NEW.status = 'unknown') - (OLD.status = 'unknown'), (NEW.status = 'in_sync') - (OLD.status = 'in_sync'),
        (NEW.status = 'drifted') - (OLD.status = 'drifted'),
        (NEW.status = 'remediating') - (OLD.status = 'remediating'),
        (NEW.status = 'remediated') - (OLD.status = 'remediated'), (NEW.status = 'error') - (OLD.status = 'error'),
        (NEW.status = 'disabled') - (OLD.status = 'disabled'), (NEW.status = 'orphaned') - (OLD.status = 'orphaned'),
        NEW.last_run_at
    FROM (SELECT 'component' AS kind, NEW.component AS name UNION ALL SELECT 'repo', ''
        UNION ALL SELECT 'stack', NEW.stack) k
    WHERE TRUE
    ON CONFLICT (workspace_id, kind, name, repository_id) DO UPDATE SET
        unknown = unknown + excluded.unknown, in_sync = in_sync + excluded.in_sync,
        drifted = drifted + excluded.drifted, remediating = remediating + excluded.remediating,
        remediated = remediated + excluded.remediated, error = error + excluded.error,
        disabled = disabled + excluded.disabled, orphaned = orphaned + excluded.orphaned,
        last_run_at = CASE WHEN excluded.last_run_at IS NULL OR last_run_at > excluded.last_run_at
            THEN last_run_at ELSE excluded.last_run_at END;
END;

-- What no result does: the instance has another name, or an earlier last run. It goes, and comes anew.
CREATE TRIGGER instances_count_moved
AFTER UPDATE OF workspace_id, repository_id, stack, component, last_run_at ON instances
WHEN NEW.workspace_id <> OLD.workspace_id OR NEW.repository_id <> OLD.repository_id
    OR NEW.stack <> OLD.stack OR NEW.component <> OLD.component
    OR (OLD.last_run_at IS NOT NULL AND COALESCE(NEW.last_run_at < OLD.last_run_at, TRUE))
BEGIN
    INSERT INTO instance_rollups (workspace_id, kind, name, repository_id, unknown, in_sync, drifted, remediating,
        remediated, error, disabled, orphaned, last_run_at)
    SELECT OLD.workspace_id, k.kind, k.name, OLD.repository_id,
        OLD.status = 'unknown', OLD.status = 'in_sync', OLD.status = 'drifted', OLD.status = 'remediating',
        OLD.status = 'remediated', OLD.status = 'error', OLD.status = 'disabled', OLD.status = 'orphaned',
        OLD.last_run_at
    FROM (SELECT 'component' AS kind, OLD.component AS name UNION ALL SELECT 'repo', ''
        UNION ALL SELECT 'stack', OLD.stack) k
    WHERE TRUE
    ON CONFLICT (workspace_id, kind, name, repository_id) DO UPDATE SET
        unknown = unknown - excluded.unknown, in_sync = in_sync - excluded.in_sync,
        drifted = drifted - excluded.drifted, remediating = remediating - excluded.remediating,
        remediated = remediated - excluded.remediated, error = error - excluded.error,
        disabled = disabled - excluded.disabled, orphaned = orphaned - excluded.orphaned,
        last_run_at = NULLIF(last_run_at, excluded.last_run_at);
    INSERT INTO instance_rollups (workspace_id, kind, name, repository_id, unknown, in_sync, drifted, remediating,
        remediated, error, disabled, orphaned, last_run_at)
    SELECT NEW.workspace_id, k.kind, k.name, NEW.repository_id,
        NEW.status = 'unknown', NEW.status = 'in_sync', NEW.status = 'drifted', NEW.status = 'remediating',
        NEW.status = 'remediated', NEW.status = 'error', NEW.status = 'disabled', NEW.status = 'orphaned',
        NEW.last_run_at
    FROM (SELECT 'component' AS kind, NEW.component AS name UNION ALL SELECT 'repo', ''
        UNION ALL SELECT 'stack', NEW.stack) k
    WHERE TRUE
    ON CONFLICT (workspace_id, kind, name, repository_id) DO UPDATE SET
        unknown = unknown + excluded.unknown, in_sync = in_sync + excluded.in_sync,
        drifted = drifted + excluded.drifted, remediating = remediating + excluded.remediating,
        remediated = remediated + excluded.remediated, error = error + excluded.error,
        disabled = disabled + excluded.disabled, orphaned = orphaned + excluded.orphaned,
        last_run_at = CASE WHEN excluded.last_run_at IS NULL OR last_run_at > excluded.last_run_at
            THEN last_run_at ELSE excluded.last_run_at END;
END;

CREATE TRIGGER instances_count_gone AFTER DELETE ON instances
BEGIN
    INSERT INTO instance_rollups (workspace_id, kind, name, repository_id, unknown, in_sync, drifted, remediating,
        remediated, error, disabled, orphaned, last_run_at)
    SELECT OLD.workspace_id, k.kind, k.name, OLD.repository_id,
        OLD.status = 'unknown', OLD.status = 'in_sync', OLD.status = 'drifted', OLD.status = 'remediating',
        OLD.status = 'remediated', OLD.status = 'error', OLD.status = 'disabled', OLD.status = 'orphaned',
        OLD.last_run_at
    FROM (SELECT 'component' AS kind, OLD.component AS name UNION ALL SELECT 'repo', ''
        UNION ALL SELECT 'stack', OLD.stack) k
    WHERE TRUE
    ON CONFLICT (workspace_id, kind, name, repository_id) DO UPDATE SET
        unknown = unknown - excluded.unknown, in_sync = in_sync - excluded.in_sync,
        drifted = drifted - excluded.drifted, remediating = remediating - excluded.remediating,
        remediated = remediated - excluded.remediated, error = error - excluded.error,
        disabled = disabled - excluded.disabled, orphaned = orphaned - excluded.orphaned,
        last_run_at = NULLIF(last_run_at, excluded.last_run_at);
END;

-- What counts nothing goes away.
CREATE TRIGGER instance_rollups_emptied AFTER UPDATE ON instance_rollups
WHEN NEW.unknown + NEW.in_sync + NEW.drifted + NEW.remediating + NEW.remediated + NEW.error + NEW.disabled
    + NEW.orphaned = 0
BEGIN
    DELETE FROM instance_rollups WHERE workspace_id = NEW.workspace_id AND kind = NEW.kind AND name = NEW.name
        AND repository_id = NEW.repository_id;
END;

-- The instance with the latest run has gone: which is the latest now?
CREATE TRIGGER instance_rollups_outrun AFTER UPDATE OF last_run_at ON instance_rollups
WHEN NEW.last_run_at IS NULL AND OLD.last_run_at IS NOT NULL
BEGIN
    UPDATE instance_rollups SET last_run_at = CASE NEW.kind
        WHEN 'component' THEN (SELECT MAX(i.last_run_at) FROM instances i WHERE i.workspace_id = NEW.workspace_id
            AND i.component = NEW.name AND i.repository_id = NEW.repository_id)
        WHEN 'stack' THEN (SELECT MAX(i.last_run_at) FROM instances i WHERE i.repository_id = NEW.repository_id
            AND i.stack = NEW.name)
        ELSE (SELECT MAX(i.last_run_at) FROM instances i WHERE i.repository_id = NEW.repository_id) END
    WHERE workspace_id = NEW.workspace_id AND kind = NEW.kind AND name = NEW.name
        AND repository_id = NEW.repository_id;
END;

-- The parts of one stack or component: those that fail first, then by name.
CREATE INDEX instances_by_stack_status ON instances (workspace_id, stack, status, component, repository_id);
CREATE INDEX instances_by_component_status ON instances (workspace_id, component, status, stack, repository_id);
-- Its last run that failed.
CREATE INDEX workflow_runs_by_failed_stack ON workflow_runs (workspace_id, stack, id)
    WHERE conclusion IN ('failure', 'timed_out', 'startup_failure');
CREATE INDEX workflow_runs_by_failed_component ON workflow_runs (workspace_id, component, id)
    WHERE conclusion IN ('failure', 'timed_out', 'startup_failure');

-- The commits of a component, with its runs. What the first has in place of the index that goes is the rest of the
-- key, so that the table is not read.
DROP INDEX affected_instances_by_component;
CREATE INDEX affected_instances_by_instance ON affected_instances
    (workspace_id, component, stack, repository_id, head_sha);
CREATE INDEX commits_by_pull_request ON commits (repository_id, pull_request_number)
    WHERE pull_request_number IS NOT NULL;
CREATE INDEX workflow_runs_by_commit ON workflow_runs (workspace_id, sha, component, id);

-- GitHub's names do not differ by case.
CREATE INDEX repositories_by_name ON repositories (LOWER(owner), LOWER(name));
