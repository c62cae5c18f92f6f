-- How many runs, and how many changes of status, a UTC day has: analytics read these rows and not the runs. Triggers keep
-- them exact, whoever writes. SQLite has other triggers with the same result.
CREATE TABLE run_rollups (
    workspace_id  TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    -- `workspace`, `repo`, `component` (of all repositories) or `stack` (of one). The last two have what is completed.
    kind          TEXT COLLATE "C" NOT NULL,
    -- Empty for `workspace` and `component`.
    repository_id TEXT COLLATE "C" NOT NULL,
    -- Of `created_at`, since the Unix epoch.
    day           BIGINT NOT NULL,
    -- Of the component or stack; else empty.
    name          TEXT COLLATE "C" NOT NULL,
    command       TEXT COLLATE "C" NOT NULL,
    trigger_kind  TEXT COLLATE "C" NOT NULL,
    status        TEXT COLLATE "C" NOT NULL,
    -- Empty if there is none.
    conclusion    TEXT COLLATE "C" NOT NULL,
    runs          BIGINT NOT NULL,
    -- Plans that saw changes (exit code 2).
    changed       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion)
) WITH (fillfactor = 70);

INSERT INTO run_rollups (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion, runs,
    changed)
SELECT w.workspace_id, k.kind, CASE WHEN k.kind IN ('repo', 'stack') THEN w.repository_id ELSE '' END,
    w.created_at / 86400000000,
    CASE k.kind WHEN 'component' THEN w.component WHEN 'stack' THEN w.stack ELSE '' END, w.command, w.trigger_kind,
    w.status, COALESCE(w.conclusion, ''), COUNT(*), SUM(CASE WHEN w.plan_exit_code = 2 THEN 1 ELSE 0 END)
FROM workflow_runs w CROSS JOIN (SELECT 'workspace' AS kind UNION ALL SELECT 'repo' UNION ALL SELECT 'component'
    UNION ALL SELECT 'stack') k
WHERE k.kind IN ('workspace', 'repo')
    OR (w.status = 'completed' AND CASE k.kind WHEN 'component' THEN w.component ELSE w.stack END IS NOT NULL)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;

-- One statement may write many runs; they are added up first. The counters change in the order of their keys, so that two
-- transactions do not wait for each other in a circle.
CREATE FUNCTION count_new_or_gone_runs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step CONSTANT BIGINT := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
BEGIN
    INSERT INTO run_rollups AS u (workspace_id, kind, repository_id, day, name, command, trigger_kind, status,
        conclusion, runs, changed)
    SELECT c.workspace_id, k.kind, k.repository_id, c.created_at / 86400000000, k.name, c.command, c.trigger_kind,
        c.status, COALESCE(c.conclusion, ''), SUM(step), COALESCE(SUM(step) FILTER (WHERE c.plan_exit_code = 2), 0)
    FROM changed_rows c CROSS JOIN LATERAL (VALUES ('workspace', '', ''), ('repo', c.repository_id, ''),
        ('component', '', c.component), ('stack', c.repository_id, c.stack)) AS k (kind, repository_id, name)
    WHERE k.kind IN ('workspace', 'repo') OR (c.status = 'completed' AND k.name IS NOT NULL)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ON CONFLICT (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion)
        DO UPDATE SET runs = u.runs + excluded.runs, changed = u.changed + excluded.changed;
    RETURN NULL;
END
$$;

-- A run goes from where it was counted to where it is now. Most updates change nothing that is counted: EXCEPT leaves
-- the rows that differ.
CREATE FUNCTION count_changed_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_rollups AS u (workspace_id, kind, repository_id, day, name, command, trigger_kind, status,
        conclusion, runs, changed)
    SELECT c.workspace_id, k.kind, k.repository_id, c.created_at / 86400000000, k.name, c.command, c.trigger_kind,
        c.status, COALESCE(c.conclusion, ''), SUM(c.step), COALESCE(SUM(c.step) FILTER (WHERE c.plan_exit_code = 2), 0)
    FROM (
        SELECT -1 AS step, o.* FROM (
            SELECT id, workspace_id, repository_id, created_at, command, trigger_kind, status, conclusion,
                plan_exit_code, component, stack FROM old_rows
            EXCEPT SELECT id, workspace_id, repository_id, created_at, command, trigger_kind, status, conclusion,
                plan_exit_code, component, stack FROM new_rows
        ) o
        UNION ALL
        SELECT 1 AS step, n.* FROM (
            SELECT id, workspace_id, repository_id, created_at, command, trigger_kind, status, conclusion,
                plan_exit_code, component, stack FROM new_rows
            EXCEPT SELECT id, workspace_id, repository_id, created_at, command, trigger_kind, status, conclusion,
                plan_exit_code, component, stack FROM old_rows
        ) n
    ) c CROSS JOIN LATERAL (VALUES ('workspace', '', ''), ('repo', c.repository_id, ''),
        ('component', '', c.component), ('stack', c.repository_id, c.stack)) AS k (kind, repository_id, name)
    WHERE k.kind IN ('workspace', 'repo') OR (c.status = 'completed' AND k.name IS NOT NULL)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ON CONFLICT (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion)
        DO UPDATE SET runs = u.runs + excluded.runs, changed = u.changed + excluded.changed;
    RETURN NULL;
