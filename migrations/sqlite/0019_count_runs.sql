-- How many runs, and how many changes of status, a UTC day has: analytics read these rows and not the runs. Triggers keep
-- them exact, whoever writes. PostgreSQL has other triggers with the same result.
CREATE TABLE run_rollups (
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
    -- `workspace`, `repo`, `component` (of all repositories) or `stack` (of one). The last two have what is completed.
    kind          TEXT NOT NULL,
    -- Empty for `workspace` and `component`.
    repository_id TEXT NOT NULL,
    -- Of `created_at`, since the Unix epoch.
    day           BIGINT NOT NULL,
    -- Of the component or stack; else empty.
    name          TEXT NOT NULL,
    command       TEXT NOT NULL,
    trigger_kind  TEXT NOT NULL,
    status        TEXT NOT NULL,
    -- Empty if there is none.
    conclusion    TEXT NOT NULL,
    runs          BIGINT NOT NULL,
    -- Plans that saw changes (exit code 2).
    changed       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion)
) WITHOUT ROWID;

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

CREATE TRIGGER workflow_runs_count_new AFTER INSERT ON workflow_runs
BEGIN
    INSERT INTO run_rollups (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion,
        runs, changed)
    SELECT NEW.workspace_id, k.kind, k.repository_id, NEW.created_at / 86400000000, k.name, NEW.command, NEW.trigger_kind,
        NEW.status, COALESCE(NEW.conclusion, ''), 1, (NEW.plan_exit_code IS 2)
    FROM (SELECT 'workspace' AS kind, '' AS repository_id, '' AS name
        UNION ALL SELECT 'repo', NEW.repository_id, ''
        UNION ALL SELECT 'component', '', NEW.component WHERE NEW.status = 'completed' AND NEW.component IS NOT NULL
        UNION ALL SELECT 'stack', NEW.repository_id, NEW.stack WHERE NEW.status = 'completed' AND NEW.stack IS NOT NULL) k
    WHERE TRUE
    ON CONFLICT (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion)
        DO UPDATE SET runs = runs + excluded.runs, changed = changed + excluded.changed;
END;

-- A run goes from where it was counted to where it is now. Most updates change nothing that is counted.
CREATE TRIGGER workflow_runs_count_changed AFTER UPDATE ON workflow_runs
WHEN (NEW.workspace_id, NEW.repository_id, NEW.created_at, NEW.command, NEW.trigger_kind, NEW.status, NEW.conclusion,
    NEW.plan_exit_code, NEW.component, NEW.stack) IS NOT
    (OLD.workspace_id, OLD.repository_id, OLD.created_at, OLD.command, OLD.trigger_kind, OLD.status, OLD.conclusion,
    OLD.plan_exit_code, OLD.component, OLD.stack)
BEGIN
    INSERT INTO run_rollups (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion,
        runs, changed)
    SELECT OLD.workspace_id, k.kind, k.repository_id, OLD.created_at / 86400000000, k.name, OLD.command, OLD.trigger_kind,
        OLD.status, COALESCE(OLD.conclusion, ''), -1, -(OLD.plan_exit_code IS 2)
    FROM (SELECT 'workspace' AS kind, '' AS repository_id, '' AS name
        UNION ALL SELECT 'repo', OLD.repository_id, ''
        UNION ALL SELECT 'component', '', OLD.component WHERE OLD.status = 'completed' AND OLD.component IS NOT NULL
        UNION ALL SELECT 'stack', OLD.repository_id, OLD.stack WHERE OLD.status = 'completed' AND OLD.stack IS NOT NULL) k
    WHERE TRUE
    ON CONFLICT (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion)
        DO UPDATE SET runs = runs + excluded.runs, changed = changed + excluded.changed;
    INSERT INTO run_rollups (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion,
        runs, changed)
    SELECT NEW.workspace_id, k.kind, k.repository_id, NEW.created_at / 86400000000, k.name, NEW.command, NEW.trigger_kind,
        NEW.status, COALESCE(NEW.conclusion, ''), 1, (NEW.plan_exit_code IS 2)
    FROM (SELECT 'workspace' AS kind, '' AS repository_id, '' AS name
        UNION ALL SELECT 'repo', NEW.repository_id, ''
        UNION ALL SELECT 'component', '', NEW.component WHERE NEW.status = 'completed' AND NEW.component IS NOT NULL
        UNION ALL SELECT 'stack', NEW.repository_id, NEW.stack WHERE NEW.status = 'completed' AND NEW.stack IS NOT NULL) k
    WHERE TRUE
    ON CONFLICT (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion)
        DO UPDATE SET runs = runs + excluded.runs, changed = changed + excluded.changed;
END;

