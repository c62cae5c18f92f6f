//! `tools/call`: dispatch, permission, sandbox, audit.

use axum::response::Response;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::McpError;
use super::message::Message;
use crate::app::App;
use crate::audit::{Actor, DeniedSide, Entry, ToolUse, redact};
use crate::authz::{Caller, Permission};
use crate::catalog::Tool;
use crate::oauth;
use crate::runtime::{CallError, CallReport, Output};

/// Longest tool name that an audit row repeats; real ones have 40 characters at most.
const MAX_LOGGED_NAME: usize = 64;

#[derive(Deserialize)]
struct Params<'a> {
    name: String,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

/// What a call comes to.
pub(super) enum Reply {
    /// The members of the `result` object, as JSON text.
    Result(String),
    /// HTTP 403 with a challenge: a scope is missing that the user could grant.
    Forbidden(Box<Response>),
}

/// Runs one call. Its audit row is committed before this returns.
pub(super) async fn tools_call(
    app: &App,
    caller: &Caller,
    message: &Message<'_>,
    request_id: &str,
) -> Result<Reply, McpError> {
    let params: Params<'_> = message.params()?;
    let arguments = params.arguments.map_or("{}", RawValue::get);
    if !arguments.starts_with('{') {
        return Err(McpError::InvalidParams("Invalid params: `arguments` must be an object".to_owned()));
    }
    let entry = CallEntry::begin(app, caller, &params.name, arguments, request_id);
    let Some(tool) = app.catalog.find(&params.name) else {
        entry.complete("tool_error", Some("unknown_tool".to_owned())).await?;
        return Err(McpError::InvalidParams(format!("Unknown tool: {}", params.name)));
    };
    if let Some(permission) = missing_permission(tool, caller) {
        let side = denied_side(caller, permission);
        entry.denied(side).complete("denied", Some(permission.key().to_owned())).await?;
        return Ok(denied(app, caller, permission, side));
    }
    let report = app.runtime.call(tool.body(), caller, arguments, tool.limits).await;
    let result = match &report.result {
        Ok(output) => success(output),
        Err(error) => failure(error, request_id),
    };
    let (outcome, detail) = report.result.as_ref().map_or_else(CallError::audit, |_| ("ok", None));
    entry.used(tool, &report, result.len()).complete(outcome, detail).await?;
    Ok(Reply::Result(result))
}

/// Security: the one check at dispatch; each capability checks its own permission again.
fn missing_permission(tool: &Tool, caller: &Caller) -> Option<Permission> {
    tool.requirement.permission().filter(|permission| !caller.can(*permission))
}

fn denied_side(caller: &Caller, permission: Permission) -> DeniedSide {
    if caller.role.permissions().contains(permission) { DeniedSide::Scope } else { DeniedSide::Role }
}

/// A missing scope is HTTP 403, so that the client can ask the user for it. A missing role permission is a
/// tool error: asking again would not help.
fn denied(app: &App, caller: &Caller, permission: Permission, side: DeniedSide) -> Reply {
    match side {
        DeniedSide::Scope => {
            Reply::Forbidden(Box::new(oauth::insufficient_scope_response(app, caller.scopes, permission)))
        }
        DeniedSide::Role => Reply::Result(error_result(&format!(
            "Permission `{}` is required, and your role ({}) does not have it. A workspace admin can change the role.",
            permission.key(),
            caller.role.name()
        ))),
    }
}

fn success(output: &Output) -> String {
    match output {
        // The text block is the exact JSON of structuredContent (R-15).
        Output::Structured(json) => {
            format!(
                r#""content":[{{"type":"text","text":{}}}],"structuredContent":{json},"isError":false"#,
                quote(json)
            )
        }
        Output::Content(blocks) => {
            format!(r#""content":{},"isError":false"#, serde_json::Value::from(blocks.clone()))
        }
    }
}

fn failure(error: &CallError, request_id: &str) -> String {
    match error {
        CallError::Fault(_) | CallError::Overloaded => error_result(&format!("{error} (request {request_id})")),
        CallError::InvalidArguments(message) => error_result(&format!("Invalid arguments: {message}")),
        CallError::NotFound(_) | CallError::Denied(_) | CallError::Unavailable(_) | CallError::Failed(_) => {
            error_result(&error.to_string())
        }
    }
}

fn error_result(message: &str) -> String {
    format!(r#""content":[{{"type":"text","text":{}}}],"isError":true"#, quote(message))
}

/// A JSON string.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The audit row of a call, from the moment it is known to be one. Dropped before it is completed (the
/// client went away), it is written as `cancelled`.
struct CallEntry<'a> {
    app: &'a App,
    entry: Option<Entry>,
    request_id: &'a str,
}

impl<'a> CallEntry<'a> {
    fn begin(app: &'a App, caller: &Caller, name: &str, arguments: &str, request_id: &'a str) -> Self {
        let actor = Actor::McpClient {
            user_id: caller.user_id.clone(),
            client_id: caller.client_id.clone(),
            grant_id: caller.grant_id.clone(),
        };
        // Security: free text is redacted before the row is built.
        let arguments = serde_json::from_str(arguments).map(|value| redact(&value)).unwrap_or_default();
        let name = name.get(..name.floor_char_boundary(MAX_LOGGED_NAME)).unwrap_or_default();
        let entry = Entry::new(app.clock.now(), actor, ("mcp", "tool_called"), request_id)
            .with_workspace(caller.workspace().workspace_id())
            .with_target("tool", name)
            .with_metadata(&arguments)
            .with_tool_use(ToolUse::default());
        Self { app, entry: Some(entry), request_id }
    }

    fn used(mut self, tool: &Tool, report: &CallReport, result_bytes: usize) -> Self {
        self.entry = self.entry.take().map(|entry| {
            entry.with_tool_use(ToolUse {
                component_digest: tool.digest.clone(),
                duration_micros: i64::try_from(report.duration.as_micros()).unwrap_or(i64::MAX),
                fuel: i64::try_from(report.fuel).unwrap_or(i64::MAX),
                host_calls: i64::from(report.host_calls),
                rows_read: i64::from(report.rows),
                result_bytes: i64::try_from(result_bytes).unwrap_or(i64::MAX),
            })
        });
        self
    }

    fn denied(mut self, side: DeniedSide) -> Self {
        self.entry = self.entry.take().map(|entry| entry.with_denied_side(side));
        self
    }

    /// Commits the row. If that fails the caller gets no data.
    async fn complete(mut self, outcome: &'static str, detail: Option<String>) -> Result<(), McpError> {
        let unavailable = |_| McpError::Unavailable(self.request_id.to_owned());
        // Taken only once it has its place: until then, dropping this writes the row as `cancelled`.
        let place = self.app.audit.reserve().await.map_err(unavailable)?;
        let Some(entry) = self.entry.take() else { return Ok(()) };
        place.write(entry.with_outcome(outcome, detail)).await.map_err(unavailable)
    }
}

impl Drop for CallEntry<'_> {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.app.audit.write_detached(entry.with_outcome("cancelled", None));
        }
    }
}