END
$$;

CREATE TRIGGER workflow_runs_count_new AFTER INSERT ON workflow_runs REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_new_or_gone_runs();
CREATE TRIGGER workflow_runs_count_changed AFTER UPDATE ON workflow_runs
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_changed_runs();
CREATE TRIGGER workflow_runs_count_gone AFTER DELETE ON workflow_runs REFERENCING OLD TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_new_or_gone_runs();

CREATE FUNCTION drop_empty_run_rollup() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM run_rollups u WHERE u.workspace_id = NEW.workspace_id AND u.kind = NEW.kind
        AND u.repository_id = NEW.repository_id AND u.day = NEW.day AND u.name = NEW.name
        AND u.command = NEW.command AND u.trigger_kind = NEW.trigger_kind AND u.status = NEW.status
        AND u.conclusion = NEW.conclusion;
    RETURN NULL;
END
$$;
CREATE TRIGGER run_rollups_emptied AFTER UPDATE ON run_rollups FOR EACH ROW WHEN (NEW.runs = 0)
    EXECUTE FUNCTION drop_empty_run_rollup();

-- Changes of status in a repository, or in all if `repository_id` is empty.
CREATE TABLE status_change_rollups (
    workspace_id  TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    repository_id TEXT COLLATE "C" NOT NULL,
    -- Of `at`, since the Unix epoch.
    day           BIGINT NOT NULL,
    -- Empty for the first known status.
    from_status   TEXT COLLATE "C" NOT NULL,
    to_status     TEXT COLLATE "C" NOT NULL,
    changes       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, repository_id, day, from_status, to_status)
) WITH (fillfactor = 70);

INSERT INTO status_change_rollups (workspace_id, repository_id, day, from_status, to_status, changes)
SELECT c.workspace_id, CASE k.kind WHEN 'repo' THEN i.repository_id ELSE '' END, c.at / 86400000000,
    COALESCE(c.from_status, ''), c.to_status, COUNT(*)
FROM instance_status_changes c CROSS JOIN (SELECT 'workspace' AS kind UNION ALL SELECT 'repo') k
    JOIN instances i ON i.id = c.instance_id
GROUP BY 1, 2, 3, 4, 5;

-- A change is written once; it goes with its instance.
CREATE FUNCTION count_status_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step CONSTANT BIGINT := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
BEGIN
    INSERT INTO status_change_rollups AS u (workspace_id, repository_id, day, from_status, to_status, changes)
    SELECT c.workspace_id, k.repository_id, c.at / 86400000000, COALESCE(c.from_status, ''), c.to_status,
        step * COUNT(*)
    FROM changed_rows c JOIN instances i ON i.id = c.instance_id
        CROSS JOIN LATERAL (VALUES (''), (i.repository_id)) AS k (repository_id)
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (workspace_id, repository_id, day, from_status, to_status)
        DO UPDATE SET changes = u.changes + excluded.changes;
    RETURN NULL;
END
$$;
CREATE TRIGGER instance_status_changes_count_new AFTER INSERT ON instance_status_changes
    REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION count_status_changes();
CREATE TRIGGER instance_status_changes_count_gone AFTER DELETE ON instance_status_changes
    REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION count_status_changes();

CREATE FUNCTION drop_empty_status_change_rollup() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM status_change_rollups u WHERE u.workspace_id = NEW.workspace_id
        AND u.repository_id = NEW.repository_id AND u.day = NEW.day AND u.from_status = NEW.from_status
        AND u.to_status = NEW.to_status;
    RETURN NULL;
END
$$;
CREATE TRIGGER status_change_rollups_emptied AFTER UPDATE ON status_change_rollups FOR EACH ROW
    WHEN (NEW.changes = 0) EXECUTE FUNCTION drop_empty_status_change_rollup();

-- Counts over time were the reason for the first.
DROP INDEX workflow_runs_by_time;
CREATE INDEX workflow_runs_by_command_conclusion ON workflow_runs (workspace_id, command, conclusion, id);
-- The newest changes of status, whole.
DROP INDEX instance_status_changes_by_time;
CREATE INDEX instance_status_changes_by_time ON instance_status_changes
    (workspace_id, at, id, instance_id, from_status, to_status);
