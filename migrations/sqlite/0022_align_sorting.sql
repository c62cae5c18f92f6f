-- Lists are sorted by these columns, and on both engines the same rows come first where a list is cut: bytewise. The
-- columns of PostgreSQL have to be told so.

-- GitHub's logins do not differ by case.
CREATE INDEX users_by_login ON users (LOWER(login));

-- The unique constraint on the same columns has an index of its own.
DROP INDEX jobs_by_run;
