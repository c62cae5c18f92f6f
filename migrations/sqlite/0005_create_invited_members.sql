-- Members who have not signed in yet, by GitHub login in lower case. Signing in turns the row into a membership.
CREATE TABLE invited_members (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    login        TEXT NOT NULL,
    role         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, login)
);
CREATE INDEX invited_members_by_login ON invited_members (login);
