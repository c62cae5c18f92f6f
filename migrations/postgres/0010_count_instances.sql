-- How many instances a repository, a stack or a component has, by status. Lists and counts read these rows and not the
-- instances. Triggers keep them exact, whoever writes. SQLite has other triggers with the same result.

-- Lists are sorted by these names, bytewise, and compare them with each other.
ALTER TABLE instances ALTER COLUMN stack TYPE TEXT COLLATE "C", ALTER COLUMN component TYPE TEXT COLLATE "C";
ALTER TABLE workflow_runs ALTER COLUMN stack TYPE TEXT COLLATE "C", ALTER COLUMN component TYPE TEXT COLLATE "C";
ALTER TABLE affected_instances ALTER COLUMN stack TYPE TEXT COLLATE "C", ALTER COLUMN component TYPE TEXT COLLATE "C";
ALTER TABLE locks ALTER COLUMN key TYPE TEXT COLLATE "C";

-- Room in each page lets a counter change without a new index entry.
CREATE TABLE instance_rollups (
    workspace_id  TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    -- `repo`, `stack` or `component`.
    kind          TEXT COLLATE "C" NOT NULL,
    -- Of the stack or component; empty for a repository.
    name          TEXT COLLATE "C" NOT NULL,
    repository_id TEXT COLLATE "C" NOT NULL REFERENCES repositories (id),
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
) WITH (fillfactor = 70);
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

-- One statement may write ten thousand instances; they are added up before the counters change. The counters change in
-- the order of their keys, so that two transactions do not wait for each other in a circle.
CREATE FUNCTION count_new_or_gone_instances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step CONSTANT BIGINT := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
BEGIN
    INSERT INTO instance_rollups AS u (workspace_id, kind, name, repository_id, unknown, in_sync, drifted, remediating,
        remediated, error, disabled, orphaned, last_run_at)
    SELECT c.workspace_id, k.kind, k.name, c.repository_id,
        step * COUNT(*) FILTER (WHERE c.status = 'unknown'), step * COUNT(*) FILTER (WHERE c.status = 'in_sync'),
        step * COUNT(*) FILTER (WHERE c.status = 'drifted'), step * COUNT(*) FILTER (WHERE c.status = 'remediating'),
        step * COUNT(*) FILTER (WHERE c.status = 'remediated'), step * COUNT(*) FILTER (WHERE c.status = 'error'),
        step * COUNT(*) FILTER (WHERE c.status = 'disabled'), step * COUNT(*) FILTER (WHERE c.status = 'orphaned'),
        MAX(c.last_run_at)
    FROM changed_rows c
        CROSS JOIN LATERAL (VALUES ('component', c.component), ('repo', ''), ('stack', c.stack)) AS k (kind, name)
    GROUP BY c.workspace_id, k.kind, k.name, c.repository_id
    ORDER BY c.workspace_id, k.kind, k.name, c.repository_id
    ON CONFLICT (workspace_id, kind, name, repository_id) DO UPDATE SET
        unknown = u.unknown + excluded.unknown, in_sync = u.in_sync + excluded.in_sync,
        drifted = u.drifted + excluded.drifted, remediating = u.remediating + excluded.remediating,
        remediated = u.remediated + excluded.remediated, error = u.error + excluded.error,
        disabled = u.disabled + excluded.disabled, orphaned = u.orphaned + excluded.orphaned,
        last_run_at = CASE WHEN step > 0 THEN GREATEST(u.last_run_at, excluded.last_run_at)
            ELSE NULLIF(u.last_run_at, excluded.last_run_at) END;
    RETURN NULL;
END
$$;

