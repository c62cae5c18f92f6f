-- GitHub's id of a repository stays when it is renamed or transferred. NULL until GitHub has told of it.
ALTER TABLE repositories ADD COLUMN github_id BIGINT;
-- GitHub's `updated_at` of the repository, with which its name and default branch were told last.
ALTER TABLE repositories ADD COLUMN github_updated_at BIGINT;
-- `updated_at` of the installation, with which it was last said to have the repository or not.
ALTER TABLE repositories ADD COLUMN installed_at BIGINT;
-- GitHub's `updated_at` of the installation, with which its status was told last.
ALTER TABLE github_installations ADD COLUMN github_updated_at BIGINT;
-- Events look for an id in all workspaces; another host has ids of its own.
CREATE UNIQUE INDEX repositories_by_github_id ON repositories (github_id, workspace_id, LOWER(host))
    WHERE github_id IS NOT NULL;
