-- Who belongs where. Times are microseconds since the Unix epoch, UTC. Ids sort by time, bytewise.
CREATE TABLE workspaces (
    id          TEXT COLLATE "C" PRIMARY KEY,
    name        TEXT NOT NULL,
    slug        TEXT NOT NULL UNIQUE,
    plan        TEXT NOT NULL,
    status      TEXT NOT NULL,
    -- Rate limits of this workspace; NULL takes the server's.
    rate_minute BIGINT,
    rate_day    BIGINT,
    created_at  BIGINT NOT NULL
);

CREATE TABLE users (
    id         TEXT COLLATE "C" PRIMARY KEY,
    -- NULL for a demo user.
    github_id  BIGINT UNIQUE,
    login      TEXT NOT NULL UNIQUE,
    name       TEXT,
    created_at BIGINT NOT NULL
);

CREATE TABLE memberships (
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    role         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (user_id, workspace_id)
);
CREATE INDEX memberships_workspace ON memberships (workspace_id);

-- Static bearer tokens with which the atmos CLI uploads; only the SHA-256 is kept.
CREATE TABLE workspace_tokens (
    id           TEXT COLLATE "C" PRIMARY KEY,
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    name         TEXT NOT NULL,
    token_hash   BYTEA NOT NULL UNIQUE,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    revoked_at   BIGINT
);
