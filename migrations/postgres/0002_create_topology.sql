-- What is deployed where.
CREATE TABLE github_installations (
    id           TEXT COLLATE "C" PRIMARY KEY,
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    github_id    BIGINT NOT NULL,
    account      TEXT NOT NULL,
    status       TEXT NOT NULL,
    status_since BIGINT NOT NULL,
    UNIQUE (workspace_id, github_id)
);

CREATE TABLE repositories (
    id               TEXT COLLATE "C" PRIMARY KEY,
    workspace_id     TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    -- NULL for a repository that came in through a workspace token alone.
    installation_id  TEXT COLLATE "C" REFERENCES github_installations (id),
    host             TEXT NOT NULL,
    owner            TEXT NOT NULL,
    name             TEXT NOT NULL,
    status           TEXT NOT NULL,
    default_branch   TEXT,
    last_activity_at BIGINT,
    created_at       BIGINT NOT NULL,
    UNIQUE (workspace_id, owner, name)
);
CREATE INDEX repositories_by_id ON repositories (workspace_id, id);
CREATE INDEX repositories_by_status ON repositories (workspace_id, status, id);

CREATE TABLE workflow_runs (
    id             TEXT COLLATE "C" PRIMARY KEY,
    workspace_id   TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    repository_id  TEXT COLLATE "C" NOT NULL REFERENCES repositories (id),
    instance_id    TEXT COLLATE "C",
    command        TEXT NOT NULL,
    trigger_kind   TEXT NOT NULL,
    status         TEXT NOT NULL,
    conclusion     TEXT,
    plan_exit_code BIGINT,
    created_at     BIGINT NOT NULL,
    started_at     BIGINT,
    finished_at    BIGINT
);
CREATE INDEX workflow_runs_by_id ON workflow_runs (workspace_id, id);
CREATE INDEX workflow_runs_by_instance ON workflow_runs (instance_id, id);

-- A component deployed to a stack, per repository.
CREATE TABLE instances (
    id                TEXT COLLATE "C" PRIMARY KEY,
    workspace_id      TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    repository_id     TEXT COLLATE "C" NOT NULL REFERENCES repositories (id),
    component         TEXT NOT NULL,
    stack             TEXT NOT NULL,
    component_type    TEXT,
    status            TEXT NOT NULL,
    drift_status      TEXT NOT NULL,
    enabled           BOOLEAN NOT NULL,
    drift_enabled     BOOLEAN NOT NULL,
    disabled_at       BIGINT,
    -- The `settings.pro` block as uploaded, JSON.
    settings          TEXT,
    -- The inventory upload that last named this instance.
    last_upload_id    TEXT,
    last_run_id       TEXT COLLATE "C" REFERENCES workflow_runs (id),
    last_run_at       BIGINT,
    last_drift_run_id TEXT COLLATE "C" REFERENCES workflow_runs (id),
    last_drift_run_at BIGINT,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    UNIQUE (repository_id, stack, component)
);
CREATE INDEX instances_by_id ON instances (workspace_id, id);
CREATE INDEX instances_by_status ON instances (workspace_id, status, id);
CREATE INDEX instances_by_stack ON instances (workspace_id, stack, id);
CREATE INDEX instances_by_component ON instances (workspace_id, component, id);
CREATE INDEX instances_by_repository ON instances (repository_id, status, id);

CREATE TABLE instance_status_changes (
    id           TEXT COLLATE "C" PRIMARY KEY,
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    instance_id  TEXT COLLATE "C" NOT NULL REFERENCES instances (id),
    from_status  TEXT,
    to_status    TEXT NOT NULL,
    at           BIGINT NOT NULL,
    run_id       TEXT COLLATE "C"
);
CREATE INDEX instance_status_changes_by_instance ON instance_status_changes (instance_id, at, id);

CREATE TABLE locks (
    id           TEXT COLLATE "C" PRIMARY KEY,
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    -- `owner/repo/stack/component`, as the CLI builds it.
    key          TEXT NOT NULL,
    message      TEXT,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    UNIQUE (workspace_id, key)
);

-- Chunks of an inventory upload; the sweep to `orphaned` waits until all have come.
CREATE TABLE upload_chunks (
    repository_id TEXT COLLATE "C" NOT NULL REFERENCES repositories (id),
    upload_id     TEXT NOT NULL,
    chunk_index   BIGINT NOT NULL,
    chunk_total   BIGINT NOT NULL,
    received_at   BIGINT NOT NULL,
    PRIMARY KEY (repository_id, upload_id, chunk_index)
);
