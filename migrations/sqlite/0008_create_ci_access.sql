-- What workflows of a repository may upload, by patterns over the claims of their OIDC token.
CREATE TABLE repository_permissions (
    id                  TEXT PRIMARY KEY,
    workspace_id        TEXT NOT NULL REFERENCES workspaces (id),
    repository_id       TEXT NOT NULL REFERENCES repositories (id),
    -- `affected_stacks_create`, `deployments_create`, `instances_create` or `instances_update`.
    permission          TEXT NOT NULL,
    -- `*`, an exact value, or a regular expression.
    workflow_pattern    TEXT NOT NULL,
    branch_pattern      TEXT NOT NULL,
    environment_pattern TEXT NOT NULL,
    created_at          BIGINT NOT NULL
);
CREATE INDEX repository_permissions_by_repository ON repository_permissions (repository_id);

-- Short-lived bearer tokens that workflows get for their OIDC token; only the SHA-256 is kept.
CREATE TABLE ci_sessions (
    token_hash    BLOB PRIMARY KEY,
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
    repository_id TEXT NOT NULL REFERENCES repositories (id),
    -- Permissions of the session, space-separated.
    permissions   TEXT NOT NULL,
    github_run_id BIGINT,
    run_attempt   BIGINT,
    sha           TEXT,
    ref           TEXT,
    workflow_file TEXT,
    environment   TEXT,
    actor         TEXT,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);
CREATE INDEX ci_sessions_by_expiry ON ci_sessions (expires_at);

-- OIDC tokens that were exchanged: each counts once.
CREATE TABLE used_oidc_tokens (
    token_id   TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX used_oidc_tokens_by_expiry ON used_oidc_tokens (expires_at);

-- How far a backfill has come.
CREATE TABLE sync_progress (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    repository   TEXT NOT NULL,
    kind         TEXT NOT NULL,
    -- The next page to read; NULL when all have been read.
    next_page    BIGINT,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, repository, kind)
);
