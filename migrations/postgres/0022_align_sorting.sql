-- Lists are sorted by these columns, and on both engines the same rows come first where a list is cut: bytewise. The
-- columns of PostgreSQL have to be told so.
ALTER TABLE commits ALTER COLUMN author TYPE TEXT COLLATE "C";
ALTER TABLE entitlement_overrides ALTER COLUMN key TYPE TEXT COLLATE "C";
ALTER TABLE invited_members ALTER COLUMN login TYPE TEXT COLLATE "C";
ALTER TABLE jobs ALTER COLUMN name TYPE TEXT COLLATE "C";
ALTER TABLE users ALTER COLUMN login TYPE TEXT COLLATE "C";
ALTER TABLE workflow_runs ALTER COLUMN dispatch_error TYPE TEXT COLLATE "C";
ALTER TABLE workspaces ALTER COLUMN name TYPE TEXT COLLATE "C";

-- GitHub's logins do not differ by case.
CREATE INDEX users_by_login ON users (LOWER(login));

-- The unique constraint on the same columns has an index of its own.
DROP INDEX jobs_by_run;
