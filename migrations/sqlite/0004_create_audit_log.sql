-- One row per tool call, allowed or not, and per event of sign-in, consent and tokens. Append-only.
CREATE TABLE audit_log (
    id               TEXT PRIMARY KEY,
    at               BIGINT NOT NULL,
    -- NULL for events outside any workspace, such as a registration.
    workspace_id     TEXT,
    actor_type       TEXT NOT NULL,
    actor_id         TEXT,
    client_id        TEXT,
    grant_id         TEXT,
    category         TEXT NOT NULL,
    action           TEXT NOT NULL,
    target_type      TEXT,
    target_id        TEXT,
    outcome          TEXT NOT NULL,
    -- The class of a sandbox fault, or the permission that was missing.
    detail           TEXT,
    -- SHA-256 of the component that ran, hexadecimal.
    component_digest TEXT,
    -- Redacted arguments or metadata, JSON.
    metadata         TEXT,
    duration_micros  BIGINT,
    fuel             BIGINT,
    host_calls       BIGINT,
    rows_read        BIGINT,
    result_bytes     BIGINT,
    request_id       TEXT NOT NULL
);
CREATE INDEX audit_log_by_id ON audit_log (workspace_id, id);
CREATE INDEX audit_log_by_action ON audit_log (workspace_id, action, id);

-- Calls per grant and UTC day (days since the Unix epoch).
CREATE TABLE rate_day (
    grant_id TEXT NOT NULL,
    day      BIGINT NOT NULL,
    calls    BIGINT NOT NULL,
    PRIMARY KEY (grant_id, day)
);
