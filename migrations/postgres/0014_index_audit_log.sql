-- Where a denied call lacked its permission: `role` or `scope`.
ALTER TABLE audit_log ADD COLUMN denied_side TEXT;

-- The filters of the audit log. Every tool call writes a row while its caller waits, and nearly all rows are of calls
-- that ended well; the partial indexes leave those out, so they cost such a call nothing. A query names the condition
-- of a partial index in the same words.
CREATE INDEX audit_log_by_actor ON audit_log (workspace_id, actor_id, id);
CREATE INDEX audit_log_by_target ON audit_log (workspace_id, target_id, id);
DROP INDEX audit_log_by_action;
CREATE INDEX audit_log_by_action ON audit_log (workspace_id, action, id) WHERE action <> 'tool_called';
CREATE INDEX audit_log_by_category ON audit_log (workspace_id, category, id) WHERE action <> 'tool_called';
CREATE INDEX audit_log_by_target_type ON audit_log (workspace_id, target_type, id) WHERE action <> 'tool_called';
CREATE INDEX audit_log_by_actor_type ON audit_log (workspace_id, actor_type, id) WHERE actor_type <> 'mcp_client';
CREATE INDEX audit_log_by_outcome ON audit_log (workspace_id, outcome, id) WHERE outcome <> 'ok';