CREATE TRIGGER workflow_runs_count_gone AFTER DELETE ON workflow_runs
BEGIN
    INSERT INTO run_rollups (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion,
        runs, changed)
    SELECT OLD.workspace_id, k.kind, k.repository_id, OLD.created_at / 86400000000, k.name, OLD.command, OLD.trigger_kind,
        OLD.status, COALESCE(OLD.conclusion, ''), -1, -(OLD.plan_exit_code IS 2)
    FROM (SELECT 'workspace' AS kind, '' AS repository_id, '' AS name
        UNION ALL SELECT 'repo', OLD.repository_id, ''
        UNION ALL SELECT 'component', '', OLD.component WHERE OLD.status = 'completed' AND OLD.component IS NOT NULL
        UNION ALL SELECT 'stack', OLD.repository_id, OLD.stack WHERE OLD.status = 'completed' AND OLD.stack IS NOT NULL) k
    WHERE TRUE
    ON CONFLICT (workspace_id, kind, repository_id, day, name, command, trigger_kind, status, conclusion)
        DO UPDATE SET runs = runs + excluded.runs, changed = changed + excluded.changed;
END;

CREATE TRIGGER run_rollups_emptied AFTER UPDATE ON run_rollups WHEN NEW.runs = 0
BEGIN
    DELETE FROM run_rollups WHERE workspace_id = NEW.workspace_id AND kind = NEW.kind
        AND repository_id = NEW.repository_id AND day = NEW.day AND name = NEW.name AND command = NEW.command
        AND trigger_kind = NEW.trigger_kind AND status = NEW.status AND conclusion = NEW.conclusion;
END;

-- Changes of status in a repository, or in all if `repository_id` is empty.
CREATE TABLE status_change_rollups (
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
    repository_id TEXT NOT NULL,
    -- Of `at`, since the Unix epoch.
    day           BIGINT NOT NULL,
    -- Empty for the first known status.
    from_status   TEXT NOT NULL,
    to_status     TEXT NOT NULL,
    changes       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, repository_id, day, from_status, to_status)
) WITHOUT ROWID;

INSERT INTO status_change_rollups (workspace_id, repository_id, day, from_status, to_status, changes)
SELECT c.workspace_id, CASE k.kind WHEN 'repo' THEN i.repository_id ELSE '' END, c.at / 86400000000,
    COALESCE(c.from_status, ''), c.to_status, COUNT(*)
FROM instance_status_changes c CROSS JOIN (SELECT 'workspace' AS kind UNION ALL SELECT 'repo') k
    JOIN instances i ON i.id = c.instance_id
GROUP BY 1, 2, 3, 4, 5;

-- A change is written once; it goes with its instance.
CREATE TRIGGER instance_status_changes_count_new AFTER INSERT ON instance_status_changes
BEGIN
    INSERT INTO status_change_rollups (workspace_id, repository_id, day, from_status, to_status, changes)
    SELECT NEW.workspace_id, k.repository_id, NEW.at / 86400000000, COALESCE(NEW.from_status, ''), NEW.to_status, 1
    FROM (SELECT '' AS repository_id UNION ALL SELECT i.repository_id FROM instances i WHERE i.id = NEW.instance_id) k
    WHERE TRUE
    ON CONFLICT (workspace_id, repository_id, day, from_status, to_status)
        DO UPDATE SET changes = changes + excluded.changes;
END;

CREATE TRIGGER instance_status_changes_count_gone AFTER DELETE ON instance_status_changes
BEGIN
    INSERT INTO status_change_rollups (workspace_id, repository_id, day, from_status, to_status, changes)
    SELECT OLD.workspace_id, k.repository_id, OLD.at / 86400000000, COALESCE(OLD.from_status, ''), OLD.to_status, -1
    FROM (SELECT '' AS repository_id UNION ALL SELECT i.repository_id FROM instances i WHERE i.id = OLD.instance_id) k
    WHERE TRUE
    ON CONFLICT (workspace_id, repository_id, day, from_status, to_status)
        DO UPDATE SET changes = changes + excluded.changes;
END;

CREATE TRIGGER status_change_rollups_emptied AFTER UPDATE ON status_change_rollups WHEN NEW.changes = 0
BEGIN
    DELETE FROM status_change_rollups WHERE workspace_id = NEW.workspace_id AND repository_id = NEW.repository_id
        AND day = NEW.day AND from_status = NEW.from_status AND to_status = NEW.to_status;
END;

-- Counts over time were the reason for the first.
DROP INDEX workflow_runs_by_time;
CREATE INDEX workflow_runs_by_command_conclusion ON workflow_runs (workspace_id, command, conclusion, id);
-- The newest changes of status, whole.
DROP INDEX instance_status_changes_by_time;
CREATE INDEX instance_status_changes_by_time ON instance_status_changes
    (workspace_id, at, id, instance_id, from_status, to_status);
