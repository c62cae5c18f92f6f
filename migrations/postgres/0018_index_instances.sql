-- The instances of a repository, newest first.
CREATE INDEX instances_of_repository ON instances (repository_id, id);
