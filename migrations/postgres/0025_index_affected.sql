-- Which heads affect something in a stack.
CREATE INDEX affected_instances_by_stack ON affected_instances (workspace_id, stack, repository_id, head_sha);
