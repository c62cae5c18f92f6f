CREATE TABLE jobs (
    id                TEXT COLLATE "C" PRIMARY KEY,
    workspace_id      TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    run_id            TEXT COLLATE "C" NOT NULL REFERENCES workflow_runs (id),
    github_job_id     BIGINT NOT NULL,
    run_attempt       BIGINT NOT NULL,
    name              TEXT NOT NULL,
    status            TEXT NOT NULL,
    conclusion        TEXT,
    started_at        BIGINT,
    completed_at      BIGINT,
    -- JSON list of {number, name, status, conclusion, startedAt, completedAt}; times in microseconds.
    steps             TEXT NOT NULL,
    github_url        TEXT,
    -- Rank of the state that was seen last (queued < waiting < in_progress < completed): a late event of an
    -- earlier state never overwrites a later one.
    state_rank        BIGINT NOT NULL,
    UNIQUE (run_id, github_job_id)
);
CREATE INDEX jobs_by_run ON jobs (run_id, github_job_id);

-- The `$GITHUB_STEP_SUMMARY` of a job, as a workflow step posts it.
CREATE TABLE job_summaries (
    id           TEXT COLLATE "C" PRIMARY KEY,
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    run_id       TEXT COLLATE "C" NOT NULL REFERENCES workflow_runs (id),
    job_name     TEXT NOT NULL,
    -- Markdown, zstd.
    markdown     BYTEA NOT NULL,
    -- Bytes of the markdown.
    bytes        BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    UNIQUE (run_id, job_name)
);

-- The log of a job as GitHub serves it, without byte order mark.
CREATE TABLE job_logs (
    job_id       TEXT COLLATE "C" PRIMARY KEY REFERENCES jobs (id),
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    -- Text, zstd; NULL if GitHub no longer had it.
    content      BYTEA,
    -- Bytes and lines of the text.
    bytes        BIGINT NOT NULL,
    lines        BIGINT NOT NULL,
    -- Whether the text was cut at the limit.
    truncated    BOOLEAN NOT NULL,
    fetched_at   BIGINT NOT NULL
);

CREATE TABLE pull_requests (
    id                TEXT COLLATE "C" PRIMARY KEY,
    workspace_id      TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    repository_id     TEXT COLLATE "C" NOT NULL REFERENCES repositories (id),
    number            BIGINT NOT NULL,
    title             TEXT NOT NULL,
    author            TEXT NOT NULL,
    -- `open`, `closed` or `merged`.
    state             TEXT NOT NULL,
    draft             BOOLEAN NOT NULL,
    head_sha          TEXT NOT NULL,
    head_ref          TEXT NOT NULL,
    base_ref          TEXT NOT NULL,
    url               TEXT NOT NULL,
    created_at        BIGINT NOT NULL,
    merged_at         BIGINT,
    closed_at         BIGINT,
    github_updated_at BIGINT NOT NULL,
    UNIQUE (repository_id, number)
);
CREATE INDEX pull_requests_by_id ON pull_requests (workspace_id, id);
CREATE INDEX pull_requests_by_state ON pull_requests (workspace_id, state, id);
CREATE INDEX pull_requests_by_author ON pull_requests (workspace_id, author, id);
CREATE INDEX pull_requests_by_head ON pull_requests (repository_id, head_sha);

CREATE TABLE commits (
    id                  TEXT COLLATE "C" PRIMARY KEY,
    workspace_id        TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    repository_id       TEXT COLLATE "C" NOT NULL REFERENCES repositories (id),
    sha                 TEXT NOT NULL,
    message             TEXT NOT NULL,
    author              TEXT NOT NULL,
    committed_at        BIGINT NOT NULL,
    url                 TEXT,
    pull_request_number BIGINT,
    UNIQUE (repository_id, sha)
);
CREATE INDEX commits_by_id ON commits (workspace_id, id);

-- What a commit touches, from `atmos describe affected --upload`.
CREATE TABLE affected_instances (
    repository_id TEXT COLLATE "C" NOT NULL REFERENCES repositories (id),
    workspace_id  TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    head_sha      TEXT NOT NULL,
    stack         TEXT NOT NULL,
    component     TEXT NOT NULL,
    base_sha      TEXT NOT NULL,
    -- Whether the component or its whole stack goes away: `component`, `stack`, or NULL.
    deletion_type TEXT,
    -- Already reachable as a dependent of another entry.
    is_dependent  BOOLEAN NOT NULL,
    uploaded_at   BIGINT NOT NULL,
    PRIMARY KEY (repository_id, head_sha, stack, component)
);
CREATE INDEX affected_instances_by_component ON affected_instances (workspace_id, component, head_sha);

-- Deliveries of webhooks that were applied: GitHub delivers some twice.
CREATE TABLE webhook_deliveries (
    delivery_id TEXT PRIMARY KEY,
    event       TEXT NOT NULL,
    action      TEXT,
    received_at BIGINT NOT NULL
);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (received_at);
