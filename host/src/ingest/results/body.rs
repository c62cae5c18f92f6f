//! The body of a result, read liberally: that of today's CLI, of older ones (`status`), and of those to come
//! (`component_type`, `metadata`, `git_sha`). Pure.

use serde::Deserialize;
use serde_json::Value;

use crate::ingest::envelope::IngestError;
use crate::ingest::fields::{name, number, optional_text, time};
use crate::store::ci::results::{Command, InstanceResult};

/// `metadata` is accepted and not kept: the plan's text is in the job's log and summary.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    command: Value,
    #[serde(default)]
    exit_code: Value,
    #[serde(default)]
    status: Value,
    #[serde(default)]
    last_run: Value,
    #[serde(default)]
    component_type: Value,
    #[serde(default)]
    git_sha: Value,
}

/// Reads the result of an instance.
pub(super) fn parse(body: &[u8], stack: String, component: String) -> Result<InstanceResult, IngestError> {
    let body: Body = serde_json::from_slice(body).map_err(|error| IngestError::InvalidJson(error.to_string()))?;
    for (field, text) in [("stack", &stack), ("component", &component)] {
        name(field, Value::from(text.as_str()))?;
    }
    let (command, exit_code) = match number("exit_code", &body.exit_code)? {
        Some(exit_code) => (command(&body.command)?, exit_code),
        None => (Command::Plan, legacy(&body.status)?),
    };
    Ok(InstanceResult {
        component,
        stack,
        component_type: optional_text(body.component_type),
        command,
        exit_code,
        last_run: time("last_run", &body.last_run)?,
        sha: optional_text(body.git_sha),
    })
}

/// What ran: `plan`, `apply` or `remediate`, and `deploy`, which is an apply without a question.
fn command(value: &Value) -> Result<Command, IngestError> {
    command_of(value.as_str().unwrap_or_default()).ok_or_else(|| {
        IngestError::InvalidField("`command` must be plan, apply or remediate beside `exit_code`".to_owned())
    })
}

/// The command of this word; none if it leaves no result.
pub(super) fn command_of(word: &str) -> Option<Command> {
    match word {
        "plan" => Some(Command::Plan),
        "apply" | "deploy" => Some(Command::Apply),
        "remediate" => Some(Command::Remediate),
        _ => None,
    }
}

/// Older CLIs plan alone, and send what the exit code means instead of the exit code.
fn legacy(status: &Value) -> Result<i64, IngestError> {
    match status.as_str() {
        Some("in_sync") => Ok(0),
        Some("drifted") => Ok(2),
        Some("error") => Ok(1),
        _ if status.is_null() => Err(IngestError::InvalidField("`exit_code` is missing".to_owned())),
        _ => Err(IngestError::InvalidField("`status` must be in_sync, drifted or error".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: Value) -> Result<(Command, i64), String> {
        let result = parse(body.to_string().as_bytes(), "dev".to_owned(), "vpc".to_owned());
        result.map(|result| (result.command, result.exit_code)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_result_is_read_in_all_its_forms() {
        for (body, expected) in [
            (json!({ "command": "plan", "exit_code": 2, "last_run": "2026-08-21T10:00:00Z" }), (Command::Plan, 2)),
            (json!({ "command": "deploy", "exit_code": 0 }), (Command::Apply, 0)),
            (
                json!({ "command": "remediate", "exit_code": 1, "metadata": { "has_errors": true } }),
                (Command::Remediate, 1),
            ),
            (json!({ "status": "drifted" }), (Command::Plan, 2)),
            (json!({ "status": "in_sync", "last_run": "" }), (Command::Plan, 0)),
        ] {
            assert_eq!(read(body.clone()), Ok(expected), "{body}");
        }
    }

    #[test]
    fn a_refusal_names_the_field() {
        for (body, text) in [
            (json!({}), "`exit_code` is missing"),
            (json!({ "command": "plan", "exit_code": "2" }), "`exit_code` must be an integer"),
            (json!({ "exit_code": 0 }), "`command` must be plan, apply or remediate beside `exit_code`"),
            (
                json!({ "command": "destroy", "exit_code": 0 }),
                "`command` must be plan, apply or remediate beside `exit_code`",
            ),
            (json!({ "status": "fine" }), "`status` must be in_sync, drifted or error"),
            (json!({ "status": "error", "last_run": "now" }), "`last_run` must be a time as RFC 3339 writes it"),
        ] {
            assert_eq!(read(body.clone()), Err(text.to_owned()), "{body}");
        }
    }

    #[test]
    fn names_that_no_index_can_hold_are_refused() {
        let long = "x".repeat(513);
        let refused = parse(b"{\"status\":\"error\"}", long, "vpc".to_owned()).unwrap_err();
        assert_eq!(refused.to_string(), "`stack` is longer than 512 bytes");
    }
}
