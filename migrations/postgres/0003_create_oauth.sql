-- The authorization server. Codes and tokens are kept as SHA-256 alone.
CREATE TABLE oauth_clients (
    client_id           TEXT PRIMARY KEY,
    -- The registered metadata, JSON (RFC 7591).
    metadata            TEXT NOT NULL,
    -- SHA-256 of the metadata with loopback ports left out: the same client registers once.
    metadata_hash       BYTEA NOT NULL UNIQUE,
    created_at          BIGINT NOT NULL,
    -- One that was never authorized is deleted some days after it last registered.
    last_registered_at  BIGINT NOT NULL,
    -- A client that was once authorized is never deleted: agents keep its id for ever.
    first_authorized_at BIGINT
);

-- One consent of one user for one client and workspace; all tokens of its rotation chain hang on it.
CREATE TABLE oauth_grants (
    id            TEXT COLLATE "C" PRIMARY KEY,
    client_id     TEXT NOT NULL REFERENCES oauth_clients (client_id),
    client_name   TEXT NOT NULL,
    user_id       TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    workspace_id  TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    -- Permission keys, space-separated.
    scopes        TEXT NOT NULL,
    resource      TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT,
    revoked_at    BIGINT,
    revoke_reason TEXT
);
CREATE INDEX oauth_grants_by_workspace ON oauth_grants (workspace_id, id);

CREATE TABLE oauth_codes (
    code_hash      BYTEA PRIMARY KEY,
    grant_id       TEXT COLLATE "C" NOT NULL REFERENCES oauth_grants (id),
    client_id      TEXT NOT NULL,
    redirect_uri   TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    expires_at     BIGINT NOT NULL,
    used_at        BIGINT
);

CREATE TABLE oauth_refresh_tokens (
    token_hash     BYTEA PRIMARY KEY,
    grant_id       TEXT COLLATE "C" NOT NULL REFERENCES oauth_grants (id),
    generation     BIGINT NOT NULL,
    -- With the server's key and the token itself, gives the successor again inside the retry window.
    salt           BYTEA,
    successor_hash BYTEA,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    rotated_at     BIGINT,
    UNIQUE (grant_id, generation)
);

CREATE TABLE oauth_access_tokens (
    token_hash BYTEA PRIMARY KEY,
    grant_id   TEXT COLLATE "C" NOT NULL REFERENCES oauth_grants (id),
    scopes     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX oauth_access_tokens_by_grant ON oauth_access_tokens (grant_id);

CREATE TABLE web_sessions (
    session_hash BYTEA PRIMARY KEY,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
