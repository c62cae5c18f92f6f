-- Signed per-repository badge tokens; rotating raises the generation.
CREATE TABLE badge_tokens (
    id            TEXT PRIMARY KEY,
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    generation    BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT,
    revoked_at    BIGINT,
    UNIQUE (repository_id, generation)
);
CREATE INDEX badge_tokens_by_id ON badge_tokens (workspace_id, id);

-- Where a workspace differs from its plan.
CREATE TABLE entitlement_overrides (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    key          TEXT NOT NULL,
    value        TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, key)
);

CREATE TABLE workspace_settings (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    key          TEXT NOT NULL,
    -- JSON.
    value        TEXT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, key)
);

CREATE TABLE schedules (
    id            TEXT PRIMARY KEY,
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
    repository_id TEXT REFERENCES repositories (id),
    -- `drift_detection`.
    kind          TEXT NOT NULL,
    cron          TEXT NOT NULL,
    enabled       BOOLEAN NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX schedules_by_id ON schedules (workspace_id, id);