-- Most updates change nothing that is counted: EXCEPT leaves the rows that differ. A last run of -1 is one that went,
-- by another name or an earlier run, and no later one came.
CREATE FUNCTION count_changed_instances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO instance_rollups AS u (workspace_id, kind, name, repository_id, unknown, in_sync, drifted, remediating,
        remediated, error, disabled, orphaned, last_run_at)
    SELECT c.workspace_id, k.kind, k.name, c.repository_id,
        COALESCE(SUM(c.step) FILTER (WHERE c.status = 'unknown'), 0),
        COALESCE(SUM(c.step) FILTER (WHERE c.status = 'in_sync'), 0),
        COALESCE(SUM(c.step) FILTER (WHERE c.status = 'drifted'), 0),
        COALESCE(SUM(c.step) FILTER (WHERE c.status = 'remediating'), 0),
        COALESCE(SUM(c.step) FILTER (WHERE c.status = 'remediated'), 0),
        COALESCE(SUM(c.step) FILTER (WHERE c.status = 'error'), 0),
        COALESCE(SUM(c.step) FILTER (WHERE c.status = 'disabled'), 0),
        COALESCE(SUM(c.step) FILTER (WHERE c.status = 'orphaned'), 0),
        CASE WHEN MAX(c.last_run_at) FILTER (WHERE c.step < 0)
            > COALESCE(MAX(c.last_run_at) FILTER (WHERE c.step > 0), -1) THEN -1
            ELSE MAX(c.last_run_at) FILTER (WHERE c.step > 0) END
    FROM (
        SELECT -1 AS step, o.* FROM (
            SELECT id, workspace_id, repository_id, stack, component, status, last_run_at FROM old_rows
            EXCEPT SELECT id, workspace_id, repository_id, stack, component, status, last_run_at FROM new_rows
        ) o
        UNION ALL
        SELECT 1 AS step, n.* FROM (
            SELECT id, workspace_id, repository_id, stack, component, status, last_run_at FROM new_rows
            EXCEPT SELECT id, workspace_id, repository_id, stack, component, status, last_run_at FROM old_rows
        ) n
    ) c
        CROSS JOIN LATERAL (VALUES ('component', c.component), ('repo', ''), ('stack', c.stack)) AS k (kind, name)
    GROUP BY c.workspace_id, k.kind, k.name, c.repository_id
    ORDER BY c.workspace_id, k.kind, k.name, c.repository_id
    ON CONFLICT (workspace_id, kind, name, repository_id) DO UPDATE SET
        unknown = u.unknown + excluded.unknown, in_sync = u.in_sync + excluded.in_sync,
        drifted = u.drifted + excluded.drifted, remediating = u.remediating + excluded.remediating,
        remediated = u.remediated + excluded.remediated, error = u.error + excluded.error,
        disabled = u.disabled + excluded.disabled, orphaned = u.orphaned + excluded.orphaned,
        last_run_at = CASE WHEN excluded.last_run_at < 0 THEN NULL
            ELSE GREATEST(u.last_run_at, excluded.last_run_at) END;
    RETURN NULL;
END
$$;

CREATE TRIGGER instances_count_new AFTER INSERT ON instances REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_new_or_gone_instances();
CREATE TRIGGER instances_count_changed AFTER UPDATE ON instances REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_changed_instances();
CREATE TRIGGER instances_count_gone AFTER DELETE ON instances REFERENCING OLD TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_new_or_gone_instances();

-- What counts nothing goes away.
CREATE FUNCTION drop_empty_rollup() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM instance_rollups u WHERE u.workspace_id = NEW.workspace_id AND u.kind = NEW.kind
        AND u.name = NEW.name AND u.repository_id = NEW.repository_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER instance_rollups_emptied AFTER UPDATE ON instance_rollups FOR EACH ROW
    WHEN (NEW.unknown + NEW.in_sync + NEW.drifted + NEW.remediating + NEW.remediated + NEW.error + NEW.disabled
        + NEW.orphaned = 0)
    EXECUTE FUNCTION drop_empty_rollup();

-- The instance with the latest run has gone: which is the latest now?
CREATE FUNCTION find_latest_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE instance_rollups u SET last_run_at = CASE NEW.kind
        WHEN 'component' THEN (SELECT MAX(i.last_run_at) FROM instances i WHERE i.workspace_id = NEW.workspace_id
            AND i.component = NEW.name AND i.repository_id = NEW.repository_id)
        WHEN 'stack' THEN (SELECT MAX(i.last_run_at) FROM instances i WHERE i.repository_id = NEW.repository_id
            AND i.stack = NEW.name)
        ELSE (SELECT MAX(i.last_run_at) FROM instances i WHERE i.repository_id = NEW.repository_id) END
    WHERE u.workspace_id = NEW.workspace_id AND u.kind = NEW.kind AND u.name = NEW.name
        AND u.repository_id = NEW.repository_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER instance_rollups_outrun AFTER UPDATE ON instance_rollups FOR EACH ROW
    WHEN (NEW.last_run_at IS NULL AND OLD.last_run_at IS NOT NULL)
    EXECUTE FUNCTION find_latest_run();

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
